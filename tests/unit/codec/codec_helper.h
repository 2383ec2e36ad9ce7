// What the codec tests share: one call to parse, one string to compare.
#pragma once

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

#include "lull/codec/parse.h"

namespace lull::codec {

inline Result<Node> parse(std::string_view text, DocumentFormat format,
                          const DocumentLimits& limits = {}) {
  return parse_document(text, format, {"f", 7}, limits);
}

/// Canonical JSON, or the error as one line.
inline std::string outcome(std::string_view text, DocumentFormat format,
                           const DocumentLimits& limits = {}) {
  const Result<Node> node = parse(text, format, limits);
  return node ? to_json(*node) : node.error().text();
}

/// Every value with its place, in document order: `/a/0=2:5 `.
inline void append_places(std::string& out, const std::string& path, const Node& node) {
  out += path + "=" + std::to_string(node.origin.line) + ":" + std::to_string(node.origin.column) +
         " ";
  std::size_t index = 0;
  for (const auto& [name, child] : node.children) {
    const bool object = node.kind == Node::Kind::kObject;
    append_places(out, path + "/" + (object ? name : std::to_string(index)), child);
    ++index;
  }
}

inline std::string places(std::string_view text, DocumentFormat format) {
  const Result<Node> node = parse(text, format);
  if (!node) return node.error().text();
  std::string out;
  append_places(out, "", *node);
  return out;
}

/// Given by the environment's LULL_SEED, or random; printed, so that a failure can be repeated.
inline std::uint64_t random_seed() {
  const char* const given = std::getenv("LULL_SEED");
  const std::uint64_t value =
      given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
  std::cout << "LULL_SEED=" << value << "\n";
  return value;
}

/// One row of a table of inputs.
struct Case {
  std::string_view text;
  std::string_view expected;
};

}  // namespace lull::codec
