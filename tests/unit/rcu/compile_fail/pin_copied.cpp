// error: use of deleted function.*Pin\(const
#include "toy.h"

lull::rcu::Pin<Item> copy(const lull::rcu::Pin<Item>& pin) {
  return pin;
}
