// CSV as RFC 4180 has it: quotes, doubled quotes, line breaks in quotes; CRLF or LF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace lull::codec {

/// Why a CSV text is broken, and where.
struct CsvFault {
  std::string message;
  std::string hint;
  std::size_t offset = 0;
};

/// One cell of a row.
struct CsvCell {
  std::string_view content;  ///< Between the quotes, if there are any; quotes in it are doubled.
  bool has_doubled_quotes = false;
  std::size_t offset = 0;  ///< Where the cell starts, its quote included.
  std::size_t end = 0;     ///< Where the comma, the line break or the end of text behind it is.
};

/// The cell that starts at `at`, which may be the end of the text: then it is empty.
[[nodiscard]] tl::expected<CsvCell, CsvFault> scan_csv_cell(std::string_view text, std::size_t at);

/// The offset of the line break, or the end, behind the row that starts at `at`.
[[nodiscard]] tl::expected<std::size_t, CsvFault> find_csv_row_end(std::string_view text,
                                                                   std::size_t at);

/// A cell's content with its doubled quotes made single.
[[nodiscard]] std::string unquote_csv(std::string_view content);

/// The length of the line break at `at`: 2, 1, or 0 where there is none.
[[nodiscard]] std::size_t line_break_size(std::string_view text, std::size_t at) noexcept;

}  // namespace lull::codec
