// Random documents against nlohmann::json, which knows text and pointers independently.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lull/snapshot/document.h"
#include "random_run.h"

namespace lull::snapshot {
namespace {

using nlohmann::json;

const std::vector<std::string> kNames = {
    "",           "a",       "b",  "ab",   "/",   "~",      "~1",      "a/b",
    "~0~1",       "0",       "1",  "01",   "-",   "\u00fc", "ue",      "\u65e5\u672c",
    "\U0001F600", "quote\"", "\n", "\x01", "\\n", "\x7f",   "enabled", "url"};

json random_json(RandomRun& run, std::size_t depth) {
  switch (depth == 0 ? run.below(5) : run.below(9)) {
    case 0:
      return nullptr;
    case 1:
      return run.one_in(2);
    case 2:
      return static_cast<std::int64_t>(run.below(1'000'000)) - 500'000;
    case 3:
      return 18446744073709551615ULL;
    case 4:
      return run.pick(kNames) + run.pick(kNames);
    case 5: {
      json out = json::array();
      for (std::size_t i = run.below(12); i > 0; --i) out.push_back(random_json(run, depth - 1));
      return out;
    }
    default: {
      json out = json::object();
      for (std::size_t i = run.below(12); i > 0; --i) {
        out[run.pick(kNames)] = random_json(run, depth - 1);
      }
      return out;
    }
  }
}

/// Feeds a value to the builder, members in a random order.
void walk(RandomRun& run, DocumentBuilder& builder, const json& value) {
  if (value.is_object()) {
    std::vector<std::string> names;
    for (const auto& member : value.items()) names.push_back(member.key());
    for (std::size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[run.below(i)]);
    builder.begin_object({});
    for (const std::string& name : names) {
      builder.key(name);
      walk(run, builder, value[name]);
    }
    builder.end_object();
  } else if (value.is_array()) {
    builder.begin_array({});
    for (const json& element : value) walk(run, builder, element);
    builder.end_array();
  } else if (value.is_string()) {
    builder.string(value.get_ref<const std::string&>(), {});
  } else {
    const NodeKind kind = value.is_null()      ? NodeKind::kNull
                          : value.is_boolean() ? NodeKind::kBoolean
                                               : NodeKind::kNumber;
    builder.literal(kind, value.dump(), {});
  }
}

std::shared_ptr<const Document> build(RandomRun& run, const json& value,
                                      std::shared_ptr<MemoryAccount> account = nullptr) {
  DocumentBuilder builder("random", std::move(account));
  walk(run, builder, value);
  return builder.finish();
}

/// What the reference finds at our pointer (which lacks the leading slash), as text.
std::string reference_at(const json& value, const std::string& pointer) {
  if (pointer.empty()) return value.dump();
  try {
    const json::json_pointer parsed("/" + pointer);
    return value.contains(parsed) ? value.at(parsed).dump() : "nothing";
  } catch (const json::exception&) {
    return "nothing";
  }
}

std::string ours_at(const Document& document, const std::string& pointer) {
  const auto node = document.find(pointer);
  return node ? std::string(document.text(*node)) : "nothing";
}

/// A pointer to some node; sometimes spoiled, so that it may lead nowhere.
std::string random_pointer(RandomRun& run, const json& value) {
  json::json_pointer pointer;
  for (const json* at = &value; at->is_structured() && !at->empty() && !run.one_in(4);) {
    auto child = at->cbegin();
    std::advance(child, static_cast<std::ptrdiff_t>(run.below(at->size())));
    if (at->is_object()) {
      pointer.push_back(child.key());
    } else {
      pointer.push_back(std::to_string(child - at->cbegin()));
    }
    at = &*child;
  }
  std::string text = pointer.to_string();
  if (!text.empty()) text.erase(0, 1);
  if (run.one_in(3)) {
    static const std::string kSpoil = "~01/-ab";
    text.insert(run.below(text.size() + 1), 1, run.pick(kSpoil));
  }
  return text;
}

/// Every node is where its parent says, sorted, and its text is a part of its parent's.
void expect_sound(const Document& document, Document::Node node) {
  const Document::Children children = document.children(node);
  for (Document::Node i = children.first; i < children.first + children.count; ++i) {
    const std::string_view outer = document.text(node);
    const std::string_view inner = document.text(i);
    ASSERT_TRUE(inner.data() > outer.data() &&
                inner.data() + inner.size() < outer.data() + outer.size());
    if (document.kind(node) == NodeKind::kObject && i > children.first) {
      ASSERT_LT(document.key(i - 1), document.key(i));
    }
    ASSERT_NO_FATAL_FAILURE(expect_sound(document, i));
  }
}

TEST(DocumentModel, RandomDocuments) {
  RandomRun run;
  const auto account = std::make_shared<MemoryAccount>();
  const std::size_t documents = model_operations() / 100;
  std::size_t found = 0;
  for (std::size_t i = 0; i < documents; ++i) {
    const json value = random_json(run, run.below(6));
    const auto document = build(run, value, account);
    ASSERT_EQ(document->text(), value.dump());
    ASSERT_EQ(document->content_hash(), build(run, value)->content_hash());
    ASSERT_NO_FATAL_FAILURE(expect_sound(*document, Document::kRoot));
    for (int lookup = 0; lookup < 100; ++lookup) {
      const std::string pointer = random_pointer(run, value);
      const std::string got = ours_at(*document, pointer);
      ASSERT_EQ(got, reference_at(value, pointer)) << pointer << " in " << value.dump();
      if (got != "nothing") ++found;
    }
  }
  std::cout << documents << " documents, " << found << " of " << documents * 100
            << " pointers led to a node" << std::endl;
  EXPECT_GT(found, documents * 20);
  EXPECT_EQ(account->bytes(), 0U);
}

}  // namespace
}  // namespace lull::snapshot
