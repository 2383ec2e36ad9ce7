// error: the result must not refer to data of the section
#include "toy.h"

std::span<const int> leak(const PublishedToy& published) {
  return published.read([](const Toy& toy) { return std::span<const int>(toy.item->numbers); });
}
