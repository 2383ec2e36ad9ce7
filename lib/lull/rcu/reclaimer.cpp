#include "lull/rcu/reclaimer.h"

#include <cassert>
#include <chrono>

#include "lull/base/housekeeping.h"
#include "lull/rcu/read_section.h"

namespace lull::rcu {
namespace {

std::int64_t nanoseconds(Clock::Steady time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

Reclaimer::Reclaimer(const Clock& clock) : clock_(clock), thread_([this] { run(); }) {}

Reclaimer::~Reclaimer() {
  assert(!in_read_section());
  stopping_.store(true, std::memory_order_release);
  wake();
  thread_.join();  // run() ends after a pass that found nothing
}

void Reclaimer::wake() noexcept {
  signal_.fetch_add(1, std::memory_order_release);
  signal_.notify_one();
}

void Reclaimer::push(List& list, const Reclaimable* object) noexcept {
  handed_.fetch_add(1, std::memory_order_relaxed);
  const Reclaimable* head = list.load(std::memory_order_relaxed);
  do {
    object->next_ = head;
  } while (!list.compare_exchange_weak(head, object, std::memory_order_release,
                                       std::memory_order_relaxed));
  wake();
}

void Reclaimer::retire(std::unique_ptr<const Reclaimable> object) noexcept {
  push(retired_, object.release());
}

void Reclaimer::reclaim(const Reclaimable& object) noexcept {
  push(unpinned_, &object);
}

void Reclaimer::free_all(const Reclaimable* list) noexcept {
  while (list != nullptr) {
    std::unique_ptr<const Reclaimable> object(list);
    list = object->next_;
    object.reset();
    freed_.fetch_add(1, std::memory_order_relaxed);  // after the fact: what it let go is counted
  }
}

void Reclaimer::run() noexcept {
  lower_thread_priority();
  for (;;) {
    const std::uint32_t seen = signal_.load(std::memory_order_acquire);
    // Read before the lists are taken: what was handed over before the stop is then in this pass.
    const bool stopping = stopping_.load(std::memory_order_acquire);
    const Reclaimable* const retired = retired_.exchange(nullptr, std::memory_order_acquire);
    if (retired != nullptr) {
      const Clock::Steady start = clock_.steady();
      waiting_since_ns_.store(nanoseconds(start), std::memory_order_relaxed);
      synchronize();
      waiting_since_ns_.store(kNotWaiting, std::memory_order_relaxed);
      grace_period_.observe(std::chrono::duration<double>(clock_.steady() - start).count());
      free_all(retired);  // may release pins, which then stand in unpinned_
    }
    const Reclaimable* const unpinned = unpinned_.exchange(nullptr, std::memory_order_acquire);
    free_all(unpinned);
    passes_.fetch_add(1, std::memory_order_release);
    passes_.notify_all();
    if (retired != nullptr || unpinned != nullptr) continue;
    if (stopping) return;
    signal_.wait(seen, std::memory_order_acquire);
  }
}

// Not "until nothing is pending": while others keep handing over, that may never be seen.
//   1. objects were handed over; drain() reads passes_ = p: pass p + 1 may be at work already
//   2. pass p + 2 begins after 1 and takes them all; it frees them, and views let go of snapshots
//   3. pass p + 3 begins after 2 and takes what they let go of.
void Reclaimer::drain() noexcept {
  assert(!in_read_section());
  assert(std::this_thread::get_id() != thread_.get_id());
  const std::uint32_t first = passes_.load(std::memory_order_acquire);
  for (std::uint32_t seen = first; seen - first < 3;
       seen = passes_.load(std::memory_order_acquire)) {
    wake();
    passes_.wait(seen, std::memory_order_acquire);
  }
}

Reclaimer::Stats Reclaimer::stats() const {
  Stats out;
  out.freed = freed();
  const std::uint64_t handed = handed_.load(std::memory_order_relaxed);
  out.pending = handed > out.freed ? handed - out.freed : 0;
  out.grace_period = grace_period_.counts();
  if (const auto since = waiting_since_ns_.load(std::memory_order_relaxed); since != kNotWaiting) {
    out.waiting_seconds = static_cast<double>(nanoseconds(clock_.steady()) - since) / 1e9;
  }
  return out;
}

}  // namespace lull::rcu
