// error: the result must not refer to data of the section
#include "toy.h"

const char* leak(const PublishedToy& published) {
  return published.read([](const Toy& toy) { return toy.item->name.c_str(); });
}
