// Row 47, both sides: what to_json() writes is read back as the same, by JSON and by YAML.
#include <gtest/gtest.h>

#include <random>

#include "codec_helper.h"

namespace lull::codec {
namespace {

class RandomTree {
 public:
  explicit RandomTree(std::uint64_t seed) : random_(seed) {}

  Node object(int depth) {
    Node out;
    out.kind = Node::Kind::kObject;
    const std::size_t size = below(6);
    for (std::size_t i = 0; i < size; ++i) {
      std::string name = text();
      if (out.member(name) == nullptr) out.children.emplace_back(std::move(name), value(depth - 1));
    }
    return out;
  }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  std::string text() {
    static constexpr std::string_view kParts[] = {
        "a",  "B",    "0",    "no",   "<<", "~",      " ",    "\t",   "\n",         "\r",  "\"",
        "\\", "/",    ": ",   "# ",   "é",  "\u2028", "\x01", "\x7F", "\U0001F600", "- ",  "[",
        "}",  "\\u0", "null", "true", "*",  "&",      "!",    "%",    "\u0085",     "\x1F"};
    std::string out;
    for (std::size_t i = below(5); i > 0; --i) out += kParts[below(std::size(kParts))];
    return out;
  }

  std::string number() {
    static constexpr std::string_view kEdges[] = {"0",
                                                  "-1",
                                                  "18446744073709551615",
                                                  "-9223372036854775808",
                                                  "9223372036854775807",
                                                  "-0.0",
                                                  "0.10",
                                                  "1E5",
                                                  "1e-7",
                                                  "3.14159265358979323846"};
    if (below(2) == 0) return std::string(kEdges[below(std::size(kEdges))]);
    std::string out = std::to_string(static_cast<std::int64_t>(random_()));
    return below(2) == 0 ? out : out + "." + std::to_string(random_());
  }

  Node value(int depth) {
    switch (below(depth > 0 ? 7 : 5)) {
      case 0:
        return {};
      case 1:
        return {Node::Kind::kBoolean, below(2) == 0 ? "true" : "false", {}, {}};
      case 2:
        return {Node::Kind::kNumber, number(), {}, {}};
      case 5:
        return object(depth);
      case 6: {
        Node out{Node::Kind::kArray, {}, {}, {}};
        for (std::size_t i = below(5); i > 0; --i) {
          out.children.emplace_back(std::string(), value(depth - 1));
        }
        return out;
      }
      default:
        return {Node::Kind::kString, text(), {}, {}};
    }
  }

  std::mt19937_64 random_;
};

TEST(RoundTrip, JsonAndYamlReadBackWhatWasWritten) {
  RandomTree trees(random_seed());
  for (int i = 0; i < 3000; ++i) {
    const std::string json = to_json(trees.object(6));
    ASSERT_EQ(outcome(json, DocumentFormat::kJson), json);
    if (json.find("\x7F") != std::string::npos) continue;  // YAML allows no DEL
    ASSERT_EQ(outcome(json, DocumentFormat::kYaml), json);
  }
}

}  // namespace
}  // namespace lull::codec
