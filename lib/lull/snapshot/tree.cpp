#include "lull/snapshot/tree.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

namespace lull::snapshot {
namespace {

bool before(std::span<const std::string> left, std::span<const std::string_view> right) noexcept {
  return std::ranges::lexicographical_compare(left, right);
}

std::size_t heap_bytes(const std::vector<std::string>& strings) noexcept {
  std::size_t out = strings.capacity() * sizeof(std::string);
  for (const std::string& string : strings) out += string.capacity();
  return out;
}

}  // namespace

void Tree::LayerTraits::add_to(Sha256Stream& stream, const Entry& layer) {
  stream.field(layer->name()).field(layer->content_hash());
}

Tree::Tree(Layers layers, Apps apps, std::shared_ptr<MemoryAccount> account)
    : layers_(std::move(layers)),
      apps_(std::move(apps)),
      content_hash_(layers_.hash()),
      charge_(std::move(account), memory_bytes()) {}

const Document* Tree::layer(std::string_view name) const noexcept {
  const DocumentPtr* const found = layers_.find(name);
  return found == nullptr ? nullptr : found->get();
}

Tree::DocumentPtr Tree::shared_layer(std::string_view name) const noexcept {
  const DocumentPtr* const found = layers_.find(name);
  return found == nullptr ? nullptr : *found;
}

const Document* Tree::effective(std::string_view app,
                                std::span<const std::string_view> profiles) const noexcept {
  const App* const found = apps_.find(app);
  if (found == nullptr) return nullptr;
  const auto& variants = found->variants_->list;
  const auto variant = std::partition_point(
      variants.begin(), variants.end(),
      [profiles](const Variant& candidate) { return before(candidate.profiles, profiles); });
  if (variant == variants.end() || !std::ranges::equal(variant->profiles, profiles)) return nullptr;
  return variant->document.get();
}

bool Tree::has_app(std::string_view app) const noexcept {
  return apps_.find(app) != nullptr;
}

const Sha256& Tree::content_hash() const noexcept {
  return content_hash_;
}

std::size_t Tree::Variants::memory_bytes() const noexcept {
  std::size_t out = sizeof(Variants) + list.capacity() * sizeof(Variant);
  for (const Variant& variant : list) out += heap_bytes(variant.profiles);
  return out;
}

std::size_t Tree::memory_bytes() const noexcept {
  return sizeof(Tree) + layers_.memory_bytes() + apps_.memory_bytes();
}

struct TreeBuilder::State {
  using VariantMap = std::map<std::vector<std::string>, Tree::DocumentPtr>;
  struct AppChange {
    bool removed = false;  ///< Before what `put` has.
    VariantMap put;
  };

  [[nodiscard]] Tree::Layers next_layers() const;
  [[nodiscard]] Tree::Apps next_apps() const;
  [[nodiscard]] std::shared_ptr<const Tree::Variants> next_variants(const std::string& app,
                                                                    const AppChange& change) const;

  std::shared_ptr<const Tree> base;
  std::shared_ptr<MemoryAccount> account;
  std::map<std::string, Tree::DocumentPtr, std::less<>> layers;  ///< Null: removed.
  std::map<std::string, AppChange, std::less<>> apps;
};

TreeBuilder::TreeBuilder(std::shared_ptr<const Tree> base, std::shared_ptr<MemoryAccount> account)
    : state_(std::make_unique<State>()) {
  state_->base = base ? std::move(base) : std::shared_ptr<const Tree>(new Tree({}, {}, account));
  state_->account = std::move(account);
}

TreeBuilder::~TreeBuilder() = default;

void TreeBuilder::put_layer(std::shared_ptr<const Document> layer) {
  assert(layer);
  std::string name(layer->name());
  state_->layers.insert_or_assign(std::move(name), std::move(layer));
}

void TreeBuilder::remove_layer(std::string_view name) {
  state_->layers.insert_or_assign(std::string(name), nullptr);
}

void TreeBuilder::put_effective(std::string_view app, std::span<const std::string> profiles,
                                std::shared_ptr<const Document> document) {
  assert(document);
  state_->apps[std::string(app)].put.insert_or_assign({profiles.begin(), profiles.end()},
                                                      std::move(document));
}

void TreeBuilder::remove_app(std::string_view app) {
  state_->apps.insert_or_assign(std::string(app), State::AppChange{true, {}});
}

Tree::Layers TreeBuilder::State::next_layers() const {
  std::vector<Tree::Layers::Change> changes;
  changes.reserve(layers.size());
  for (const auto& [name, layer] : layers) {
    changes.push_back({name, layer ? std::optional(layer) : std::nullopt});
  }
  return base->layers_.apply(changes, account);
}

/// Null if there are none left.
std::shared_ptr<const Tree::Variants> TreeBuilder::State::next_variants(
    const std::string& app, const AppChange& change) const {
  VariantMap merged = change.put;
  const Tree::App* const before = change.removed ? nullptr : base->apps_.find(app);
  if (before != nullptr) {
    for (const Tree::Variant& variant : before->variants_->list) {
      merged.emplace(variant.profiles, variant.document);
    }
  }
  if (merged.empty()) return nullptr;
  auto out = std::make_shared<Tree::Variants>();
  out->list.reserve(merged.size());
  for (auto& [profiles, document] : merged) out->list.push_back({profiles, std::move(document)});
  out->charge = MemoryAccount::Charge(account, out->memory_bytes());
  return out;
}

Tree::Apps TreeBuilder::State::next_apps() const {
  std::vector<Tree::Apps::Change> changes;
  changes.reserve(apps.size());
  for (const auto& [name, change] : apps) {
    Tree::Apps::Change& out = changes.emplace_back(name, std::nullopt);
    if (auto variants = next_variants(name, change)) {
      out.entry.emplace();
      out.entry->name_ = name;
      out.entry->variants_ = std::move(variants);
    }
  }
  return base->apps_.apply(changes, account);
}

std::shared_ptr<const Tree> TreeBuilder::finish() {
  std::shared_ptr<const Tree> next(
      new Tree(state_->next_layers(), state_->next_apps(), state_->account));
  state_.reset();
  return next;
}

}  // namespace lull::snapshot
