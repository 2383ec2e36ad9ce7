// error: use of deleted function.*operator new
#include "toy.h"

void keep() {
  auto* const section = new lull::rcu::ReadSection;
  delete section;
}
