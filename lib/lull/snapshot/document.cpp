#include "lull/snapshot/document.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <compare>

#include "lull/base/poison.h"

namespace lull::snapshot {
namespace {

/// Compares a pointer's segment, whose `~1` and `~0` stand for `/` and `~`, with a plain key.
/// Unordered if the segment has any other escape: then it names nothing.
std::partial_ordering compare_escaped(std::string_view segment, std::string_view key) noexcept {
  std::size_t k = 0;
  for (std::size_t s = 0; s < segment.size(); ++s, ++k) {
    char c = segment[s];
    if (c == '~') {
      if (++s == segment.size()) return std::partial_ordering::unordered;
      if (segment[s] != '0' && segment[s] != '1') return std::partial_ordering::unordered;
      c = segment[s] == '1' ? '/' : '~';
    }
    if (k == key.size()) return std::partial_ordering::greater;
    if (c != key[k]) {
      return static_cast<unsigned char>(c) <=> static_cast<unsigned char>(key[k]);
    }
  }
  return k == key.size() ? std::partial_ordering::equivalent : std::partial_ordering::less;
}

}  // namespace

Document::~Document() {
  poison(bytes_.data(), bytes_.size());
  poison(entries_.data(), entries_.size() * sizeof(Entry));
}

std::optional<Document::Node> Document::find(std::string_view pointer) const noexcept {
  Node node = kRoot;
  if (pointer.empty()) return node;
  for (std::size_t begin = 0; begin <= pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string_view segment = pointer.substr(begin, end - begin);
    const Entry& entry = entries_[node];
    const std::optional<Node> child =
        details_[node].kind == NodeKind::kObject ? member(entry, segment) : element(entry, segment);
    if (!child) return std::nullopt;
    node = *child;
    begin = end + 1;
  }
  return node;
}

std::optional<Document::Node> Document::member(const Entry& object,
                                               std::string_view segment) const noexcept {
  const bool escaped = segment.find('~') != std::string_view::npos;
  std::uint32_t low = 0;
  std::uint32_t high = object.child_count;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const std::string_view candidate = key(object.first_child + middle);
    const std::partial_ordering order =
        escaped ? compare_escaped(segment, candidate)
                : std::partial_ordering(segment.compare(candidate) <=> 0);
    if (order == 0) return object.first_child + middle;
    if (order == std::partial_ordering::unordered) return std::nullopt;
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return std::nullopt;
}

std::optional<Document::Node> Document::element(const Entry& array,
                                                std::string_view segment) noexcept {
  if (segment.empty() || (segment.front() == '0' && segment.size() > 1)) return std::nullopt;
  std::uint32_t index = 0;
  const char* end = segment.data() + segment.size();
  const auto [parsed, error] = std::from_chars(segment.data(), end, index);
  if (error != std::errc() || parsed != end || index >= array.child_count) return std::nullopt;
  return array.first_child + index;
}

NodeKind Document::kind(Node node) const noexcept {
  assert(node < details_.size());
  return details_[node].kind;
}

std::string_view Document::text(Node node) const noexcept {
  assert(node < entries_.size());
  return slice(entries_[node].text_begin, entries_[node].text_size);
}

std::string_view Document::key(Node node) const noexcept {
  assert(node < entries_.size());
  return slice(entries_[node].key_begin, entries_[node].key_size);
}

Document::Children Document::children(Node node) const noexcept {
  assert(node < entries_.size());
  return {entries_[node].first_child, entries_[node].child_count};
}

NodeOrigin Document::origin(Node node) const noexcept {
  assert(node < details_.size());
  return details_[node].origin;
}

std::string_view Document::file(std::uint32_t index) const noexcept {
  return index < files_.size() ? std::string_view(files_[index]) : std::string_view();
}

std::size_t Document::memory_bytes() const noexcept {
  std::size_t bytes = sizeof(Document) + name_.capacity() + bytes_.capacity() +
                      entries_.capacity() * sizeof(Entry) + details_.capacity() * sizeof(Detail) +
                      files_.capacity() * sizeof(std::string);
  for (const std::string& file : files_) bytes += file.capacity();
  return bytes;
}

}  // namespace lull::snapshot
