// Row 40: no reply is lost by stop(), with keep-alive and with a connection a request.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "raw_client.h"
#include "test_server.h"

namespace lull::http::test {
namespace {

using Clock = std::chrono::steady_clock;

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kGetAndClose = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

struct Tally {
  std::atomic<int> answered{0};
  std::atomic<int> lost{0};
  std::atomic<bool> go_on{true};
};

// A request counts as lost when the connection was there, the request was sent, and no reply came.
void keep_alive_client(std::uint16_t port, Tally& tally) {
  RawClient client(port);
  while (client.connected() && tally.go_on) {
    if (!client.send(kGet)) {
      ++tally.lost;
      return;
    }
    const auto reply = client.receive();
    if (!reply) {
      ++tally.lost;
      return;
    }
    ++tally.answered;
    if (reply->header("connection") == "close") return;  // as told: no further request
  }
}

void one_request_client(std::uint16_t port, Tally& tally) {
  while (tally.go_on) {
    RawClient client(port);
    if (!client.connected()) return;  // refused: the client knows that nothing was done
    if (client.send(kGetAndClose) && client.receive_until_close().value_or("") != "") {
      ++tally.answered;
    } else {
      ++tally.lost;
    }
  }
}

template <class Client>
void drain_under(Client client, unsigned threads) {
  ServerOptions options;
  options.threads = threads;
  TestServer server(options);
  Tally tally;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] { client(server.port(), tally); });
  }
  EXPECT_TRUE(eventually([&] { return tally.answered > 2000; }));
  const auto began = Clock::now();
  server.server->stop();
  server.server->wait();
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(5));
  tally.go_on = false;
  for (auto& thread : clients) thread.join();
  EXPECT_EQ(tally.lost, 0);
  EXPECT_EQ(server.server->stats().connections_open, 0U);
  EXPECT_EQ(server.server->stats().connections_cut, 0U);
}

TEST(DrainTest, NoReplyIsLostWithKeepAlive) {
  for (int round = 0; round < 3; ++round) drain_under(keep_alive_client, 2);
}

TEST(DrainTest, NoReplyIsLostWithAConnectionARequest) {
  for (int round = 0; round < 5; ++round) drain_under(one_request_client, 2);
}

TEST(DrainTest, QueuedConnectionsAreServed) {
  TestServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(kGet);
  }
  server.server->stop();
  for (auto& client : clients) {
    const auto reply = client->receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
  }
  server.server->wait();
}

TEST(DrainTest, AnIdleConnectionMayStillAskOnceAndIsThenClosed) {
  TestServer server;
  RawClient asking(server.port());
  RawClient silent(server.port());
  for (RawClient* client : {&asking, &silent}) {
    client->send(kGet);
    EXPECT_EQ(client->receive()->header("connection"), "");
  }
  server.server->stop();
  asking.send(kGet);
  EXPECT_EQ(asking.receive()->header("connection"), "close");
  EXPECT_TRUE(asking.is_closed_by_server());
  EXPECT_TRUE(silent.is_closed_by_server());
  server.server->wait();
}

TEST(DrainTest, PipelinedRequestsAreAllAnswered) {
  TestServer server;
  RawClient client(server.port());
  client.send(kGet.substr(0, 10));
  EXPECT_TRUE(eventually([&] { return server.server->stats().connections_open == 1; }));
  server.server->stop();
  client.send(kGet.substr(10) + kGet + kGet);
  const auto replies = split_replies(client.receive_until_close().value_or(""));
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[0].header("connection"), "");
  EXPECT_EQ(replies[2].header("connection"), "close");
  server.server->wait();
}

TEST(DrainTest, AReplyUnderWayIsFinished) {
  TestServer server;
  RawClient client(server.port(), "127.0.0.1", 4096);
  client.send("GET /held/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.handler.holds_alive == 1; }));
  server.server->stop();
  EXPECT_EQ(client.receive()->body.size(), 20'000'000U);
  EXPECT_TRUE(client.is_closed_by_server());
  server.server->wait();
  EXPECT_EQ(server.server->stats().connections_cut, 0U);
}

TEST(DrainTest, WhatDoesNotEndIsCutAtTheTimeout) {
  ServerOptions options;
  options.drain_timeout = std::chrono::milliseconds(500);
  TestServer server(options);
  RawClient stuck(server.port(), "127.0.0.1", 4096);
  RawClient partial(server.port());
  stuck.send("GET /held/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  partial.send("GET / HT");
  EXPECT_TRUE(eventually([&] { return server.handler.holds_alive == 1; }));
  const auto began = Clock::now();
  server.server->stop();
  server.server->wait();
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(3));
  EXPECT_EQ(server.handler.holds_alive, 0);
  EXPECT_EQ(server.server->stats().connections_cut, 2U);
}

TEST(DrainTest, AnUnusedServerStopsAtOnce) {
  TestServer server;
  const auto began = Clock::now();
  server.server->stop();
  server.server->wait();
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(2));
  EXPECT_FALSE(RawClient(server.port()).connected());
}

TEST(DrainTest, DestructionWithoutStopEndsEverything) {
  TestServer server;
  RawClient client(server.port(), "127.0.0.1", 4096);
  client.send("GET /held/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.handler.holds_alive == 1; }));
  server.server.reset();
  EXPECT_EQ(server.handler.holds_alive, 0);
}

}  // namespace
}  // namespace lull::http::test
