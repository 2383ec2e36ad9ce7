#include "api/lookup.h"

#include <cassert>
#include <string>

#include "lull/publish/effective.h"
#include "lull/rcu/read_section.h"
#include "lull/validate/layering.h"

namespace lull::api {

Found look_up(const snapshot::Document& document, std::string_view pointer) noexcept {
  const auto node = document.find(pointer);
  if (!node) return Found::none(Outcome::kNoPath);
  return {Outcome::kFound, document.text(*node), &document, *node};
}

Found look_up(const snapshot::Collection* collection, std::string_view key,
              std::span<const std::string_view> profiles) noexcept {
  if (collection == nullptr) return Found::none(Outcome::kNotLoaded);
  if (const auto* const table = collection->table()) {
    const auto record = table->find(key);
    if (!record) return Found::none(Outcome::kNoEntry);
    return {Outcome::kFound, record->json, nullptr, 0};
  }
  const auto* const tree = collection->tree();
  if (tree == nullptr) return Found::none(Outcome::kNotLoaded);
  const auto [app, pointer] = split_tree_key(key);
  if (const auto* const document = tree->effective(app, profiles)) {
    return look_up(*document, pointer);
  }
  return Found::none(tree->has_app(app) ? Outcome::kNeedsMerge : Outcome::kNoEntry);
}

Parsed<std::shared_ptr<const snapshot::Document>> merge_on_demand(
    const snapshot::Tree& tree, std::string_view app, std::span<const std::string_view> profiles,
    std::size_t& bytes_left) {
  assert(!rcu::in_read_section());
  std::size_t bytes = 0;
  for (const std::string& name : validate::layer_order(app, profiles)) {
    if (const auto* const layer = tree.layer(name)) bytes += layer->text().size();
  }
  if (bytes > bytes_left) {
    return refuse(
        413, code::kResponseTooLarge,
        "the layers of " + echoed(app) + " have more than " + std::to_string(bytes_left) +
            " bytes to merge; declare this combination in profile_combinations, so that it "
            "is built at publication");
  }
  bytes_left -= bytes;
  return publish::merge_effective(tree, app, profiles);
}

}  // namespace lull::api
