// An immutable list of named entries in name order that shares what did not change with the next
// one.
//
// Two levels: entries in chunks, chunks in the list. Whether a name begins a chunk is decided by
// the name alone, so that equal content has equal shape. A change copies the chunks that it touches
// and the list of chunks. Where entries have hashes, a chunk has that of its entries and the list
// that of its chunks: a Merkle tree.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lull/base/hash.h"
#include "lull/base/memory_account.h"
#include "lull/snapshot/key_directory.h"

namespace lull::snapshot {

/// `Traits` has the type `Entry`, `name(entry)`, `heap_bytes(entry)` of what it holds itself, and,
/// where the list is to have a hash, `add_to(Sha256Stream&, entry)`.
/// Threads: any, without synchronisation.  Lifetime: entries and iterators are good as long as the
/// list.  Cost: find() is two binary searches and allocates nothing.
template <class Traits>
class NamedList {
 public:
  using Entry = typename Traits::Entry;
  /// So many entries has a chunk in the mean. Names that were chosen for it could make one chunk of
  /// all: then a change copies all entries.
  static constexpr std::size_t kChunkMean = 32;

  class Iterator;
  [[nodiscard]] Iterator begin() const noexcept { return {this, 0, 0}; }
  [[nodiscard]] Iterator end() const noexcept { return {this, chunks_.children().size(), 0}; }
  /// The first entry whose name is not less.
  [[nodiscard]] Iterator lower_bound(std::string_view name) const noexcept {
    if (chunks_.empty()) return end();
    const std::size_t chunk = chunks_.find(name);
    const std::size_t entry = chunks_.children()[chunk]->lower_bound(name);
    if (entry == chunks_.children()[chunk]->entries().size()) return {this, chunk + 1, 0};
    return {this, chunk, entry};
  }
  /// Null if there is none.
  [[nodiscard]] const Entry* find(std::string_view name) const noexcept {
    if (chunks_.empty()) return nullptr;
    const Chunk& chunk = *chunks_.children()[chunks_.find(name)];
    const std::size_t entry = chunk.lower_bound(name);
    if (entry == chunk.entries().size()) return nullptr;
    const Entry& found = chunk.entries()[entry];
    return Traits::name(found) == name ? &found : nullptr;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// Of all entries, by way of hashes of their chunks. Cost: 32 bytes for each of those.
  [[nodiscard]] Sha256 hash() const {
    Sha256Stream stream;
    for (const auto& chunk : chunks_.children()) stream.field(chunk->hash());
    return stream.finish();
  }
  /// Of what every change copies: chunks are on the account by themselves.
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return chunks_.memory_bytes(); }

  /// An entry to put, or a name to remove.
  struct Change {
    std::string_view name;
    std::optional<Entry> entry;
  };
  /// The list after `changes`, which are sorted by name, each name once. To remove what is not
  /// there changes nothing. New chunks are on the account, which may be null. Cost: O(changed
  /// chunks), and 20 bytes for each chunk of the list.
  [[nodiscard]] NamedList apply(std::span<const Change> changes,
                                const std::shared_ptr<MemoryAccount>& account) const;

 private:
  class Chunk {
   public:
    Chunk(std::vector<Entry> entries, std::shared_ptr<MemoryAccount> account)
        : entries_(std::move(entries)),
          shared_(common_prefix(first_key(), Traits::name(entries_.back()))) {
      heads_.reserve(entries_.size());
      std::size_t bytes = sizeof(Chunk) + entries_.size() * (sizeof(Entry) + sizeof(heads_[0]));
      for (const Entry& entry : entries_) {
        heads_.push_back(key_head(Traits::name(entry).substr(shared_)));
        bytes += Traits::heap_bytes(entry);
      }
      charge_ = MemoryAccount::Charge(std::move(account), bytes);
      if constexpr (requires(Sha256Stream& s, const Entry& e) { Traits::add_to(s, e); }) {
        Sha256Stream stream;
        for (const Entry& entry : entries_) Traits::add_to(stream, entry);
        hash_ = stream.finish();
      }
    }
    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
    [[nodiscard]] std::string_view first_key() const noexcept {
      return Traits::name(entries_.front());
    }
    [[nodiscard]] const Sha256& hash() const noexcept { return hash_; }
    /// The number of the first entry whose name is not less.
    [[nodiscard]] std::size_t lower_bound(std::string_view name) const noexcept {
      return count_before(
          first_key().substr(0, shared_), name, heads_.size(),
          [this](std::size_t i) { return heads_[i]; },
          [this, name](std::size_t i) { return Traits::name(entries_[i]) < name; });
    }

   private:
    std::vector<Entry> entries_;        // never empty
    std::size_t shared_;                // bytes that all names begin with
    std::vector<std::uint32_t> heads_;  // of names, behind that
    Sha256 hash_;
    MemoryAccount::Charge charge_;
  };
  using Chunks = KeyDirectory<Chunk>;
  class Writer;

  Chunks chunks_;
  std::size_t size_ = 0;
};

template <class Traits>
class NamedList<Traits>::Iterator {
 public:
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;
  const Entry& operator*() const noexcept { return chunk().entries()[entry_]; }
  const Entry* operator->() const noexcept { return &**this; }
  Iterator& operator++() noexcept {
    if (++entry_ == chunk().entries().size()) {
      ++chunk_;
      entry_ = 0;
    }
    return *this;
  }
  Iterator operator++(int) noexcept {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  friend class NamedList;
  Iterator(const NamedList* list, std::size_t chunk, std::size_t entry) noexcept
      : list_(list), chunk_(chunk), entry_(entry) {}
  [[nodiscard]] const Chunk& chunk() const noexcept { return *list_->chunks_.children()[chunk_]; }

  const NamedList* list_ = nullptr;
  std::size_t chunk_ = 0;
  std::size_t entry_ = 0;
};

/// Takes entries, and whole chunks of the base where nothing changed. A chunk that was taken may
/// turn out to go on (the name that began the next one was removed): then it is opened again.
template <class Traits>
class NamedList<Traits>::Writer {
 public:
  explicit Writer(const std::shared_ptr<MemoryAccount>& account) : account_(account) {}

  void add(const Entry& entry) {
    if (begins_chunk(Traits::name(entry))) {
      flush();
    } else if (entries_.empty() && !chunks_.empty()) {
      entries_ = chunks_.back()->entries();
      chunks_.pop_back();
    }
    entries_.push_back(entry);
  }
  void share(std::span<const std::shared_ptr<const Chunk>> chunks) {
    if (chunks.empty()) return;
    flush();
    assert(chunks_.empty() || begins_chunk(chunks.front()->first_key()));
    chunks_.insert(chunks_.end(), chunks.begin(), chunks.end());
  }
  [[nodiscard]] typename Chunks::Children finish() {
    flush();
    chunks_.shrink_to_fit();
    return std::move(chunks_);
  }

 private:
  static bool begins_chunk(std::string_view name) noexcept {
    return hash128(name).low % kChunkMean == 0;
  }
  void flush() {
    if (entries_.empty()) return;
    std::vector<Entry> entries(entries_);  // of the right size
    entries_.clear();
    chunks_.push_back(std::make_shared<const Chunk>(std::move(entries), account_));
  }

  const std::shared_ptr<MemoryAccount>& account_;
  std::vector<Entry> entries_;  // of the chunk that is being written
  typename Chunks::Children chunks_;
};

template <class Traits>
NamedList<Traits> NamedList<Traits>::apply(std::span<const Change> changes,
                                           const std::shared_ptr<MemoryAccount>& account) const {
  assert(std::ranges::adjacent_find(changes, std::ranges::greater_equal(), &Change::name) ==
         changes.end());
  NamedList out;
  out.size_ = size_;
  Writer writer(account);
  auto change = changes.begin();
  const auto take_change = [&] {
    if (change->entry) {
      writer.add(*change->entry);
      ++out.size_;
    }
    ++change;
  };
  const std::span all(chunks_.children());
  for (std::size_t c = 0; c < all.size(); ++c) {
    const std::size_t touched = change == changes.end() ? all.size() : chunks_.find(change->name);
    writer.share(all.subspan(c, touched - c));
    c = touched;
    if (c == all.size()) break;
    for (const Entry& entry : all[c]->entries()) {
      const std::string_view name = Traits::name(entry);
      while (change != changes.end() && change->name < name) take_change();
      if (change != changes.end() && change->name == name) {
        --out.size_;
        take_change();
      } else {
        writer.add(entry);
      }
    }
    // What stands behind the chunk's last entry and before the next chunk.
    while (change != changes.end() &&
           (c + 1 == all.size() || change->name < all[c + 1]->first_key())) {
      take_change();
    }
  }
  while (change != changes.end()) take_change();
  out.chunks_ = Chunks(writer.finish(), chunks_);
  return out;
}

}  // namespace lull::snapshot
