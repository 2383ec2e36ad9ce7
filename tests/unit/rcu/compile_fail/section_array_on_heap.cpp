// error: use of deleted function.*operator new
#include "toy.h"

auto* keep() {
  return new lull::rcu::ReadSection[2];
}
