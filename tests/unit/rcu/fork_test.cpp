// A process that forks without exec keeps one thread. What its other threads were reading must not
// hold back the child.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "lull/rcu/read_section.h"
#include "support.h"

namespace lull::rcu {
namespace {

constexpr unsigned kChildSecondsMax = 10;

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
    alarm(kChildSecondsMax);  // a child that waits for ever is killed, which the parent reports
    { const ReadSection section; }
    synchronize();
    _exit(in_read_section() ? 1 : 0);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status)
                                 << ": the grace period of the child never ended";
  EXPECT_EQ(WEXITSTATUS(status), 0);

  forked.store(true);
  reader.join();
  synchronize();  // and the parent's go on
}

}  // namespace
}  // namespace lull::rcu
