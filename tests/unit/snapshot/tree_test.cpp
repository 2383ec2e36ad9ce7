#include "lull/snapshot/tree.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace lull::snapshot {
namespace {

using Profiles = std::vector<std::string>;

std::shared_ptr<const Document> document(std::string name, std::string_view value) {
  DocumentBuilder builder(std::move(name));
  builder.begin_object({});
  builder.key("v");
  builder.string(value, {});
  builder.end_object();
  return builder.finish();
}

std::string effective(const Tree& tree, std::string_view app,
                      std::vector<std::string_view> profiles = {}) {
  const Document* found = tree.effective(app, profiles);
  return found == nullptr ? "nothing" : std::string(found->text(found->find("v").value()));
}

std::shared_ptr<const Tree> sample() {
  TreeBuilder builder(nullptr);
  for (const char* name : {"search", "application", "payment", "payment-prod"}) {
    builder.put_layer(document(name, name));
  }
  builder.put_effective("payment", {}, document("payment", "base"));
  builder.put_effective("payment", Profiles{"prod"}, document("payment", "prod"));
  builder.put_effective("payment", Profiles{"prod", "eu"}, document("payment", "prod,eu"));
  builder.put_effective("payment", Profiles{"eu", "prod"}, document("payment", "eu,prod"));
  builder.put_effective("search", {}, document("search", "base"));
  return builder.finish();
}

TEST(Tree, AnEmptyOneHasNothing) {
  const auto tree = TreeBuilder(nullptr).finish();
  EXPECT_EQ(tree->layer("a"), nullptr);
  EXPECT_TRUE(tree->layers().empty());
  EXPECT_TRUE(tree->apps().empty());
  EXPECT_FALSE(tree->has_app("a"));
  EXPECT_EQ(tree->effective("a", {}), nullptr);
}

TEST(Tree, FindsLayersInNameOrder) {
  const auto tree = sample();
  ASSERT_NE(tree->layer("payment-prod"), nullptr);
  EXPECT_EQ(tree->layer("payment-prod")->name(), "payment-prod");
  EXPECT_EQ(tree->layer("payment-dev"), nullptr);
  EXPECT_EQ(tree->layer(""), nullptr);
  EXPECT_EQ(tree->layer("zzz"), nullptr);
  std::vector<std::string> names;
  for (const auto& layer : tree->layers()) names.emplace_back(layer->name());
  EXPECT_EQ(names, (Profiles{"application", "payment", "payment-prod", "search"}));
}

TEST(Tree, FindsEffectiveDocumentsByProfilesInOrder) {
  const auto tree = sample();
  EXPECT_EQ(effective(*tree, "payment"), "\"base\"");
  EXPECT_EQ(effective(*tree, "payment", {"prod"}), "\"prod\"");
  EXPECT_EQ(effective(*tree, "payment", {"prod", "eu"}), "\"prod,eu\"");
  EXPECT_EQ(effective(*tree, "payment", {"eu", "prod"}), "\"eu,prod\"");
  EXPECT_EQ(effective(*tree, "payment", {"eu"}), "nothing");
  EXPECT_EQ(effective(*tree, "payment", {"prod", "eu", "dev"}), "nothing");
  EXPECT_EQ(effective(*tree, "search", {"prod"}), "nothing");
  EXPECT_EQ(effective(*tree, "application"), "nothing");
  EXPECT_TRUE(tree->has_app("search"));
  EXPECT_FALSE(tree->has_app("application"));
  EXPECT_FALSE(tree->has_app("pay"));
}

TEST(Tree, AChangeSharesWhatItDoesNotTouch) {
  const auto base = sample();
  TreeBuilder builder(base);
  builder.put_layer(document("payment", "new"));
  builder.remove_layer("search");
  builder.remove_layer("absent");
  builder.put_layer(document("a", "first"));
  builder.put_layer(document("z", "last"));
  builder.remove_app("search");
  builder.put_effective("payment", Profiles{"prod"}, document("payment", "new prod"));
  builder.put_effective("a", {}, document("a", "first"));
  builder.put_effective("z", {}, document("z", "last"));
  const auto next = builder.finish();

  EXPECT_EQ(next->layer("application"), base->layer("application"));
  EXPECT_NE(next->layer("payment"), base->layer("payment"));
  EXPECT_EQ(next->layer("search"), nullptr);
  EXPECT_EQ(next->layers().size(), 5U);
  EXPECT_EQ(effective(*next, "payment", {"prod"}), "\"new prod\"");
  EXPECT_EQ(next->effective("payment", {}), base->effective("payment", {})) << "kept from the base";
  Profiles apps;
  for (const Tree::App& app : next->apps()) apps.push_back(app.name());
  EXPECT_EQ(apps, (Profiles{"a", "payment", "z"}));

  EXPECT_EQ(effective(*base, "payment", {"prod"}), "\"prod\"") << "the base does not notice";
  EXPECT_EQ(effective(*base, "search"), "\"base\"");
  EXPECT_EQ(base->layers().size(), 4U);
}

TEST(Tree, AnAppRemovedAndPutAgainStartsEmpty) {
  TreeBuilder builder(sample());
  builder.remove_app("payment");
  builder.put_effective("payment", Profiles{"eu"}, document("payment", "eu"));
  const auto tree = builder.finish();
  EXPECT_EQ(effective(*tree, "payment", {"eu"}), "\"eu\"");
  EXPECT_EQ(effective(*tree, "payment"), "nothing");
}

TEST(Tree, TheLastChangeOfALayerWins) {
  TreeBuilder builder(sample());
  builder.remove_layer("search");
  builder.put_layer(document("search", "again"));
  builder.put_layer(document("gone", "x"));
  builder.remove_layer("gone");
  const auto tree = builder.finish();
  EXPECT_NE(tree->layer("search"), nullptr);
  EXPECT_EQ(tree->layer("gone"), nullptr);
}

TEST(Tree, TheHashDependsOnTheLayersAlone) {
  TreeBuilder there(sample());
  there.put_layer(document("search", "other"));
  const auto other = there.finish();
  EXPECT_NE(other->content_hash(), sample()->content_hash());
  TreeBuilder back(other);
  back.put_layer(document("search", "search"));
  EXPECT_EQ(back.finish()->content_hash(), sample()->content_hash());
  TreeBuilder renamed(sample());
  renamed.remove_layer("search");
  renamed.put_layer(document("search2", "search"));
  EXPECT_NE(renamed.finish()->content_hash(), sample()->content_hash()) << "names count";
}

}  // namespace
}  // namespace lull::snapshot
