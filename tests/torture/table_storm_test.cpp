// Readers and pins of a chain of tables that share what did not change. Each value tells its key
// and the generation that wrote it, and each revision knows which generation each of its records
// must be of: a block that is freed too early, shared with the wrong version or changed in place
// shows.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "lull/base/clock.h"
#include "lull/base/poison.h"
#include "lull/rcu/published.h"
#include "lull/snapshot/table.h"
#include "torture.h"

namespace lull::torture {
namespace {

using TablePtr = std::shared_ptr<const snapshot::Table>;

constexpr std::size_t kKeys = 3000;  // some twenty shards; two levels are the model test's
constexpr std::size_t kRetainedMax = 4;
constexpr std::uint64_t kPendingMax = 12;  // the writer waits beyond it
constexpr std::uint64_t kReadsMin = 500;
constexpr std::uint64_t kPinsMin = 100;
constexpr std::uint64_t kPublicationsMin = 150;

std::string key_of(std::size_t number) {
  return "SKU-" + std::to_string(100'000 + number);
}

/// Of equal size for all generations of a key but for some, which take a block of their own.
std::string json_of(std::size_t number, std::uint64_t generation) {
  std::string out = R"({"generation":)" + std::to_string(1'000'000'000 + generation) +
                    R"(,"key":")" + key_of(number) + R"(","text":")";
  out.append((number + generation) % 61 == 0 ? 1'200 + number % 7 : number % 40, 'x');
  return out + "\"}";
}

/// What a revision must hold: the generation of each record, 0 where there is none.
using Generations = std::vector<std::uint64_t>;

struct Revision final : rcu::Pinnable {
  Revision(rcu::Reclaimer& reclaimer, TablePtr records, Generations expected)
      : Pinnable(reclaimer), table(std::move(records)), generations(std::move(expected)) {}

  TablePtr table;
  Generations generations;
};

struct View final : rcu::Reclaimable {
  std::vector<rcu::Pin<Revision>> newest_first;
};

/// In a few words, what a record is that is not what it should be.
std::string fault_of(std::string_view json, std::size_t number) {
  if (json.find(static_cast<char>(kPoison)) != std::string_view::npos) return "freed bytes";
  if (json.find(key_of(number)) == std::string_view::npos) return "a record of another key";
  return "a record of another generation";
}

class TableStorm {
 public:
  TableStorm();
  void read(std::uint64_t thread);
  void pin(std::uint64_t thread);
  void write();
  /// After all threads have ended.
  void expect_all_freed();

  Trial run;
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> pins{0};
  std::atomic<std::uint64_t> published{0};

 private:
  using Choices = std::mt19937_64;
  using Changes = std::map<std::size_t, bool>;  // number: whether it is put

  void check_record(const Revision& revision, std::size_t number,
                    const std::optional<snapshot::RecordView>& found);
  void check_page(const Revision& revision, std::size_t first);
  void check(const Revision& revision, Choices& choose);

  [[nodiscard]] Changes random_changes(Choices& choose) const;
  [[nodiscard]] TablePtr candidate(const Changes& changes, std::uint64_t generation) const;
  void publish(const Changes& changes);

  SystemClock clock_;
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  // The writer's:
  std::uint64_t generation_ = 0;
  TablePtr table_ = snapshot::TableBuilder::empty({{"half"}}, account_);
  Generations generations_ = Generations(kKeys);
  rcu::Reclaimer reclaimer_{clock_};
  std::deque<rcu::Pin<Revision>> retained_;
  std::unique_ptr<rcu::Published<View>> published_;
};

TableStorm::TableStorm() {
  Changes all;
  for (std::size_t i = 0; i < kKeys; ++i) all[i] = true;
  publish(all);
}

void TableStorm::check_record(const Revision& revision, std::size_t number,
                              const std::optional<snapshot::RecordView>& found) {
  const std::uint64_t generation = revision.generations[number];
  if (found.has_value() != (generation != 0)) {
    run.finding(found ? "a reader saw a record that was removed" : "a reader saw a record lost");
  } else if (found) {
    if (found->key != key_of(number)) {
      run.finding("a reader saw a record of another key");
    } else if (found->json != json_of(number, generation)) {
      run.finding("a reader saw " + fault_of(found->json, number));
    } else if (found->quantity != static_cast<std::int64_t>(generation)) {
      run.finding("a reader saw a quantity of another generation");
    }
  }
}

void TableStorm::check_page(const Revision& revision, std::size_t first) {
  const std::string after = key_of(first);
  snapshot::PageRequest request;
  request.after = after;
  request.limit = 20;
  std::size_t number = first;
  const auto end = revision.table->page(request, [&](const snapshot::RecordView& record) {
    do {
      ++number;
    } while (number < kKeys && revision.generations[number] == 0);
    if (number >= kKeys) return run.finding("a page has a record too many");
    check_record(revision, number, record);
  });
  if (!end) run.finding("a page failed");
}

/// Known keys, misses and now and then a page.
void TableStorm::check(const Revision& revision, Choices& choose) {
  for (int i = 0; i < 12; ++i) {
    const std::size_t number = choose() % kKeys;
    check_record(revision, number, revision.table->find(key_of(number)));
  }
  const std::string missing = "none-" + std::to_string(choose() % 100'000);
  if (revision.table->find(missing)) run.finding("a reader saw a record of another key");
  if (choose() % 8 == 0) check_page(revision, choose() % kKeys);
}

void TableStorm::read(std::uint64_t thread) {
  auto choose = choices(thread);
  while (!run.stopped()) {
    const bool slow = choose() % 16 == 0;
    const bool is_read = published_->read([&](const View& view) {
      if (slow) {
        const std::uint64_t begun = published.load(std::memory_order_relaxed);
        dawdle(std::chrono::milliseconds(2), [&] { return published.load() > begun + 4; });
      }
      check(*view.newest_first[choose() % view.newest_first.size()], choose);
      return true;
    });
    reads.fetch_add(is_read ? 1 : 0, std::memory_order_relaxed);
  }
}

/// Holds some revisions for long: the versions between them die, the blocks that they see must not.
void TableStorm::pin(std::uint64_t thread) {
  auto choose = choices(thread);
  std::vector<rcu::Pin<Revision>> held;
  while (!run.stopped()) {
    const std::size_t which = choose();
    held.push_back(published_->pin([&](const View& view) -> const Revision& {
      return *view.newest_first[which % view.newest_first.size()];
    }));
    pins.fetch_add(1, std::memory_order_relaxed);
    if (choose() % 8 == 0) {
      const std::uint64_t begun = published.load(std::memory_order_relaxed);
      dawdle(std::chrono::milliseconds(5), [&] { return published.load() > begun + 8; });
    }
    for (const auto& one : held) check(*one, choose);
    while (held.size() > choose() % 8) {
      std::swap(held[choose() % held.size()], held.back());
      held.pop_back();
    }
  }
}

/// One record or many; half of the removed ones come back.
TableStorm::Changes TableStorm::random_changes(Choices& choose) const {
  Changes out;
  for (std::size_t i = choose() % 8 == 0 ? 1 + choose() % 300 : 1; i > 0; --i) {
    out[choose() % kKeys] = choose() % 4 != 0;
  }
  return out;
}

TablePtr TableStorm::candidate(const Changes& changes, std::uint64_t generation) const {
  std::vector<snapshot::RecordChange> out;
  for (const auto& [number, is_put] : changes) {
    std::optional<snapshot::RecordInput> record;
    if (is_put) {
      record = {key_of(number),
                json_of(number, generation),
                {number % 2 == 0 ? "even" : "odd"},
                static_cast<std::int64_t>(generation)};
    }
    out.push_back({key_of(number), std::move(record)});
  }
  return snapshot::TableBuilder::apply(table_, out).value();
}

void TableStorm::publish(const Changes& changes) {
  table_ = candidate(changes, ++generation_);
  for (const auto& [number, is_put] : changes) generations_[number] = is_put ? generation_ : 0;
  retained_.push_front(rcu::Pin<Revision>::adopt(new Revision(reclaimer_, table_, generations_)));
  if (retained_.size() > 1 + kRetainedMax) retained_.pop_back();
  auto view = std::make_unique<View>();
  for (const auto& one : retained_) view->newest_first.push_back(one.clone());
  if (published_ == nullptr) {
    published_ = std::make_unique<rcu::Published<View>>(std::move(view), reclaimer_);
  } else {
    published_->publish(std::move(view));
  }
  published.store(generation_, std::memory_order_relaxed);
}

void TableStorm::write() {
  auto choose = choices(0);
  while (!run.stopped()) {
    if (reclaimer_.stats().pending > kPendingMax) {
      std::this_thread::yield();
      continue;
    }
    // What is discarded is of generations that no reader may see.
    TablePtr discarded;
    if (choose() % 4 == 0) discarded = candidate(random_changes(choose), 999'999'999);
    if (choose() % 16 != 0) discarded.reset();  // otherwise the next one is a fork: copied
    publish(random_changes(choose));
  }
}

void TableStorm::expect_all_freed() {
  retained_.clear();
  table_.reset();
  published_.reset();
  reclaimer_.drain();
  reclaimer_.drain();  // what the last view held
  EXPECT_EQ(account_->bytes(), 0U);
}

TEST(Torture, ReadersAndPinsOfTablesThatShareTheirRecords) {
  TableStorm storm;
  std::vector<std::thread> threads;
  std::uint64_t number = 0;
  for (int i = 0; i < 2; ++i) threads.emplace_back(&TableStorm::read, &storm, ++number);
  for (int i = 0; i < 2; ++i) threads.emplace_back(&TableStorm::pin, &storm, ++number);
  threads.emplace_back(&TableStorm::write, &storm);
  storm.run.wait([&] {
    return storm.reads.load() >= kReadsMin && storm.pins.load() >= kPinsMin &&
           storm.published.load() >= kPublicationsMin;
  });
  for (std::thread& thread : threads) thread.join();
  const auto number_of = [](const auto& n) { return static_cast<unsigned long long>(n.load()); };
  std::printf("%llu reads, %llu pins, %llu publications\n", number_of(storm.reads),
              number_of(storm.pins), number_of(storm.published));
  storm.expect_all_freed();
}

}  // namespace
}  // namespace lull::torture
