// error: ignoring.*nodiscard
#include "toy.h"

void forgets_the_name(const PublishedToy& published) {
  published.pin([](const Toy& toy) -> const Item& { return *toy.item; });
}
