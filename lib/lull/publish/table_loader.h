// Files of records to a table.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/hash.h"
#include "lull/publish/findings.h"
#include "lull/publish/loader.h"

namespace lull::publish {

/// See Loader. A changed file is cut into records, and only records whose text it did not have
/// before are parsed: one edited line in 100,000 parses one record. For that it remembers a hash
/// and the key of each record: 32 bytes and the key.
class TableLoader final : public Loader {
 public:
  TableLoader(CollectionSpec spec, std::shared_ptr<MemoryAccount> account);

  [[nodiscard]] bool accepts(std::string_view file_name) const override;
  [[nodiscard]] Checked<std::optional<Candidate>> load(const source::ChangeSet& change_set,
                                                       const snapshot::Collection& base) override;
  void commit() noexcept override;
  void discard() noexcept override;
  [[nodiscard]] std::uint64_t parsed() const noexcept override { return parsed_; }

 private:
  /// The records of one file, in its order; keys side by side in one string.
  struct File {
    struct Entry {
      Hash128 hash;
      std::uint64_t key_at = 0;
      std::uint32_t key_size = 0;
      std::uint32_t line = 0;
    };
    std::string path;
    std::string keys;
    std::vector<Entry> entries;

    [[nodiscard]] std::string_view key(const Entry& entry) const noexcept {
      return std::string_view(keys).substr(entry.key_at, entry.key_size);
    }
    void add(const Hash128& hash, std::string_view key, std::uint32_t line);
  };
  using Files = std::map<std::string, File, std::less<>>;
  struct Added {
    codec::Record record;
    const std::string* path = nullptr;  // into pending_
    std::uint32_t line = 0;
  };
  struct Work;

  void read_file(const source::FileChange& change, Work& work);
  void take_records(const File& old, const codec::RawRecords& raw, codec::RecordFormat format,
                    File& next, Work& work);
  void find_duplicates(Work& work) const;
  [[nodiscard]] std::vector<snapshot::RecordChange> record_changes(Work& work) const;

  const CollectionSpec spec_;
  const std::shared_ptr<MemoryAccount> account_;
  Files files_;  // as accepted
  std::shared_ptr<const snapshot::Table>
      accepted_;   // what files_ gave; as a rule the published one
  Files pending_;  // what the last load changes; a file without entries need not be remembered
  std::shared_ptr<const snapshot::Table> built_;  // what it built
  bool reset_ = false;                            // pending_ replaces all of files_
  std::uint64_t parsed_ = 0;
};

}  // namespace lull::publish
