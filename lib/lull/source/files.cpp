#include "lull/source/files.h"

#include <thread>
#include <utility>

#include "lull/source/file_set.h"
#include "lull/source/files_source.h"

namespace lull::source {
namespace {

// Two looks must agree, and a third finds what the second saw written: with fewer, the time that
// looking takes would decide.
constexpr int kLooksMin = 3;

}  // namespace

std::unique_ptr<Source> watch_files(FilesOptions options, Sink& sink, const Clock& clock) {
  return std::make_unique<FilesSource>(std::move(options), sink, clock);
}

Checked<ChangeSet> read_files(const FilesOptions& options) {
  const SystemClock clock;
  const auto deadline = clock.steady() + options.delay_max + options.quiet;
  FileSet files(options);
  for (int looks = 1;; ++looks) {
    auto outcome = files.look({});
    if (!outcome.errors.empty()) return tl::make_unexpected(std::move(outcome.errors));
    if (outcome.settled) return files.propose(false).value_or(ChangeSet{});
    if (looks >= kLooksMin && clock.steady() >= deadline) {
      return tl::make_unexpected(
          Errors{{ErrorCode::kUnavailable,
                  "the directory does not come to rest: its files change while they are read",
                  at_path(options.directory), "try again when nothing writes there"}});
    }
    std::this_thread::sleep_for(options.quiet);  // Allowed: coming to rest has no event
  }
}

}  // namespace lull::source
