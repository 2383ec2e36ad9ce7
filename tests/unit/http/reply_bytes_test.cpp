// Replies that wait for slow clients have a bound; who waits for the longest goes first.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "raw_client.h"
#include "test_server.h"

namespace lull::http::test {
namespace {

constexpr std::size_t kReply = 8'000'000;  // more than the sockets' buffers take

class ReplyBytesTest : public ::testing::Test {
 protected:
  void start(std::uint64_t bytes_max, unsigned threads = 1) {
    ServerOptions options;
    options.threads = threads;
    options.reply_bytes_alive_max = bytes_max;
    server_ = std::make_unique<TestServer>(options);
  }
  /// A client that asks and does not read, answered by the time this returns.
  RawClient& slow(const std::string& target) {
    const int before = server_->handler.handled;
    clients_.push_back(std::make_unique<RawClient>(server_->port(), "127.0.0.1", 4096));
    clients_.back()->send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return server_->handler.handled == before + 1; }));
    return *clients_.back();
  }
  RawClient& slow_owned() { return slow("/owned/" + std::to_string(kReply)); }
  /// Waits until all that was answered stands on the account; all on one thread.
  void settle() {
    RawClient next(server_->port());
    next.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(next.receive()->status, 200);
  }
  [[nodiscard]] Server::Stats stats() const { return server_->server->stats(); }

  std::unique_ptr<TestServer> server_;
  std::vector<std::unique_ptr<RawClient>> clients_;
};

TEST_F(ReplyBytesTest, TheOldestAreCutWhenThereIsNoRoomForAnother) {
  start(3 * kReply + 100'000);
  for (int i = 0; i < 3; ++i) slow_owned();
  settle();
  EXPECT_EQ(stats().connections_cut, 0U);
  EXPECT_GT(stats().reply_bytes_alive, 3 * kReply);
  for (int i = 0; i < 4; ++i) {
    slow_owned();
    settle();
    EXPECT_LE(stats().reply_bytes_alive, 3 * kReply + 100'000);
  }
  EXPECT_EQ(stats().connections_cut, 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FALSE(clients_[i]->receive()) << i;
  for (std::size_t i = 4; i < 7; ++i) {
    const auto reply = clients_[i]->receive();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->body, held_text(kReply));
  }
  EXPECT_TRUE(eventually([&] { return stats().reply_bytes_alive == 0; }));
}

TEST_F(ReplyBytesTest, OneReplyIsSentHoweverLittleIsAllowed) {
  start(1);
  const auto reply = slow_owned().receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, held_text(kReply));
  EXPECT_EQ(stats().connections_cut, 0U);
}

TEST_F(ReplyBytesTest, WhatIsPinnedNeitherCountsNorGoes) {
  start(2 * kReply);
  slow("/held/20000000");
  settle();
  EXPECT_EQ(stats().reply_bytes_alive, 0U);
  for (int i = 0; i < 5; ++i) slow_owned();
  const auto reply = clients_.front()->receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, held_text(20'000'000));
}

TEST_F(ReplyBytesTest, PipelinedRepliesCountTogether) {
  start(10'000'000);
  std::string requests;
  for (int i = 0; i < 300; ++i) requests += "GET /bytes/16000 HTTP/1.1\r\nHost: a\r\n\r\n";
  RawClient client(server_->port(), "127.0.0.1", 4096);
  client.send(requests);
  EXPECT_TRUE(eventually([&] { return stats().reply_bytes_alive > 0; }));
  for (int i = 0; i < 300; ++i) EXPECT_EQ(client.receive()->body.size(), 16'000U);
  EXPECT_TRUE(eventually([&] { return stats().reply_bytes_alive == 0; }));
}

TEST_F(ReplyBytesTest, ClientsThatGoAwayAndAStopLeaveNothing) {
  start(100 * kReply, 2);
  for (int i = 0; i < 6; ++i) slow_owned();
  EXPECT_TRUE(eventually([&] { return stats().reply_bytes_alive > 6 * kReply; }));
  for (int i = 0; i < 3; ++i) clients_.pop_back();
  EXPECT_TRUE(eventually([&] { return stats().connections_open == 3; }));
  EXPECT_LE(stats().reply_bytes_alive, 3 * kReply + 100'000);
  server_.reset();  // with three that wait
}

}  // namespace
}  // namespace lull::http::test
