#include "lull/snapshot/node.h"

// The hash is on the way of every lookup: spare it the call into the library.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

#include "lull/base/poison.h"

namespace lull::snapshot {

void* Node::allocate(std::size_t bytes) {
  if (bytes > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("a record of 4 GiB");  // Allowed: codec limits come far before
  }
  return ::operator new(bytes, std::align_val_t{kBlockAlignment});
}

void Node::free(const Node* node) noexcept {
  void* const block = const_cast<Node*>(node);  // nobody can see it any more
  poison(block, node->block_bytes);
  ::operator delete(block, std::align_val_t{kBlockAlignment});
}

std::uint64_t key_hash(std::string_view key) noexcept {
  return XXH3_64bits(key.data(), key.size());
}

const LargeValue* LargeValue::make(std::string_view attributes, std::string_view json,
                                   std::uint64_t born) {
  Sha256 hash = Sha256Stream().field(json).finish();
  const std::size_t bytes = sizeof(LargeValue) + attributes.size() + json.size();
  auto* const out = new (Node::allocate(bytes)) LargeValue;
  out->born = born;
  out->block_bytes = static_cast<std::uint32_t>(bytes);
  out->kind = Kind::kLargeValue;
  out->json_hash = hash;
  out->attribute_bytes = static_cast<std::uint32_t>(attributes.size());
  char* const payload = reinterpret_cast<char*>(out + 1);
  if (!attributes.empty()) std::memcpy(payload, attributes.data(), attributes.size());
  if (!json.empty()) std::memcpy(payload + attributes.size(), json.data(), json.size());
  return out;
}

bool LargeValue::needed(const StoredRecord& record) noexcept {
  return record.json.empty() || record.attributes.size() > kInlineAttributesMax ||
         record.attributes.size() + record.json.size() > kInlineBytesMax;
}

}  // namespace lull::snapshot
