// error: discards qualifiers|read-only|const
#include "toy.h"

void modify(const PublishedToy& published) {
  const lull::rcu::ReadSection section;
  published.get(section).item->name = "changed";
}
