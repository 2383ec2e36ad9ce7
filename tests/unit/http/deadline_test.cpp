// Slow clients: each kind ends on its own deadline.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "raw_client.h"
#include "test_server.h"

namespace lull::http::test {
namespace {

using std::chrono::milliseconds;

/// All deadlines far away.
ServerOptions patient() {
  ServerOptions options;
  options.header_timeout = options.idle_timeout = options.write_timeout = milliseconds(600'000);
  return options;
}

TEST(DeadlineTest, AnIncompleteRequestIsAnswered408) {
  auto options = patient();
  options.header_timeout = milliseconds(100);
  TestServer server(options);
  for (const std::string part : {"G", "GET / HTTP/1.1\r\nHost: a\r\n",
                                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"}) {
    RawClient client(server.port());
    client.send(part);
    const auto replies = split_replies(client.receive_until_close().value_or(""));
    ASSERT_EQ(replies.size(), 1U) << part;
    EXPECT_EQ(replies[0].status, 408);
    EXPECT_EQ(replies[0].header("connection"), "close");
  }
  EXPECT_EQ(server.server->stats().connections_cut, 3U);
}

TEST(DeadlineTest, A408ToHeadHasNoBody) {
  auto options = patient();
  options.header_timeout = milliseconds(100);
  TestServer server(options);
  RawClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n");
  const auto replies = split_replies(client.receive_until_close().value_or(""), {true});
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].status, 408);
}

TEST(DeadlineTest, ATrickleDoesNotProlongARequest) {
  auto options = patient();
  options.header_timeout = milliseconds(300);
  TestServer server(options);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  std::atomic<bool> ended{false};
  std::thread trickle([&] {
    while (!ended && client.send("x")) {
      struct timespec pause {
        0, 20'000'000
      };
      nanosleep(&pause, nullptr);
    }
  });
  const auto reply = client.receive();
  ended = true;
  trickle.join();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
}

TEST(DeadlineTest, AnIdleConnectionIsClosedInSilence) {
  auto options = patient();
  options.idle_timeout = milliseconds(100);
  TestServer server(options);
  RawClient fresh(server.port());
  EXPECT_TRUE(fresh.is_closed_by_server());
  RawClient used(server.port());
  used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(used.receive()->status, 200);
  EXPECT_TRUE(used.is_closed_by_server());
}

TEST(DeadlineTest, RequestsThatWaitForTheirTurnAreNotIdle) {
  auto options = patient();
  options.idle_timeout = milliseconds(100);
  TestServer server(options);
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /slow/40 HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests);  // longer than idle_timeout and a sweep's period
  EXPECT_EQ(split_replies(client.receive_until_close().value_or("")).size(), 20U);
}

TEST(DeadlineTest, AClientThatStopsReadingIsCut) {
  auto options = patient();
  options.write_timeout = milliseconds(100);
  TestServer server(options);
  RawClient client(server.port(), "127.0.0.1", 4096);
  client.send("GET /held/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.handler.holds_released == 1; }));
  EXPECT_TRUE(eventually([&] { return server.server->stats().connections_open == 0; }));
  EXPECT_EQ(server.server->stats().connections_cut, 1U);
}

TEST(DeadlineTest, AnOldHeldBodyIsCutOnlyUnderMemoryPressure) {
  auto options = patient();
  std::atomic<bool> pressure{false};
  std::atomic<int> asked{0};
  options.pin_age_max = milliseconds(50);
  options.memory_pressure = [&] {
    ++asked;
    return pressure.load();
  };
  TestServer server(options);
  RawClient slow(server.port(), "127.0.0.1", 4096);
  RawClient idle(server.port());
  slow.send("GET /held/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.handler.holds_alive == 1; }));
  const int before = asked;
  EXPECT_TRUE(eventually([&] { return asked >= before + 3; }));
  EXPECT_EQ(server.handler.holds_alive, 1);
  pressure = true;
  EXPECT_TRUE(eventually([&] { return server.handler.holds_released == 1; }));
  idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(idle.receive()->status, 200);
}

TEST(DeadlineTest, ABodyOfItsOwnOutlivesMemoryPressure) {
  auto options = patient();
  std::atomic<int> asked{0};
  options.pin_age_max = milliseconds(50);
  options.memory_pressure = [&] { return ++asked > 0; };
  TestServer server(options);
  RawClient slow(server.port(), "127.0.0.1", 4096);
  slow.send("GET /owned/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.handler.handled == 1; }));
  const int before = asked;
  EXPECT_TRUE(eventually([&] { return asked >= before + 3; }));
  const auto reply = slow.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, held_text(20'000'000));
}

}  // namespace
}  // namespace lull::http::test
