// A process that forks without exec keeps one thread. What its other threads were reading must not
// hold back the child.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "lull/rcu/read_section.h"
#include "support.h"

namespace lull::rcu {
namespace {

TEST(Fork, ChildReadsAndWaitsForItsOwnThreadsOnly) {
  std::atomic<bool> open{false};
  std::atomic<bool> forked{false};
  std::thread reader([&] {
    const ReadSection section;  // still open in the parent, and in the memory that the child copies
    open.store(true);
    EXPECT_TRUE(eventually([&] { return forked.load(); }));
  });
  ASSERT_TRUE(eventually([&] { return open.load(); }));

  const pid_t child = fork();
  if (child == 0) {
    {
      const ReadSection section;
    }
    synchronize();
    _exit(in_read_section() ? 1 : 0);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  // Only SIGKILL ends a child that waits for ever: liburcu blocks the other signals meanwhile.
  const bool ended = eventually([&] { return waitpid(child, &status, WNOHANG) == child; });
  if (!ended) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }
  EXPECT_TRUE(ended) << "the grace period of the child did not end";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;

  forked.store(true);
  reader.join();
  synchronize();  // and the parent's go on
}

}  // namespace
}  // namespace lull::rcu
