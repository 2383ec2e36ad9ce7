// A collection of documents, with the effective document of each app ready to serve.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/hash.h"
#include "lull/base/memory_account.h"
#include "lull/snapshot/document.h"
#include "lull/snapshot/named_list.h"

namespace lull::snapshot {

/// Layers as written and effective documents as built, both immutable and shared between revisions.
/// An effective document is named by its app and the profiles in the order asked.
/// Threads: any, without synchronisation.  Lifetime: the snapshot that it was read under.
/// Cost: layer() and effective() are O(log documents), allocate nothing.
class Tree {
 public:
  using DocumentPtr = std::shared_ptr<const Document>;

 private:
  struct Variants;

 public:
  struct LayerTraits {
    using Entry = DocumentPtr;
    static std::string_view name(const Entry& layer) noexcept { return layer->name(); }
    static std::size_t heap_bytes(const Entry& /*layer*/) noexcept { return 0; }
    static void add_to(Sha256Stream& stream, const Entry& layer);
  };
  class App {
   public:
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

   private:
    friend class Tree;
    friend class TreeBuilder;
    std::string name_;
    std::shared_ptr<const Variants> variants_;
  };
  struct AppTraits {
    using Entry = App;
    static std::string_view name(const App& app) noexcept { return app.name(); }
    static std::size_t heap_bytes(const App& app) noexcept { return app.name().capacity(); }
  };
  using Layers = NamedList<LayerTraits>;
  using Apps = NamedList<AppTraits>;

  /// A file as written (`?layer=NAME`); null if there is none.
  [[nodiscard]] const Document* layer(std::string_view name) const noexcept;
  /// The same, to be part of another tree or merged.
  [[nodiscard]] DocumentPtr shared_layer(std::string_view name) const noexcept;
  /// All layers in name order.
  [[nodiscard]] const Layers& layers() const noexcept { return layers_; }

  /// An app's document that was merged at publication; null if the app is unknown or this
  /// combination of profiles was not built (then it is merged on demand).
  [[nodiscard]] const Document* effective(
      std::string_view app, std::span<const std::string_view> profiles) const noexcept;
  /// All apps in name order.
  [[nodiscard]] const Apps& apps() const noexcept { return apps_; }
  [[nodiscard]] bool has_app(std::string_view app) const noexcept;

  /// SHA-256 of the names and hashes of all layers, by way of those of their chunks: it depends on
  /// the content alone, not on the changes that led to it.
  [[nodiscard]] const Sha256& content_hash() const noexcept;

  /// What every change makes anew, whatever it changes; the rest is on the account by itself.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  friend class TreeBuilder;
  struct Variant {
    std::vector<std::string> profiles;
    DocumentPtr document;
  };
  /// The effective documents of one app, by profiles; shared between trees.
  struct Variants {
    std::vector<Variant> list;
    MemoryAccount::Charge charge;

    [[nodiscard]] std::size_t memory_bytes() const noexcept;
  };

  Tree(Layers layers, Apps apps, std::shared_ptr<MemoryAccount> account);

  Layers layers_;
  Apps apps_;
  Sha256 content_hash_;
  MemoryAccount::Charge charge_;
};

/// Applies a change set to a base tree and yields the next one, sharing what did not change.
/// Which effective documents depend on what is the caller's knowledge (layering lives elsewhere).
/// Threads: one at a time.  Cost: O(changed), and 20 bytes for every 32 documents of the tree.
class TreeBuilder {
 public:
  /// A null base is an empty tree.
  explicit TreeBuilder(std::shared_ptr<const Tree> base,
                       std::shared_ptr<MemoryAccount> account = nullptr);
  ~TreeBuilder();
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;

  void put_layer(std::shared_ptr<const Document> layer);
  void remove_layer(std::string_view name);
  /// Declares the app and sets its document for these profiles; its documents for other profiles
  /// stay those of the base.
  void put_effective(std::string_view app, std::span<const std::string> profiles,
                     std::shared_ptr<const Document> document);
  /// Removes the app with all its effective documents; what is put after that is kept.
  void remove_app(std::string_view app);

  [[nodiscard]] std::shared_ptr<const Tree> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lull::snapshot
