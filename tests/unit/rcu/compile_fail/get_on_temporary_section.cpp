// error: use of deleted function.*get
#include "toy.h"

const Toy& outlives_its_section(const PublishedToy& published) {
  return published.get(lull::rcu::ReadSection{});
}
