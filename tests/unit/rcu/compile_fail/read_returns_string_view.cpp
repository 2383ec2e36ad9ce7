// error: the result must not refer to data of the section
#include "toy.h"

std::string_view leak(const PublishedToy& published) {
  return published.read([](const Toy& toy) { return std::string_view(toy.item->name); });
}
