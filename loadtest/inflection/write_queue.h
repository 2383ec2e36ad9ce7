// The way of all threads' writes to Lull's one writer.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::inflection {

/// Threads: push from any; take, done from the writer.
/// Bound: about `max` writes; a push waits while as many are there, which is how a closed loop
/// keeps its share of writes when the writer is the slower side.
/// Cost: push is one allocation and one compare-and-swap, and a futex wake when the writer sleeps.
class WriteQueue {
 public:
  struct Write {
    std::string_view key;
    std::string value;
  };

  explicit WriteQueue(std::size_t max) : max_(max) {}
  ~WriteQueue() { take_list(); }
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  void push(std::string_view key, std::string value) {
    for (;;) {
      const std::uint32_t seen = batches_done_.load(std::memory_order_acquire);
      if (pending_.load(std::memory_order_relaxed) < max_) break;
      batches_done_.wait(seen, std::memory_order_acquire);
    }
    pending_.fetch_add(1, std::memory_order_relaxed);
    auto node = std::make_unique<Node>(Node{{key, std::move(value)}, nullptr});
    Node* head = newest_.load(std::memory_order_relaxed);
    do {
      node->older = head;
    } while (!newest_.compare_exchange_weak(head, node.get(), std::memory_order_release,
                                            std::memory_order_relaxed));
    static_cast<void>(node.release());  // the writer's now
    if (head == nullptr) newest_.notify_one();
  }

  /// Waits for writes; all there are, the oldest first. Empty once closed.
  [[nodiscard]] std::vector<Write> take() {
    for (;;) {
      if (closed_.load(std::memory_order_acquire)) return {};
      if (std::vector<Write> writes = take_list(); !writes.empty()) return writes;
      newest_.wait(nullptr, std::memory_order_acquire);
    }
  }

  /// These have been applied: as many more fit.
  void done(std::size_t writes) {
    pending_.fetch_sub(writes, std::memory_order_relaxed);
    batches_done_.fetch_add(1, std::memory_order_release);
    batches_done_.notify_all();
  }

  /// take() returns nothing from now on; one last push wakes a writer that waits.
  void close() {
    closed_.store(true, std::memory_order_release);
    push({}, {});
  }

 private:
  struct Node {
    Write write;
    Node* older;
  };

  std::vector<Write> take_list() {
    std::vector<Write> writes;
    Node* node = newest_.exchange(nullptr, std::memory_order_acquire);
    while (node != nullptr) {
      const std::unique_ptr<Node> owned(node);
      writes.push_back(std::move(node->write));
      node = node->older;
    }
    std::ranges::reverse(writes);
    return writes;
  }

  const std::size_t max_;
  alignas(64) std::atomic<Node*> newest_{nullptr};   // any thread pushes, the writer takes all
  alignas(64) std::atomic<std::size_t> pending_{0};  // any thread
  alignas(64) std::atomic<std::uint32_t> batches_done_{0};  // the writer
  std::atomic<bool> closed_{false};                         // whoever ends the store
};

}  // namespace lull::inflection
