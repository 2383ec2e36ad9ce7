// TreeBuilder and Tree against std::map, with old revisions held and looked at again later.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "lull/snapshot/tree.h"
#include "random_run.h"

namespace lull::snapshot {
namespace {

using Profiles = std::vector<std::string>;

struct Reference {
  std::map<std::string, std::string> layers;
  std::map<std::string, std::map<Profiles, std::string>> apps;
};

struct Revision {
  std::shared_ptr<const Tree> tree;
  Reference reference;
};

const std::vector<Profiles> kProfiles = {{},     {"dev"},        {"prod"},
                                         {"eu"}, {"prod", "eu"}, {"eu", "prod"}};

std::shared_ptr<const Document> document(const std::string& name, const std::string& text,
                                         const std::shared_ptr<MemoryAccount>& account) {
  DocumentBuilder builder(name, account);
  builder.string(text, {});
  return builder.finish();
}

/// Changes a tree at random, and the reference alike.
Revision change(RandomRun& run, const Revision& base,
                const std::shared_ptr<MemoryAccount>& account) {
  Revision next{nullptr, base.reference};
  TreeBuilder builder(base.tree);
  for (std::size_t i = run.below(8); i > 0; --i) {
    const std::string name = "n" + std::to_string(run.below(40));
    const std::string text = std::to_string(run.below(1'000'000));
    switch (run.below(6)) {
      case 0:
      case 1:
        builder.put_layer(document(name, text, account));
        next.reference.layers[name] = text;
        break;
      case 2:
        builder.remove_layer(name);
        next.reference.layers.erase(name);
        break;
      case 3:
        builder.remove_app(name);
        next.reference.apps.erase(name);
        break;
      default: {
        const Profiles& profiles = run.pick(kProfiles);
        builder.put_effective(name, profiles, document(name, text, account));
        next.reference.apps[name][profiles] = text;
      }
    }
  }
  next.tree = builder.finish();
  return next;
}

void check(const Revision& revision) {
  ASSERT_EQ(revision.tree->layers().size(), revision.reference.layers.size());
  ASSERT_EQ(revision.tree->apps().size(), revision.reference.apps.size());
  for (int i = 0; i < 41; ++i) {
    const std::string name = "n" + std::to_string(i);
    const auto layer = revision.reference.layers.find(name);
    const Document* found = revision.tree->layer(name);
    ASSERT_EQ(found != nullptr, layer != revision.reference.layers.end());
    if (found != nullptr) {
      ASSERT_EQ(found->text(), '"' + layer->second + '"');
    }
    const auto app = revision.reference.apps.find(name);
    ASSERT_EQ(revision.tree->has_app(name), app != revision.reference.apps.end());
    for (const Profiles& profiles : kProfiles) {
      const std::vector<std::string_view> views(profiles.begin(), profiles.end());
      const Document* effective = revision.tree->effective(name, views);
      const bool expected = app != revision.reference.apps.end() && app->second.contains(profiles);
      ASSERT_EQ(effective != nullptr, expected);
      if (expected) {
        ASSERT_EQ(effective->text(), '"' + app->second.at(profiles) + '"');
      }
    }
  }
}

void check_hash(const Revision& revision) {
  TreeBuilder rebuilt(nullptr);
  for (const auto& [name, text] : revision.reference.layers) {
    rebuilt.put_layer(document(name, text, nullptr));
  }
  ASSERT_EQ(rebuilt.finish()->content_hash(), revision.tree->content_hash());
}

TEST(TreeModel, RandomChanges) {
  RandomRun run;
  const auto account = std::make_shared<MemoryAccount>();
  {
    Revision now{TreeBuilder(nullptr).finish(), {}};
    std::deque<Revision> held;
    const std::size_t changes = model_operations() / 50;
    for (std::size_t i = 0; i < changes; ++i) {
      now = change(run, now, account);
      ASSERT_NO_FATAL_FAILURE(check(now)) << "change " << i;
      if (run.one_in(20)) {
        ASSERT_NO_FATAL_FAILURE(check_hash(now));
      }
      if (run.one_in(20)) held.push_back(now);
      if (held.size() > 8) held.pop_front();
      if (!held.empty() && run.one_in(5)) {
        ASSERT_NO_FATAL_FAILURE(check(run.pick(held)));
      }
    }
    std::cout << changes << " changes, " << now.reference.layers.size() << " layers at the end"
              << std::endl;
    EXPECT_GT(account->bytes(), 0U);
  }
  EXPECT_EQ(account->bytes(), 0U);
}

}  // namespace
}  // namespace lull::snapshot
