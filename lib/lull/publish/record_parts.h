// What a load changes in a table, packed, in parts that are built one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/arena.h"
#include "lull/codec/records.h"
#include "lull/snapshot/node.h"

namespace lull::publish {

/// Records to put and keys to remove. A part has the keys of one run of hashes, so that a table is
/// built part by part, and what a part held is given back as soon as it was built.
/// Threads: one at a time.  Cost: 28 bytes a record beside its own.
class RecordParts {
 public:
  /// A record to put, on its way: 16 bytes, the rest is in the part's arena.
  struct Added {
    const char* at = nullptr;
    std::uint32_t file = 0;  ///< The caller's number of it.
    std::uint32_t line = 0;

    [[nodiscard]] snapshot::StoredRecord record() const noexcept;
  };
  struct Part {
    Arena arena;
    std::vector<Added> added;
    std::vector<std::string_view> removed;  ///< Into whatever the caller removes from.

    /// By key; records of one key in the order of files and lines.
    void sort();
  };

  /// For input of so many bytes.
  explicit RecordParts(std::uint64_t bytes);

  void add(const codec::Record& record, std::uint32_t file, std::uint32_t line);
  void remove(std::string_view key);

  /// No more is added. What turned out to be little is one part then.
  void finish();
  /// Records added and keys removed.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::vector<Part>& parts() noexcept { return parts_; }

 private:
  [[nodiscard]] Part& part_of(std::string_view key) noexcept;

  std::vector<Part> parts_;
  std::vector<Arena> joined_;  // whose records the first part has
  std::string attributes_;     // of the record that is added
};

}  // namespace lull::publish
