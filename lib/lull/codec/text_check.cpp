#include "lull/codec/text_check.h"

#include <string>

#include "lull/base/utf8.h"
#include "lull/codec/positions.h"

namespace lull::codec {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

bool is_utf16(std::string_view bytes) noexcept {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
}

}  // namespace

Result<std::string_view> check_text(std::string_view bytes, std::string_view file_name) {
  if (is_utf16(bytes)) {
    return fail(ErrorCode::kSyntax, "the file is UTF-16, expected UTF-8",
                {std::string(file_name), 1, 1, {}}, "save it as UTF-8");
  }
  if (bytes.starts_with(kUtf8Mark)) bytes.remove_prefix(kUtf8Mark.size());
  if (bytes.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return fail(ErrorCode::kInvalid, "the file is empty", {std::string(file_name), 0, 0, {}},
                "write {} for an empty document, or delete the file");
  }
  const std::size_t invalid = first_invalid_utf8(bytes);
  if (invalid != std::string_view::npos) {
    const Spot spot = Positions(bytes).at(invalid);
    return fail(ErrorCode::kSyntax, "a byte that is not UTF-8",
                {std::string(file_name), spot.line, spot.column, {}}, "save the file as UTF-8");
  }
  const std::size_t nul = bytes.find('\0');
  if (nul != std::string_view::npos) {
    const Spot spot = Positions(bytes).at(nul);
    return fail(ErrorCode::kSyntax, "a NUL byte",
                {std::string(file_name), spot.line, spot.column, {}},
                "the file may be binary, or damaged by a crash: restore it");
  }
  return bytes;
}

}  // namespace lull::codec
