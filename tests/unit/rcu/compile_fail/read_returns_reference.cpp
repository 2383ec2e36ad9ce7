// error: the result must not refer to data of the section
#include "toy.h"

std::size_t leak(const PublishedToy& published) {
  return published.read([](const Toy& toy) -> const std::string& { return toy.item->name; }).size();
}
