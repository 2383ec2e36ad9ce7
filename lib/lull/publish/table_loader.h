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
#include "lull/publish/record_parts.h"

namespace lull::publish {

/// See Loader. A changed file is cut into records, and only records whose text it did not have
/// before are parsed: one edited line in a million parses one record. For that it remembers a hash,
/// the key and the line of each record: 24 bytes and the key.
/// What a large load holds beside the two tables: the file's bytes up to where they were parsed,
/// and behind that the records, packed; of those what is not built yet.
class TableLoader final : public Loader {
 public:
  TableLoader(CollectionSpec spec, std::shared_ptr<MemoryAccount> account, Progress& progress);

  [[nodiscard]] bool accepts(std::string_view file_name) const override;
  [[nodiscard]] Checked<std::optional<Candidate>> load(source::ChangeSet change_set,
                                                       const snapshot::Collection& base) override;
  [[nodiscard]] std::optional<Candidate> again(const snapshot::Collection& base) override;
  void commit() noexcept override;
  void discard() noexcept override;

 private:
  /// The records of one file, in its order; keys side by side in one string. A change set has at
  /// most 4 GiB, so that 32 bits are enough for a place in it.
  struct File {
    struct Entry {
      Hash128 hash;
      std::uint32_t key_end = 0;  ///< In `keys`; it begins where the one before ends.
      std::uint32_t line = 0;
    };
    std::string path;
    std::string keys;
    std::vector<Entry> entries;

    [[nodiscard]] std::string_view key(std::size_t number) const noexcept {
      const std::size_t begin = number == 0 ? 0 : entries[number - 1].key_end;
      return std::string_view(keys).substr(begin, entries[number].key_end - begin);
    }
    void add(const Hash128& hash, std::string_view key, std::uint32_t line);
  };
  using Files = std::map<std::string, File, std::less<>>;
  struct Work;

  [[nodiscard]] std::shared_ptr<const snapshot::Table> base_of(const snapshot::Collection& base,
                                                               Work& work) const;
  void read_file(source::FileChange& change, Work& work);
  void take_records(const File& old, std::string& bytes, codec::RawRecords& raw,
                    codec::RecordFormat format, File& next, Work& work);
  void find_duplicates(RecordParts::Part& part, Work& work) const;
  void find_suspects(Work& work) const;
  [[nodiscard]] Result<void> build(Work& work);
  [[nodiscard]] std::vector<snapshot::RecordStore::Change> changes_of(const RecordParts::Part& part,
                                                                      Work& work) const;

  const CollectionSpec spec_;
  const std::shared_ptr<MemoryAccount> account_;
  Progress& progress_;
  Files files_;  // as accepted
  std::shared_ptr<const snapshot::Table>
      accepted_;   // what files_ gave; as a rule the published one
  Files pending_;  // what the last load changes; a file without entries need not be remembered
  std::shared_ptr<const snapshot::Table> built_;  // what it built
  std::string summary_;                           // of what it changes
  std::uint64_t replaced_bytes_ = 0;              // likewise
  bool reset_ = false;                            // pending_ replaces all of files_
};

}  // namespace lull::publish
