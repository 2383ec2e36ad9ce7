// What the compile tests share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lull/rcu/published.h"

struct Item final : lull::rcu::Pinnable {
  using Pinnable::Pinnable;
  std::string name;
  std::vector<int> numbers;
};

struct Toy final : lull::rcu::Reclaimable {
  lull::rcu::Pin<Item> item;
};

using PublishedToy = lull::rcu::Published<Toy>;
