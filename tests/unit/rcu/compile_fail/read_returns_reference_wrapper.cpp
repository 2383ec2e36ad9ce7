// error: the result must not refer to data of the section
#include "toy.h"

std::reference_wrapper<const Item> leak(const PublishedToy& published) {
  return published.read([](const Toy& toy) { return std::cref(*toy.item); });
}
