// error: use of deleted function.*ReadSection\(const
#include "toy.h"

void move(lull::rcu::ReadSection& section) {
  const lull::rcu::ReadSection second = std::move(section);
}
