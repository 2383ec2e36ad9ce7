#include "lull/snapshot/tree.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

namespace lull::snapshot {
namespace {

std::string_view name_of(const Tree::DocumentPtr& document) noexcept {
  return document->name();
}

bool before(std::span<const std::string> left, std::span<const std::string_view> right) noexcept {
  return std::ranges::lexicographical_compare(left, right);
}

Sha256 hash_of(std::span<const Tree::DocumentPtr> layers) {
  Sha256Stream stream;
  for (const Tree::DocumentPtr& layer : layers) {
    stream.field(layer->name()).field(layer->content_hash());
  }
  return stream.finish();
}

std::size_t heap_bytes(const std::vector<std::string>& strings) noexcept {
  std::size_t out = strings.capacity() * sizeof(std::string);
  for (const std::string& string : strings) out += string.capacity();
  return out;
}

}  // namespace

Tree::Tree() : content_hash_(hash_of({})) {}

const Tree::DocumentPtr* Tree::find_layer(std::string_view name) const noexcept {
  const auto found = std::ranges::lower_bound(layers_, name, {}, name_of);
  return found != layers_.end() && name_of(*found) == name ? &*found : nullptr;
}

const Document* Tree::layer(std::string_view name) const noexcept {
  const DocumentPtr* const found = find_layer(name);
  return found == nullptr ? nullptr : found->get();
}

Tree::DocumentPtr Tree::shared_layer(std::string_view name) const noexcept {
  const DocumentPtr* const found = find_layer(name);
  return found == nullptr ? nullptr : *found;
}

std::span<const Tree::DocumentPtr> Tree::layers() const noexcept {
  return layers_;
}

const Document* Tree::effective(std::string_view app,
                                std::span<const std::string_view> profiles) const noexcept {
  const auto found = std::ranges::lower_bound(apps_, app);
  if (found == apps_.end() || *found != app) return nullptr;
  const auto& variants = variants_[static_cast<std::size_t>(found - apps_.begin())]->list;
  const auto variant = std::partition_point(
      variants.begin(), variants.end(),
      [profiles](const Variant& candidate) { return before(candidate.profiles, profiles); });
  if (variant == variants.end() || !std::ranges::equal(variant->profiles, profiles)) return nullptr;
  return variant->document.get();
}

std::span<const std::string> Tree::apps() const noexcept {
  return apps_;
}

bool Tree::has_app(std::string_view app) const noexcept {
  return std::ranges::binary_search(apps_, app, std::less<std::string_view>());
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
  return sizeof(Tree) + layers_.capacity() * sizeof(layers_[0]) + heap_bytes(apps_) +
         variants_.capacity() * sizeof(variants_[0]);
}

struct TreeBuilder::State {
  using VariantMap = std::map<std::vector<std::string>, Tree::DocumentPtr>;
  struct AppChange {
    bool removed = false;  ///< Before what `put` has.
    VariantMap put;
  };

  void merge_layers(Tree& next) const;
  void merge_apps(Tree& next) const;
  void append_app(Tree& next, const std::string& name, const Tree::Variants* variants,
                  const AppChange& change) const;

  std::shared_ptr<const Tree> base;
  std::shared_ptr<MemoryAccount> account;
  std::map<std::string, Tree::DocumentPtr, std::less<>> layers;  ///< Null: removed.
  std::map<std::string, AppChange, std::less<>> apps;
};

TreeBuilder::TreeBuilder(std::shared_ptr<const Tree> base, std::shared_ptr<MemoryAccount> account)
    : state_(std::make_unique<State>()) {
  state_->account = std::move(account);
  state_->base = base ? std::move(base) : std::shared_ptr<const Tree>(new Tree());
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

void TreeBuilder::State::merge_layers(Tree& next) const {
  auto change = layers.begin();
  const auto take_change = [&] {
    if (change->second) next.layers_.push_back(change->second);
    ++change;
  };
  for (const Tree::DocumentPtr& layer : base->layers_) {
    while (change != layers.end() && change->first < layer->name()) take_change();
    if (change != layers.end() && change->first == layer->name()) {
      take_change();
    } else {
      next.layers_.push_back(layer);
    }
  }
  while (change != layers.end()) take_change();
}

void TreeBuilder::State::append_app(Tree& next, const std::string& name,
                                    const Tree::Variants* variants, const AppChange& change) const {
  VariantMap merged = change.put;
  if (variants != nullptr && !change.removed) {
    for (const Tree::Variant& variant : variants->list) {
      merged.emplace(variant.profiles, variant.document);
    }
  }
  if (merged.empty()) return;
  const auto out = std::make_shared<Tree::Variants>();
  out->list.reserve(merged.size());
  for (auto& [profiles, document] : merged) out->list.push_back({profiles, std::move(document)});
  out->charge = MemoryAccount::Charge(account, out->memory_bytes());
  next.apps_.push_back(name);
  next.variants_.push_back(out);
}

void TreeBuilder::State::merge_apps(Tree& next) const {
  auto change = apps.begin();
  for (std::size_t i = 0; i < base->apps_.size(); ++i) {
    const std::string& name = base->apps_[i];
    for (; change != apps.end() && change->first < name; ++change) {
      append_app(next, change->first, nullptr, change->second);
    }
    if (change != apps.end() && change->first == name) {
      append_app(next, name, base->variants_[i].get(), change->second);
      ++change;
    } else {
      next.apps_.push_back(name);
      next.variants_.push_back(base->variants_[i]);
    }
  }
  for (; change != apps.end(); ++change) append_app(next, change->first, nullptr, change->second);
}

std::shared_ptr<const Tree> TreeBuilder::finish() {
  const std::shared_ptr<Tree> next(new Tree());
  state_->merge_layers(*next);
  state_->merge_apps(*next);
  next->content_hash_ = hash_of(next->layers_);
  next->charge_ = MemoryAccount::Charge(state_->account, next->memory_bytes());
  state_.reset();
  return next;
}

}  // namespace lull::snapshot
