// error: use of deleted function.*operator new
#include "toy.h"

auto keep() {
  return std::make_unique<lull::rcu::ReadSection>();
}
