// error: use of deleted function.*ReadSection\(const
#include "toy.h"

void copy(const lull::rcu::ReadSection& section) {
  const lull::rcu::ReadSection second = section;
}
