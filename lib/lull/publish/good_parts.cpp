#include "lull/publish/good_parts.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lull/publish/progress.h"
#include "lull/publish/stored_document.h"
#include "lull/publish/tree_loader.h"
#include "lull/snapshot/stored_shard.h"

namespace lull::publish {
namespace {

/// Names how attributes are derived from a record: another way is another name.
constexpr std::string_view kAttributes = "table, attributes 1";

using snapshot::Document;
using snapshot::Shard;
using snapshot::StoredRecord;
using snapshot::Table;
using snapshot::Tree;
using TreePtr = std::shared_ptr<const Tree>;
using TablePtr = std::shared_ptr<const Table>;

GoodDiff diff_layers(const Tree& older, const Tree& newer) {
  const auto name = [](const Tree::DocumentPtr& layer) { return layer->name(); };
  GoodDiff out;
  auto old = older.layers().begin();
  const auto old_end = older.layers().end();
  for (const Tree::DocumentPtr& layer : newer.layers()) {
    while (old != old_end && name(*old) < name(layer)) out.removed.emplace_back((*old++).get());
    const bool both = old != old_end && name(*old) == name(layer);
    const Tree::DocumentPtr* const before = both ? &*old++ : nullptr;
    if (before != nullptr && *before == layer) continue;
    // One that was built anew may have the same bytes, and then it is the same part.
    if (before != nullptr && stored_document(**before) == stored_document(*layer)) continue;
    if (before != nullptr) out.removed.emplace_back(before->get());
    out.added.emplace_back(layer.get());
  }
  while (old != old_end) out.removed.emplace_back((*old++).get());
  return out;
}

Result<CollectionData> restore_table(const CollectionSpec& spec, std::span<const std::string> parts,
                                     const std::shared_ptr<MemoryAccount>& account) {
  std::vector<StoredRecord> records;
  for (const std::string& part : parts) {
    auto shard = snapshot::read_stored_shard(part);
    if (!shard) return tl::make_unexpected(std::move(shard.error()));
    if (shard->indexes != spec.records.indexes.size()) {
      return fail(ErrorCode::kInvalid, "a stored shard has " + std::to_string(shard->indexes) +
                                           " index values, declared are " +
                                           std::to_string(spec.records.indexes.size()));
    }
    records.insert(records.end(), shard->records.begin(), shard->records.end());
  }
  return snapshot::TableBuilder::restore({spec.records.indexes}, records, account)
      .map([](TablePtr table) { return CollectionData(std::move(table)); });
}

Result<CollectionData> restore_tree(const CollectionSpec& spec, std::span<const std::string> parts,
                                    const std::shared_ptr<MemoryAccount>& account) {
  std::vector<Tree::DocumentPtr> layers;
  for (const std::string& part : parts) {
    auto layer = read_stored_document(part, spec.document_limits, account);
    if (!layer) return tl::make_unexpected(std::move(layer.error()));
    layers.push_back(*std::move(layer));
  }
  const auto name = [](const Tree::DocumentPtr& layer) { return layer->name(); };
  std::ranges::sort(layers, {}, name);
  if (const auto twice = std::ranges::adjacent_find(layers, {}, name); twice != layers.end()) {
    return fail(ErrorCode::kInvalid, "document '" + std::string(name(*twice)) + "' is kept twice");
  }
  Progress unseen;
  return TreeLoader(spec, account, unseen).rebuild(layers).map([](TreePtr tree) {
    return CollectionData(std::move(tree));
  });
}

}  // namespace

Sha256 declaration_hash(const CollectionSpec& spec) {
  Sha256Stream out;
  if (spec.kind == snapshot::CollectionKind::kTree) return out.field("tree").finish();
  out.field(kAttributes).field(spec.records.key);
  out.field(spec.records.quantity.value_or(""));
  for (const std::string& index : spec.records.indexes) out.field("index").field(index);
  for (const codec::RecordSchema::Field& field : spec.records.fields) {
    out.field("field").field(field.name).field(std::to_string(static_cast<int>(field.type)));
  }
  return out.finish();
}

std::vector<GoodPart> all_parts(const CollectionData& data) {
  std::vector<GoodPart> out;
  if (const auto* const tree = std::get_if<TreePtr>(&data)) {
    for (const Tree::DocumentPtr& layer : (*tree)->layers()) out.emplace_back(layer.get());
  } else {
    std::get<TablePtr>(data)->records().for_each_shard(
        [&out](const Shard& shard) { out.emplace_back(&shard); });
  }
  return out;
}

GoodDiff diff_parts(const CollectionData& older, const CollectionData& newer) {
  if (const auto* const tree = std::get_if<TreePtr>(&newer)) {
    return diff_layers(*std::get<TreePtr>(older), **tree);
  }
  const auto diff =
      std::get<TablePtr>(newer)->records().diff_shards(std::get<TablePtr>(older)->records());
  return {{diff.added.begin(), diff.added.end()}, {diff.removed.begin(), diff.removed.end()}};
}

std::string stored_part(const GoodPart& part, const CollectionSpec& spec) {
  if (const auto* const document = std::get_if<const Document*>(&part)) {
    return stored_document(**document);
  }
  std::string out;
  snapshot::append_stored_shard(out, *std::get<const Shard*>(part), spec.records.indexes.size());
  return out;
}

Sha256 content_hash(const CollectionData& data) {
  return std::visit([](const auto& held) { return held->content_hash(); }, data);
}

Result<CollectionData> restore(const CollectionSpec& spec, std::span<const std::string> parts,
                               const std::shared_ptr<MemoryAccount>& account) {
  return spec.kind == snapshot::CollectionKind::kTree ? restore_tree(spec, parts, account)
                                                      : restore_table(spec, parts, account);
}

}  // namespace lull::publish
