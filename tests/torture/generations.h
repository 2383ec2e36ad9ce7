// Real snapshots whose content says which generation it is, in more than one place.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lull/publish/publisher.h"

namespace lull::torture {

inline std::vector<publish::CollectionSpec> generation_specs() {
  std::vector<publish::CollectionSpec> specs(2);
  specs[0].name = "config";
  specs[0].kind = snapshot::CollectionKind::kTree;
  specs[1].name = "inventory";
  specs[1].kind = snapshot::CollectionKind::kTable;
  specs[1].records.key = "sku";
  specs[1].records.fields = {{"sku", codec::FieldType::kString}};
  return specs;
}

/// One document `app`: {"empty":{},"first":N,"last":N,"nothing":null}.
inline std::shared_ptr<const snapshot::Tree> tree_of(std::uint64_t generation,
                                                     std::shared_ptr<MemoryAccount> account) {
  const std::string number = std::to_string(generation);
  snapshot::DocumentBuilder document("app", std::move(account));
  document.begin_object({});
  document.key("empty");
  document.begin_object({});
  document.end_object();
  document.key("first");
  document.literal(snapshot::NodeKind::kNumber, number, {});
  document.key("last");
  document.literal(snapshot::NodeKind::kNumber, number, {});
  document.key("nothing");
  document.literal(snapshot::NodeKind::kNull, "null", {});
  document.end_object();
  snapshot::TreeBuilder builder(nullptr);
  builder.put_layer(document.finish());
  return builder.finish();
}

inline std::string record_key(std::size_t index) {
  return "SKU-" + std::to_string(100000 + index);
}

/// Records record_key(0) to record_key(count - 1), each with the generation as its quantity.
inline std::shared_ptr<const snapshot::Table> table_of(std::uint64_t generation, std::size_t count,
                                                       std::shared_ptr<MemoryAccount> account) {
  std::vector<snapshot::RecordChange> changes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = record_key(i);
    const std::string json = R"({"sku":")" + key + R"("})";
    changes.push_back(
        {key, snapshot::RecordInput{key, json, {}, static_cast<std::int64_t>(generation)}});
  }
  return snapshot::TableBuilder::apply(snapshot::TableBuilder::empty({}, std::move(account)),
                                       changes)
      .value();
}

inline Revision base_of(const publish::Publisher& publisher, std::string_view collection) {
  return publisher.view().read(
      [&](const publish::View& view) { return view.current().find(collection)->changed_at; });
}

inline publish::Candidate tree_candidate(const publish::Publisher& publisher,
                                         std::uint64_t generation) {
  return {"config", base_of(publisher, "config"), tree_of(generation, publisher.account()), "", 0};
}

inline publish::Candidate table_candidate(const publish::Publisher& publisher,
                                          std::uint64_t generation, std::size_t count) {
  return {"inventory", base_of(publisher, "inventory"),
          table_of(generation, count, publisher.account()), "", 0};
}

inline rcu::Pin<snapshot::Snapshot> pin_current(const publish::Publisher& publisher) {
  return publisher.view().pin(
      [](const publish::View& view) -> const snapshot::Snapshot& { return view.current(); });
}

/// The text at a pointer of document `app`; empty if there is none.
inline std::string_view text_at(const snapshot::Snapshot& snapshot, std::string_view pointer) {
  const auto* const tree = snapshot.find("config")->tree();
  const auto* const document = tree == nullptr ? nullptr : tree->layer("app");
  if (document == nullptr) return {};
  const auto node = document->find(pointer);
  return node ? document->text(*node) : std::string_view{};
}

/// What is wrong within one snapshot, looked up one by one as a batch would; empty if nothing is.
inline std::string mixed_generations(const snapshot::Snapshot& snapshot, std::size_t records) {
  if (text_at(snapshot, "first") != text_at(snapshot, "last")) {
    return "a document of two generations: '" + std::string(text_at(snapshot, "first")) +
           "' and '" + std::string(text_at(snapshot, "last")) + "'";
  }
  if (snapshot.revision_text() != snapshot.revision().text()) return "a revision without its text";
  const auto* const table = snapshot.find("inventory")->table();
  if (table == nullptr) return {};
  const auto first = table->find(record_key(0));
  for (std::size_t i = 0; i < records; i += 3) {
    const std::string key = record_key(i);
    const auto record = table->find(key);
    if (!record || record->key != key) return "record " + key + " lost";
    if (record->quantity != first->quantity) return "a table of two generations";
  }
  return {};
}

}  // namespace lull::torture
