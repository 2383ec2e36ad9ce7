#include "lull/publish/table_loader.h"

#include <algorithm>
#include <unordered_map>

namespace lull::publish {
namespace {

using snapshot::RecordStore;
using snapshot::StoredRecord;
using snapshot::Table;
using snapshot::TableBuilder;

constexpr std::size_t kStepRecords = 4096;      // between two steps of the progress
constexpr std::size_t kDiscardBytes = 1 << 20;  // of input, given back at once

/// Where a record stands, by the hash of its text, among those of a file that are not matched yet.
/// Cost: 4 to 8 bytes a record.
template <class Entries>
class Places {
 public:
  Places(const Entries& entries, std::size_t begin, std::size_t end) : entries_(entries) {
    std::size_t slots = 2;
    while (slots < 2 * (end - begin)) slots *= 2;
    slots_.resize(begin == end ? 0 : slots);
    for (std::size_t i = begin; i < end; ++i) {
      std::uint32_t& slot = slots_[slot_of(entries[i].hash)];
      if (slot == kFree) slot = static_cast<std::uint32_t>(i) + kFirst;
    }
  }

  /// The place, once.
  [[nodiscard]] std::optional<std::size_t> take(const Hash128& hash) noexcept {
    if (slots_.empty()) return std::nullopt;
    std::uint32_t& slot = slots_[slot_of(hash)];
    if (slot == kFree || slot == kTaken) return std::nullopt;
    return std::exchange(slot, kTaken) - kFirst;
  }

  template <class Visit>
  void for_each_left(Visit visit) const {
    for (const std::uint32_t slot : slots_) {
      if (slot >= kFirst) visit(slot - kFirst);
    }
  }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kTaken = 1;  // a search goes on behind it
  static constexpr std::uint32_t kFirst = 2;

  /// Where the hash is, or else a free slot: at least half of them are.
  [[nodiscard]] std::size_t slot_of(const Hash128& hash) const noexcept {
    std::size_t at = hash.low & (slots_.size() - 1);
    while (slots_[at] != kFree &&
           (slots_[at] == kTaken || entries_[slots_[at] - kFirst].hash != hash)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  const Entries& entries_;
  std::vector<std::uint32_t> slots_;  // the place and kFirst
};

/// How far a file and its list of records have been read. What lies before is given back to the
/// kernel: of a large file it would be held beside all that is made of it.
class InputRead {
 public:
  InputRead(std::string& bytes, std::vector<codec::RawRecord>& records) noexcept
      : bytes_(bytes), records_(records) {}

  /// Nobody looks at what stands before record `number` any more. Returns by how many bytes that is
  /// farther than the last time.
  std::uint64_t up_to(std::size_t number) noexcept {
    const auto at = static_cast<std::size_t>(records_[number].text.data() - bytes_.data());
    if (at - discarded_ >= kDiscardBytes) {
      discard_pages(bytes_.data() + discarded_, at - discarded_);
      discard_pages(reinterpret_cast<char*>(records_.data() + discarded_records_),
                    (number - discarded_records_) * sizeof(codec::RawRecord));
      discarded_ = at;
      discarded_records_ = number;
    }
    return at - std::exchange(told_, at);
  }
  [[nodiscard]] std::uint64_t rest() const noexcept { return bytes_.size() - told_; }

 private:
  std::string& bytes_;
  std::vector<codec::RawRecord>& records_;
  std::size_t told_ = 0;
  std::size_t discarded_ = 0;
  std::size_t discarded_records_ = 0;
};

std::string place(std::string_view path, std::uint32_t line) {
  return std::string(path) + ':' + std::to_string(line);
}

Error duplicate(std::string_view key, std::string_view path, std::uint32_t line,
                std::string_view other_path, std::uint32_t other_line) {
  return {
      ErrorCode::kDuplicate,
      "key '" + std::string(key) + "' is defined twice, also at " + place(other_path, other_line),
      {std::string(path), line, 0, std::string(key)},
      "remove one of the two records"};
}

}  // namespace

/// One load on its way.
struct TableLoader::Work {
  /// A record with a key that is in the base too, and was not removed.
  struct Suspect {
    std::uint32_t file = 0;
    std::uint32_t line = 0;
  };

  std::shared_ptr<const Table> base;  // what the parts are computed against
  std::vector<const File*> files;     // in pending_, as the parts number them
  RecordParts parts;
  codec::Record record;                               // the one that is parsed
  std::unordered_map<std::string, Suspect> suspects;  // by key
  ErrorList errors;
  ChangeList changes;
  std::int64_t growth_bytes = 0;  // new records less old ones

  explicit Work(std::uint64_t bytes) : parts(bytes) {}

  /// Whether the load is to end; that is an error then.
  [[nodiscard]] bool stopped(const Progress& progress) {
    if (!progress.stopped()) return false;
    if (errors.empty()) errors.add(Progress::stopped_error());
    return true;
  }

  /// Leaves are copied on write: what was built replaces as much, less what the records grew by.
  /// `built` is what the account grew by meanwhile; it may be off by what others built or freed.
  [[nodiscard]] std::uint64_t replaced_bytes(std::uint64_t built) const {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, static_cast<std::int64_t>(built) - growth_bytes));
  }
};

TableLoader::TableLoader(CollectionSpec spec, std::shared_ptr<MemoryAccount> account,
                         Progress& progress)
    : spec_(std::move(spec)), account_(std::move(account)), progress_(progress) {}

bool TableLoader::accepts(std::string_view file_name) const {
  return codec::record_format(file_name).has_value();
}

void TableLoader::File::add(const Hash128& hash, std::string_view key, std::uint32_t line) {
  keys += key;
  entries.push_back({hash, static_cast<std::uint32_t>(keys.size()), line});
}

/// Moves what is there already: a publication must not be forgotten for want of memory.
void TableLoader::commit() noexcept {
  if (!reset_) pending_.merge(files_);
  files_ = std::move(pending_);
  std::erase_if(files_, [](const auto& file) { return file.second.entries.empty(); });
  accepted_ = std::move(built_);
  discard();
}

void TableLoader::discard() noexcept {
  pending_.clear();
  built_.reset();
}

Checked<std::optional<Candidate>> TableLoader::load(source::ChangeSet change_set,
                                                    const snapshot::Collection& base) {
  discard();
  const LoadProgress progress(progress_, change_set);
  const std::uint64_t bytes_before = account_->bytes();
  reset_ = change_set.initial || !accepted_;
  Work work(progress.bytes_total());
  work.base = base_of(base, work);
  for (source::FileChange& change : change_set.changes) {
    if (work.stopped(progress_)) break;
    read_file(change, work);
    change.bytes.reset();
  }
  work.parts.finish();
  progress_.build();
  if (auto built = build(work); !built) work.errors.add(std::move(built.error()));
  if (!work.stopped(progress_)) find_suspects(work);
  if (!work.errors.empty()) {
    built_.reset();
    return tl::make_unexpected(work.errors.take());
  }
  summary_ = work.changes.summary("record");
  replaced_bytes_ = work.replaced_bytes(account_->bytes() - bytes_before);
  return again(base);
}

/// Built on what the files gave last time, whatever else was published since. The first time on
/// what is there, such as the last-known-good: two whole tables would need twice the memory. Then
/// each of its records is removed unless a file has it.
std::shared_ptr<const Table> TableLoader::base_of(const snapshot::Collection& base,
                                                  Work& work) const {
  if (!reset_) return accepted_;
  const Table::Layout layout{spec_.records.indexes};
  if (base.table() == nullptr || base.table()->layout() != layout) {
    return TableBuilder::empty(layout, account_);
  }
  auto out = std::get<std::shared_ptr<const Table>>(base.data);
  out->records().for_each_shard([&work](const snapshot::Shard& shard) {
    shard.for_each(
        [&work](const StoredRecord& record, const auto*) { work.parts.remove(record.key); });
  });
  return out;
}

std::optional<Candidate> TableLoader::again(const snapshot::Collection& base) {
  if (base.table() != nullptr && base.table()->same_records(*built_)) {
    built_ = std::get<std::shared_ptr<const Table>>(base.data);  // keep one of the two
    return std::nullopt;
  }
  return Candidate{base.name, base.changed_at, built_, summary_, replaced_bytes_};
}

void TableLoader::read_file(source::FileChange& change, Work& work) {
  static const File nothing;
  const auto known = reset_ ? files_.end() : files_.find(change.name);
  const File& old = known == files_.end() ? nothing : known->second;
  const auto format = codec::record_format(change.name);
  if (!change.bytes || !format) {
    for (std::size_t i = 0; i < old.entries.size(); ++i) work.parts.remove(old.key(i));
    pending_.emplace(change.name, File{});
    return;
  }
  auto raw =
      codec::split_records(*change.bytes, *format, change.path, spec_.records, spec_.record_limits);
  if (!raw) {
    work.errors.add(raw.error());
    return;
  }
  File& next = pending_.emplace(change.name, File{}).first->second;
  next.path = change.path;
  next.entries.reserve(raw->records.size());
  next.keys.reserve(old.keys.size());
  take_records(old, *change.bytes, *raw, *format, next, work);
}

/// Most of a changed file is the same before and after the change: only what lies between is
/// matched by hash, and only what has no match is parsed.
void TableLoader::take_records(const File& old, std::string& bytes, codec::RawRecords& raw,
                               codec::RecordFormat format, File& next, Work& work) {
  const std::size_t shorter = std::min(old.entries.size(), raw.records.size());
  std::size_t head = 0;
  while (head < shorter && old.entries[head].hash == raw.records[head].hash) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head &&
         old.entries.end()[-1 - static_cast<std::ptrdiff_t>(tail)].hash ==
             raw.records.end()[-1 - static_cast<std::ptrdiff_t>(tail)].hash) {
    ++tail;
  }
  Places between(old.entries, head, old.entries.size() - tail);
  const auto file = static_cast<std::uint32_t>(work.files.size());
  work.files.push_back(&next);
  InputRead read(bytes, raw.records);
  std::size_t parsed = 0;  // since the last step
  for (std::size_t i = 0; i < raw.records.size(); ++i) {
    const codec::RawRecord& record = raw.records[i];
    if (i % kStepRecords == kStepRecords - 1) {
      progress_.step(std::exchange(parsed, 0), read.up_to(i));
      if (work.stopped(progress_)) return;
    }
    const std::size_t from_end = raw.records.size() - i;
    if (i < head || from_end <= tail) {
      next.add(record.hash, old.key(i < head ? i : old.entries.size() - from_end), record.line);
      continue;
    }
    // A second record of the same text is a duplicate, found by its key.
    if (const auto same = between.take(record.hash)) {
      next.add(record.hash, old.key(*same), record.line);
      continue;
    }
    ++parsed;
    auto done = codec::parse_record(record, raw, format, next.path, spec_.records, work.record);
    if (!done) {
      work.errors.add(std::move(done.error()));
      continue;
    }
    next.add(record.hash, work.record.key, record.line);
    work.parts.add(work.record, file, record.line);
  }
  progress_.step(parsed, read.rest());
  next.keys.shrink_to_fit();
  between.for_each_left([&](std::size_t i) { work.parts.remove(old.key(i)); });
}

/// Part by part, each of which is given back when it was built. After an error only the rest of
/// the errors is looked for.
Result<void> TableLoader::build(Work& work) {
  TableBuilder builder(work.base, work.parts.size());
  for (RecordParts::Part& part : work.parts.parts()) {
    if (work.stopped(progress_)) break;
    part.sort();
    find_duplicates(part, work);
    if (work.errors.empty()) {
      if (auto put = builder.put(changes_of(part, work)); !put) return put;
    }
    part = {};
    progress_.step(0, 0);
  }
  if (work.errors.empty()) built_ = builder.finish();
  return {};
}

/// A key is defined twice if it was added twice, or was added and some record that did not change
/// has it too; those of the second kind are looked for in all files at once, later.
void TableLoader::find_duplicates(RecordParts::Part& part, Work& work) const {
  std::string_view before;
  for (std::size_t i = 0; i < part.added.size(); ++i) {
    const RecordParts::Added& added = part.added[i];
    const std::string_view key = added.record().key;
    if (i > 0 && before == key) {
      const RecordParts::Added& other = part.added[i - 1];
      work.errors.add(duplicate(key, work.files[added.file]->path, added.line,
                                work.files[other.file]->path, other.line));
    } else if (work.base->find(key) && !std::ranges::binary_search(part.removed, key)) {
      work.suspects.try_emplace(std::string(key), Work::Suspect{added.file, added.line});
    }
    before = key;
  }
}

void TableLoader::find_suspects(Work& work) const {
  if (work.suspects.empty()) return;
  std::string key;
  const auto look = [&](const File& file) {
    for (std::size_t i = 0; i < file.entries.size(); ++i) {
      const auto found = work.suspects.find(key.assign(file.key(i)));
      if (found == work.suspects.end()) continue;
      const Work::Suspect& added = found->second;
      const std::string& path = work.files[added.file]->path;
      const std::uint32_t line = file.entries[i].line;
      if (added.line == line && path == file.path) continue;  // itself
      work.errors.add(duplicate(key, path, added.line, file.path, line));
    }
  };
  for (const auto& [name, file] : files_) {
    if (!pending_.contains(name)) look(file);
  }
  for (const auto& [name, file] : pending_) look(file);
}

/// What differs from the base, in key order.
std::vector<RecordStore::Change> TableLoader::changes_of(const RecordParts::Part& part,
                                                         Work& work) const {
  const RecordStore& base = work.base->records();
  std::vector<RecordStore::Change> out;
  out.reserve(part.added.size());
  auto removed = part.removed.begin();
  const auto remove_up_to = [&](const std::string_view* key) {
    for (; removed != part.removed.end() && (key == nullptr || *removed < *key); ++removed) {
      const std::optional<StoredRecord> old = base.find(*removed);
      if (!old) continue;
      work.changes.add(ChangeList::kRemoved, *removed);
      work.growth_bytes -= static_cast<std::int64_t>(old->key.size() + old->json.size());
      out.push_back({StoredRecord{*removed, {}, {}}, true, old});
    }
    if (key != nullptr && removed != part.removed.end() && *removed == *key) ++removed;
  };
  for (const RecordParts::Added& added : part.added) {
    const StoredRecord record = added.record();
    remove_up_to(&record.key);
    const std::optional<StoredRecord> old = base.find(record.key);
    if (old == record) continue;
    work.growth_bytes += static_cast<std::int64_t>(record.json.size()) -
                         static_cast<std::int64_t>(old ? old->json.size() : 0);
    work.changes.add(old ? ChangeList::kChanged : ChangeList::kAdded, record.key);
    out.push_back({record, false, old});
  }
  remove_up_to(nullptr);
  return out;
}

}  // namespace lull::publish
