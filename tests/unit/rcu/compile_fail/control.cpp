#include "toy.h"

std::size_t get_under_a_named_section(const PublishedToy& published) {
  const lull::rcu::ReadSection section;
  return published.get(section).item->name.size();
}

std::string read_a_copy(const PublishedToy& published) {
  return published.read([](const Toy& toy) { return toy.item->name; });
}

std::optional<bool> read_a_value(const PublishedToy& published) {
  published.read([](const Toy&) {});
  return published.read(
      [](const Toy& toy) -> std::optional<bool> { return toy.item->name.empty(); });
}

std::vector<int> read_an_owning_range(const PublishedToy& published) {
  return published.read([](const Toy& toy) { return toy.item->numbers; });
}

lull::rcu::Pin<Item> pin_for_longer(const PublishedToy& published) {
  auto first = published.pin([](const Toy& toy) -> const Item& { return *toy.item; });
  auto second = first.clone();
  first = std::move(second);
  return first;
}

lull::rcu::Pin<Item> pin_under_a_named_section(const PublishedToy& published) {
  const lull::rcu::ReadSection section;
  return {*published.get(section).item, section};
}
