#include "lull/publish/table_loader.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace lull::publish {
namespace {

using snapshot::RecordChange;
using snapshot::Table;
using snapshot::TableBuilder;

struct HashOfHash {
  std::size_t operator()(const Hash128& hash) const noexcept { return hash.low; }
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
  std::shared_ptr<const Table> base;  // what `changes` are computed against
  std::vector<Added> added;           // records whose text is new
  std::vector<std::string> removed;   // keys of records whose text is gone
  ErrorList errors;
  ChangeList changes;
  std::int64_t growth_bytes = 0;  // new records less old ones

  /// Leaves are copied on write: what was built replaces as much, less what the records grew by.
  /// `built` is what the account grew by meanwhile; it may be off by what others built or freed.
  [[nodiscard]] std::uint64_t replaced_bytes(std::uint64_t built) const {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, static_cast<std::int64_t>(built) - growth_bytes));
  }
};

TableLoader::TableLoader(CollectionSpec spec, std::shared_ptr<MemoryAccount> account)
    : spec_(std::move(spec)), account_(std::move(account)) {}

bool TableLoader::accepts(std::string_view file_name) const {
  return codec::record_format(file_name).has_value();
}

void TableLoader::File::add(const Hash128& hash, std::string_view key, std::uint32_t line) {
  entries.push_back({hash, keys.size(), static_cast<std::uint32_t>(key.size()), line});
  keys += key;
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

Checked<std::optional<Candidate>> TableLoader::load(const source::ChangeSet& change_set,
                                                    const snapshot::Collection& base) {
  discard();
  const std::uint64_t bytes_before = account_->bytes();
  reset_ = change_set.initial || !accepted_;
  Work work;
  // Built on what the files gave last time, whatever else was published since.
  work.base = reset_ ? TableBuilder::empty({spec_.records.indexes}, account_) : accepted_;
  for (const source::FileChange& change : change_set.changes) read_file(change, work);
  std::ranges::stable_sort(work.added, {},
                           [](const Added& a) -> const std::string& { return a.record.key; });
  std::ranges::sort(work.removed);
  find_duplicates(work);
  if (!work.errors.empty()) return tl::make_unexpected(work.errors.take());

  const std::vector<RecordChange> changes = record_changes(work);
  work.added = {};  // empty shells by now, which the build has no use for
  auto built = TableBuilder::apply(work.base, changes);
  if (!built) return tl::make_unexpected(Errors{std::move(built.error())});
  built_ = *std::move(built);
  if (base.table() != nullptr && base.table()->content_hash() == built_->content_hash()) {
    built_ = std::get<std::shared_ptr<const Table>>(base.data);  // keep one of the two
    return std::optional<Candidate>{};
  }
  return std::optional<Candidate>({base.name, base.changed_at, built_,
                                   work.changes.summary("record"),
                                   work.replaced_bytes(account_->bytes() - bytes_before)});
}

void TableLoader::read_file(const source::FileChange& change, Work& work) {
  static const File nothing;
  const auto known = reset_ ? files_.end() : files_.find(change.name);
  const File& old = known == files_.end() ? nothing : known->second;
  const auto format = codec::record_format(change.name);
  if (!change.bytes || !format) {
    for (const File::Entry& entry : old.entries) work.removed.emplace_back(old.key(entry));
    pending_.emplace(change.name, File{});
    return;
  }
  const auto raw =
      codec::split_records(*change.bytes, *format, change.path, spec_.records, spec_.record_limits);
  if (!raw) {
    work.errors.add(raw.error());
    return;
  }
  File& next = pending_.emplace(change.name, File{}).first->second;
  next.path = change.path;
  next.entries.reserve(raw->records.size());
  next.keys.reserve(old.keys.size());
  take_records(old, *raw, *format, next, work);
}

/// Most of a changed file is the same before and after the change: only what lies between is
/// matched by hash, and only what has no match is parsed.
void TableLoader::take_records(const File& old, const codec::RawRecords& raw,
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
  const std::size_t old_end = old.entries.size() - tail;
  std::unordered_map<Hash128, std::size_t, HashOfHash> between;  // hash -> place in old.entries
  between.reserve(old_end - head);
  for (std::size_t i = head; i < old_end; ++i) between.emplace(old.entries[i].hash, i);

  for (std::size_t i = 0; i < raw.records.size(); ++i) {
    const codec::RawRecord& record = raw.records[i];
    const std::size_t from_end = raw.records.size() - i;
    if (i < head || from_end <= tail) {
      const File::Entry& same = old.entries[i < head ? i : old.entries.size() - from_end];
      next.add(record.hash, old.key(same), record.line);
      continue;
    }
    if (const auto same = between.find(record.hash); same != between.end()) {
      next.add(record.hash, old.key(old.entries[same->second]), record.line);
      between.erase(same);  // a second record of the same text is a duplicate, found by its key
      continue;
    }
    ++parsed_;
    auto parsed = codec::parse_record(record, raw, format, next.path, spec_.records);
    if (!parsed) {
      work.errors.add(std::move(parsed.error()));
      continue;
    }
    next.add(record.hash, parsed->key, record.line);
    work.added.push_back({*std::move(parsed), &next.path, record.line});
  }
  for (const auto& [hash, place] : between) work.removed.emplace_back(old.key(old.entries[place]));
}

/// `added` and `removed` are sorted. A key is defined twice if it was added twice, or was added and
/// some record that did not change has it too.
void TableLoader::find_duplicates(Work& work) const {
  std::unordered_map<std::string_view, const Added*> suspects;
  for (std::size_t i = 0; i < work.added.size(); ++i) {
    const Added& added = work.added[i];
    const std::string& key = added.record.key;
    if (i > 0 && work.added[i - 1].record.key == key) {
      const Added& other = work.added[i - 1];
      work.errors.add(duplicate(key, *added.path, added.line, *other.path, other.line));
    } else if (work.base->find(key) && !std::ranges::binary_search(work.removed, key)) {
      suspects.emplace(key, &added);
    }
  }
  if (suspects.empty()) return;
  const auto look = [&](const File& file) {
    for (const File::Entry& entry : file.entries) {
      const auto found = suspects.find(file.key(entry));
      if (found == suspects.end()) continue;
      const Added& added = *found->second;
      if (added.line == entry.line && *added.path == file.path) continue;  // itself
      work.errors.add(duplicate(found->first, *added.path, added.line, file.path, entry.line));
    }
  };
  for (const auto& [name, file] : files_) {
    if (!pending_.contains(name)) look(file);
  }
  for (const auto& [name, file] : pending_) look(file);
}

/// What differs from the base, in key order.
std::vector<RecordChange> TableLoader::record_changes(Work& work) const {
  std::vector<RecordChange> out;
  out.reserve(work.added.size());
  auto removed = work.removed.begin();
  const auto remove_up_to = [&](const std::string* key) {
    for (; removed != work.removed.end() && (key == nullptr || *removed < *key); ++removed) {
      const auto old = work.base->find(*removed);
      if (!old) continue;
      work.changes.add(ChangeList::kRemoved, *removed);
      work.growth_bytes -= static_cast<std::int64_t>(old->key.size() + old->json.size());
      out.push_back({*removed, std::nullopt});
    }
    if (key != nullptr && removed != work.removed.end() && *removed == *key) ++removed;
  };
  for (Added& added : work.added) {
    codec::Record& record = added.record;
    remove_up_to(&record.key);
    const auto old = work.base->find(record.key);
    if (old && old->json == record.json) continue;
    work.growth_bytes += static_cast<std::int64_t>(record.json.size()) -
                         static_cast<std::int64_t>(old ? old->json.size() : 0);
    work.changes.add(old ? ChangeList::kChanged : ChangeList::kAdded, record.key);
    std::string key = record.key;
    out.push_back(
        {std::move(key), snapshot::RecordInput{std::move(record.key), std::move(record.json),
                                               std::move(record.index_values), record.quantity}});
  }
  remove_up_to(nullptr);
  return out;
}

}  // namespace lull::publish
