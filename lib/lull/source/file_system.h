// What the file system under a directory can and cannot tell about changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace lull::source {

/// The name of a file system that other machines can change without an event here (`nfs`, `fuse`,
/// ...), by the magic number that statfs gives; empty for a local one.
[[nodiscard]] std::string_view network_file_system(std::int64_t magic) noexcept;

/// The time that the kernel would stamp on a file now: it moves in ticks of 1 to 10 ms.
[[nodiscard]] std::int64_t file_time_now_ns() noexcept;

/// How far that time moves at once, rounded up; 10 ms if the system does not say.
[[nodiscard]] std::chrono::milliseconds file_time_tick() noexcept;

}  // namespace lull::source
