// error: use of deleted function.*Pin
#include "toy.h"

lull::rcu::Pin<Item> pin(const Item& item) {
  return {item, lull::rcu::ReadSection{}};
}
