#include "lull/source/file_system.h"

#include <array>
#include <ctime>
#include <utility>

namespace lull::source {

std::string_view network_file_system(std::int64_t magic) noexcept {
  // statfs(2) and linux/magic.h, where not every one of them stands.
  static constexpr std::array<std::pair<std::uint32_t, std::string_view>, 14> kMagic = {{
      {0x6969, "nfs"},
      {0xFF534D42, "cifs"},
      {0xFE534D42, "smb2"},
      {0x517B, "smb"},
      {0x65735546, "fuse"},
      {0x01021997, "9p"},
      {0x00C36400, "ceph"},
      {0x5346414F, "afs"},
      {0x6B414653, "afs"},
      {0x73757245, "coda"},
      {0x01161970, "gfs2"},
      {0x7461636F, "ocfs2"},
      {0x0BD00BD0, "lustre"},
      {0x786F4256, "vboxsf"},
  }};
  // f_type is signed and may carry the upper half of a 32-bit number as ones.
  const auto wanted = static_cast<std::uint32_t>(magic);
  for (const auto& [number, name] : kMagic) {
    if (number == wanted) return name;
  }
  return {};
}

std::int64_t file_time_now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

std::chrono::milliseconds file_time_tick() noexcept {
  timespec tick{};
  if (clock_getres(CLOCK_REALTIME_COARSE, &tick) != 0) return std::chrono::milliseconds(10);
  return std::chrono::milliseconds(tick.tv_sec * 1000 + tick.tv_nsec / 1'000'000 + 1);
}

}  // namespace lull::source
