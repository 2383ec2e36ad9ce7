// error: nodiscard
#include "toy.h"

int forgets_the_name(const int& data) {
  lull::rcu::ReadSection{};
  return data;
}
