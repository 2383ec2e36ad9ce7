#include "lull/publish/record_parts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "lull/snapshot/table.h"

namespace lull::publish {
namespace {

constexpr std::size_t kParts = 64;
constexpr std::uint64_t kBytesOfOnePart = 8U << 20U;
constexpr std::size_t kRecordsOfOnePart = 50'000;

using Sizes = std::array<std::uint32_t, 3>;  // of key, attributes and JSON, which follow

}  // namespace

snapshot::StoredRecord RecordParts::Added::record() const noexcept {
  Sizes sizes{};
  std::memcpy(sizes.data(), at, sizeof sizes);
  const char* const key = at + sizeof sizes;
  const char* const attributes = key + sizes[0];
  return {{key, sizes[0]}, {attributes, sizes[1]}, {attributes + sizes[1], sizes[2]}};
}

void RecordParts::Part::sort() {
  std::ranges::sort(added, [](const Added& a, const Added& b) {
    const int order = a.record().key.compare(b.record().key);
    return order != 0 ? order < 0 : std::tie(a.file, a.line) < std::tie(b.file, b.line);
  });
  std::ranges::sort(removed);
}

RecordParts::RecordParts(std::uint64_t bytes) : parts_(bytes > kBytesOfOnePart ? kParts : 1) {}

RecordParts::Part& RecordParts::part_of(std::string_view key) noexcept {
  if (parts_.size() == 1) return parts_.front();
  return parts_[snapshot::TableBuilder::part_of(key, parts_.size())];
}

void RecordParts::add(const codec::Record& record, std::uint32_t file, std::uint32_t line) {
  attributes_.clear();
  snapshot::append_attributes(attributes_, record.quantity, record.index_values);
  const Sizes sizes{static_cast<std::uint32_t>(record.key.size()),
                    static_cast<std::uint32_t>(attributes_.size()),
                    static_cast<std::uint32_t>(record.json.size())};
  Part& part = part_of(record.key);
  char* const at =
      part.arena.take(sizeof sizes + record.key.size() + attributes_.size() + record.json.size());
  char* out = at;
  const auto write = [&out](const void* bytes, std::size_t size) {
    std::memcpy(out, bytes, size);
    out += size;
  };
  write(sizes.data(), sizeof sizes);
  write(record.key.data(), record.key.size());
  write(attributes_.data(), attributes_.size());
  write(record.json.data(), record.json.size());
  part.added.push_back({at, file, line});
}

void RecordParts::remove(std::string_view key) {
  part_of(key).removed.push_back(key);
}

std::size_t RecordParts::size() const noexcept {
  std::size_t out = 0;
  for (const Part& part : parts_) out += part.added.size() + part.removed.size();
  return out;
}

void RecordParts::finish() {
  if (parts_.size() == 1 || size() > kRecordsOfOnePart) return;
  Part all;
  for (Part& part : parts_) {
    joined_.push_back(std::move(part.arena));
    all.added.insert(all.added.end(), part.added.begin(), part.added.end());
    all.removed.insert(all.removed.end(), part.removed.begin(), part.removed.end());
  }
  parts_.clear();
  parts_.push_back(std::move(all));
}

}  // namespace lull::publish
