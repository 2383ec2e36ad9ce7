// What a process does for those who share the machine with it.
#pragma once

namespace lull {

/// Work of the calling thread gives way to that of others from now on (nice 10, of this thread
/// alone on Linux). There is no way back without privileges: for threads that do nothing else.
void lower_thread_priority() noexcept;

/// Has the allocator give free memory back to the kernel, also from between what is in use.
/// Cost: some 100 us a free MB, with a lock of the allocator's arena that it looks at.
void release_free_memory() noexcept;

}  // namespace lull
