#include "telemetry/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace lull::telemetry {
namespace {

double boot_time_seconds() {
  std::ifstream in("/proc/stat");
  std::string word;
  double value = 0;
  while (in >> word) {
    if (word == "btime" && in >> value) return value;
  }
  return 0;
}

// Field 22 of /proc/self/stat (proc(5)), counted after the command name, which may hold spaces.
double start_ticks() {
  std::ifstream in("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(text.substr(name_end + 1));
  std::string skipped;
  for (int number = 3; number < 22; ++number) rest >> skipped;
  double ticks = 0;
  return rest >> ticks ? ticks : 0;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessUsage process_usage() {
  ProcessUsage out;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    out.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  static const double start =
      boot_time_seconds() + start_ticks() / static_cast<double>(sysconf(_SC_CLK_TCK));
  out.start_time_seconds = start;
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (statm >> total_pages >> resident_pages) {
    const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    out.virtual_bytes = total_pages * page_bytes;
    out.resident_bytes = resident_pages * page_bytes;
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    (void)entry;
    ++out.open_descriptors;
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) out.descriptors_max = limit.rlim_cur;
  return out;
}

}  // namespace lull::telemetry
