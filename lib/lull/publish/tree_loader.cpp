#include "lull/publish/tree_loader.h"

#include <algorithm>

#include "lull/base/key.h"
#include "lull/publish/effective.h"
#include "lull/validate/layering.h"

namespace lull::publish {
namespace {

using snapshot::Document;
using snapshot::Tree;
using snapshot::TreeBuilder;

std::string_view stem(std::string_view file_name) {
  return file_name.substr(0, file_name.rfind('.'));
}

/// Whether two documents of equal text also come from the same lines of the same files. Equal text
/// means equal shape, hence equal numbering.
bool same_origins(const Document& a, const Document& b, Document::Node node = Document::kRoot) {
  const auto x = a.origin(node);
  const auto y = b.origin(node);
  if (x.line != y.line || a.file(x.file) != b.file(y.file)) return false;
  const Document::Children children = a.children(node);
  for (Document::Node i = children.first; i < children.first + children.count; ++i) {
    if (!same_origins(a, b, i)) return false;
  }
  return true;
}

/// Whether two trees give the same answers, those of `?explain` too.
bool same_layers(const Tree& a, const Tree& b) {
  return a.content_hash() == b.content_hash() &&
         std::ranges::equal(a.layers(), b.layers(), [](const auto& x, const auto& y) {
           return x == y || (x->text() == y->text() && same_origins(*x, *y));
         });
}

std::size_t memory_bytes(std::span<const Tree::DocumentPtr> documents) {
  std::size_t out = 0;
  for (const auto& document : documents) out += document->memory_bytes();
  return out;
}

}  // namespace

/// One load on its way: the base, what changed, and the next tree.
struct TreeLoader::Build {
  std::shared_ptr<const Tree> base;                         // null: from nothing
  std::map<std::string, DocumentPtr, std::less<>> changed;  // null: removed
  ChangeList changes;
  std::map<std::string, bool, std::less<>> apps;  // true: comes, false: goes
  TreeBuilder builder;
  std::size_t effective_bytes = 0;
  std::set<const Document*> replaced;  // documents of the base that the next tree has no use for

  Build(std::shared_ptr<const Tree> base_tree, std::shared_ptr<MemoryAccount> account)
      : base(std::move(base_tree)), builder(base, std::move(account)) {}

  [[nodiscard]] std::uint64_t replaced_bytes() const {
    std::uint64_t out = base ? base->memory_bytes() : 0;
    for (const Document* document : replaced) out += document->memory_bytes();
    return out;
  }
  void replace_effective(const std::string& app, std::span<const std::string> profiles) {
    const std::vector<std::string_view> views(profiles.begin(), profiles.end());
    const Document* const old = base ? base->effective(app, views) : nullptr;
    // One that is a layer too goes when the layer goes.
    if (old != nullptr && base->layer(old->name()) != old) replaced.insert(old);
  }
  [[nodiscard]] DocumentPtr base_layer(std::string_view name) const {
    return base ? base->shared_layer(name) : nullptr;
  }
  [[nodiscard]] DocumentPtr layer(std::string_view name) const {
    const auto found = changed.find(name);
    return found != changed.end() ? found->second : base_layer(name);
  }
  [[nodiscard]] bool has_app(std::string_view name) const {
    const auto found = apps.find(name);
    return found != apps.end() ? found->second : base != nullptr && base->has_app(name);
  }
  /// Which apps come and go with what changed.
  void find_apps(std::span<const std::string> profiles);
  [[nodiscard]] std::set<std::string, std::less<>> all_apps() const {
    std::set<std::string, std::less<>> out;
    if (base) {
      for (const Tree::App& app : base->apps()) out.insert(out.end(), app.name());
    }
    for (const auto& [app, comes] : apps) {
      if (comes) {
        out.insert(app);
      } else {
        out.erase(app);
      }
    }
    return out;
  }
  [[nodiscard]] std::size_t app_count() const {
    std::size_t out = base ? base->apps().size() : 0;
    for (const auto& [app, comes] : apps) out = comes ? out + 1 : out - 1;
    return out;
  }
};

/// An app is there as long as any layer is, be it of a profile alone.
void TreeLoader::Build::find_apps(std::span<const std::string> profiles) {
  for (const auto& [layer_name, document] : changed) {
    const std::string app(validate::split_layer_name(layer_name, profiles).app);
    const auto is_its_layer = [&](const std::string& name) {
      return validate::split_layer_name(name, profiles).app == app && layer(name) != nullptr;
    };
    const bool there = is_its_layer(app) || std::ranges::any_of(profiles, [&](const auto& profile) {
                         std::string name = app;
                         return is_its_layer(name.append("-").append(profile));
                       });
    if (there != (base && base->has_app(app))) apps.emplace(app, there);
  }
}

TreeLoader::TreeLoader(CollectionSpec spec, std::shared_ptr<MemoryAccount> account,
                       Progress& progress)
    : spec_(std::move(spec)), account_(std::move(account)), progress_(progress) {
  variants_.emplace_back();
  for (const std::string& profile : spec_.profiles) variants_.push_back({profile});
  for (const auto& combination : spec_.profile_combinations) variants_.push_back(combination);
}

bool TreeLoader::accepts(std::string_view file_name) const {
  return codec::document_format(file_name).has_value();
}

/// Moves what is there already: a publication must not be forgotten for want of memory.
void TreeLoader::commit() noexcept {
  if (reset_) files_.clear();
  while (!pending_.empty()) {
    Files::node_type file = pending_.extract(pending_.begin());
    files_.erase(file.key());
    if (!file.mapped().empty()) files_.insert(std::move(file));
  }
  accepted_ = std::move(built_);
  discard();
}

void TreeLoader::discard() noexcept {
  pending_.clear();
  built_.reset();
}

/// The file that defines a layer after the change set, as far as it is listed; empty if none does.
std::string_view TreeLoader::file_of(std::string_view layer) const {
  if (const auto found = pending_.find(layer); found != pending_.end()) return found->second;
  if (reset_) return {};
  const auto found = files_.find(layer);
  return found == files_.end() ? std::string_view() : found->second;
}

/// Which file defines which layer after the change set, where that differs, in pending_.
void TreeLoader::list_files(const source::ChangeSet& change_set, ErrorList& errors) {
  for (const source::FileChange& change : change_set.changes) {
    const std::string_view layer = stem(change.name);
    if (!change.bytes && file_of(layer) == change.name) {
      pending_.insert_or_assign(std::string(layer), std::string());
    }
  }
  for (const source::FileChange& change : change_set.changes) {
    if (!change.bytes || !accepts(change.name)) continue;
    const std::string name(stem(change.name));
    if (!is_document_name(name)) {
      errors.add({ErrorCode::kInvalid,
                  "'" + name + "' cannot name a document",
                  {change.path, 0, 0, {}},
                  "use letters, digits, '.', '_' and '-', at most 200 of them"});
      continue;
    }
    const std::string_view known = file_of(name);
    if (known.empty()) {
      pending_.insert_or_assign(name, change.name);
    } else if (known != change.name) {
      errors.add({ErrorCode::kDuplicate,
                  "document '" + name + "' is defined by both " + std::string(known) + " and " +
                      change.name,
                  {change.path, 0, 0, {}},
                  "remove one of the two files"});
    }
  }
}

std::map<std::string, TreeLoader::DocumentPtr, std::less<>> TreeLoader::parse(
    source::ChangeSet& change_set, ErrorList& errors) {
  std::map<std::string, DocumentPtr, std::less<>> out;
  for (source::FileChange& change : change_set.changes) {
    const auto format = codec::document_format(change.name);
    if (!change.bytes || !format) continue;
    if (progress_.stopped()) {
      errors.add(Progress::stopped_error());
      break;
    }
    progress_.step(1, change.bytes->size());
    auto node =
        codec::parse_document(*change.bytes, *format, {change.path, 0}, spec_.document_limits);
    change.bytes.reset();
    if (!node) {
      errors.add(std::move(node.error()));
      continue;
    }
    std::string name(stem(change.name));
    const std::string files[] = {change.name};
    out[name] = to_document(name, *node, files, account_);
  }
  return out;
}

Checked<std::optional<Candidate>> TreeLoader::load(source::ChangeSet change_set,
                                                   const snapshot::Collection& base) {
  discard();
  const LoadProgress progress(progress_, change_set);
  ErrorList errors;
  reset_ = change_set.initial || !accepted_;
  list_files(change_set, errors);
  auto parsed = parse(change_set, errors);
  if (!errors.empty()) return tl::make_unexpected(errors.take());

  progress_.build();
  // Built on what the files gave last time, whatever else was published since.
  built_ = reset_ ? nullptr : accepted_;
  Build build(built_, account_);
  for (auto& [name, document] : parsed) {
    const DocumentPtr old = build.base_layer(name);
    if (old && old->text() == document->text() && same_origins(*old, *document)) continue;
    build.changes.add(!old                              ? ChangeList::kAdded
                      : old->text() == document->text() ? ChangeList::kRewritten
                                                        : ChangeList::kChanged,
                      name);
    if (old) build.replaced.insert(old.get());
    build.builder.put_layer(document);
    build.changed.emplace(name, std::move(document));
  }
  for (const auto& [name, file] : pending_) {
    const DocumentPtr old = build.base_layer(name);
    if (!file.empty() || !old) continue;
    build.changes.add(ChangeList::kRemoved, name);
    build.replaced.insert(old.get());
    build.builder.remove_layer(name);
    build.changed.emplace(name, nullptr);
  }
  if (build.changes.empty() && built_ && base.tree() == built_.get()) {
    return std::optional<Candidate>{};
  }
  if (auto built = build_apps(build); !built) return tl::make_unexpected(Errors{built.error()});

  built_ = build.builder.finish();
  if (!build.base && base.tree() != nullptr && same_layers(*base.tree(), *built_)) {
    built_ = std::get<std::shared_ptr<const Tree>>(base.data);  // keep one of the two
    return std::optional<Candidate>{};
  }
  summary_ = build.changes.summary("document");
  replaced_bytes_ = build.replaced_bytes();
  return candidate(base);
}

std::optional<Candidate> TreeLoader::again(const snapshot::Collection& base) {
  if (base.tree() == built_.get()) return std::nullopt;
  return candidate(base);
}

Candidate TreeLoader::candidate(const snapshot::Collection& base) const {
  return {base.name, base.changed_at, built_, summary_, replaced_bytes_};
}

Result<std::shared_ptr<const Tree>> TreeLoader::rebuild(std::span<const DocumentPtr> layers) {
  discard();
  Build build(nullptr, account_);
  for (const DocumentPtr& layer : layers) {
    build.builder.put_layer(layer);
    build.changed.emplace(layer->name(), layer);
  }
  const auto built = build_apps(build);
  if (!built) return tl::make_unexpected(built.error());
  return build.builder.finish();
}

/// The apps whose effective documents a changed layer goes into, by the names that layer_order()
/// would give it.
std::set<std::string, std::less<>> TreeLoader::affected(const Build& build) const {
  std::set<std::string, std::less<>> out;
  for (const auto& [name, document] : build.changed) {
    std::vector<std::string_view> owners = {name};
    for (const std::string& profile : spec_.profiles) {
      const auto split = validate::split_layer_name(name, {&profile, 1});
      if (!split.profile.empty()) owners.push_back(split.app);
    }
    for (const std::string_view owner : owners) {
      if (owner == validate::kCommonLayer) return build.all_apps();
      if (build.has_app(owner)) out.emplace(owner);
    }
  }
  return out;
}

Result<void> TreeLoader::build_apps(Build& build) const {
  build.find_apps(spec_.profiles);
  const std::size_t apps = build.app_count();
  if (const std::size_t count = apps * variants_.size(); count > spec_.effective_documents_max) {
    return fail(ErrorCode::kLimit,
                std::to_string(apps) + " apps times " + std::to_string(variants_.size()) +
                    " combinations of profiles are " + std::to_string(count) +
                    " effective documents, more than " + "effective_documents_max of " +
                    std::to_string(spec_.effective_documents_max),
                {spec_.directory, 0, 0, {}}, "declare fewer profiles, or split the collection");
  }
  std::set<std::string, std::less<>> rebuild = affected(build);
  for (const auto& [app, comes] : build.apps) {
    if (comes) {
      rebuild.insert(app);
    } else {
      build.builder.remove_app(app);
      for (const auto& variant : variants_) build.replace_effective(app, variant);
    }
  }
  for (const std::string& app : rebuild) {
    if (!build_app(build, app)) {
      return fail(ErrorCode::kLimit,
                  "the effective documents of one change would hold more than "
                  "effective_bytes_max of " +
                      std::to_string(spec_.effective_bytes_max) + " bytes of memory, at app '" +
                      app + "'",
                  {spec_.directory, 0, 0, {}}, "declare fewer profiles, or make layers smaller");
    }
  }
  return {};
}

/// False if that may make too many bytes: before a merge, the result counts as its layers together.
bool TreeLoader::build_app(Build& build, const std::string& app) const {
  std::vector<std::pair<std::vector<DocumentPtr>, DocumentPtr>> built;
  for (const std::vector<std::string>& variant : variants_) {
    const std::vector<std::string_view> profiles(variant.begin(), variant.end());
    std::vector<DocumentPtr> layers;
    for (const std::string& name : validate::layer_order(app, profiles)) {
      if (auto layer = build.layer(name)) layers.push_back(std::move(layer));
    }
    auto same = std::ranges::find(built, layers, &decltype(built)::value_type::first);
    if (same == built.end()) {
      const bool shared = layers.size() == 1;
      if (!shared && build.effective_bytes + memory_bytes(layers) > spec_.effective_bytes_max) {
        return false;
      }
      DocumentPtr document = merge_documents(app, layers, account_);
      if (!shared) build.effective_bytes += document->memory_bytes();
      built.emplace_back(std::move(layers), std::move(document));
      same = std::prev(built.end());
    }
    build.replace_effective(app, variant);
    build.builder.put_effective(app, variant, same->second);
  }
  return true;
}

}  // namespace lull::publish
