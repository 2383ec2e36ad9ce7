// error: constraint
#include "toy.h"

lull::rcu::Published<Item>* pinned_things_are_held_by_what_is_published = nullptr;
