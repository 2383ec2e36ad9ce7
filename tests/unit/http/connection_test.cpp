// What one connection does: persistence, order, limits, back-pressure, held bodies.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "raw_client.h"
#include "test_server.h"

namespace lull::http::test {
namespace {

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

TEST(ConnectionTest, StaysOpenInHttp11) {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(get("/x"));
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->header("connection"), "");
    EXPECT_EQ(reply->header("date").size(), std::string("Mon, 23 Nov 2026 08:49:37 GMT").size());
  }
  EXPECT_EQ(server.server->stats().connections_accepted, 1U);
}

TEST(ConnectionTest, ClosesInHttp10UnlessAskedToStay) {
  TestServer server;
  RawClient closing(server.port());
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.receive()->header("connection"), "close");
  EXPECT_TRUE(closing.is_closed_by_server());

  RawClient staying(server.port());
  for (int i = 0; i < 2; ++i) {
    staying.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    EXPECT_EQ(staying.receive()->header("connection"), "keep-alive");
  }
}

TEST(ConnectionTest, AnswersAClientThatHasShutItsSide) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/a") + get("/b"));
  client.shut_down_sending();
  EXPECT_EQ(split_replies(client.receive_until_close().value()).size(), 2U);
}

TEST(ConnectionTest, NothingAfterTheRequestThatCloses) {
  TestServer server;
  RawClient client(server.port());
  client.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/b"));
  EXPECT_EQ(split_replies(client.receive_until_close().value()).size(), 1U);
  EXPECT_EQ(server.handler.handled, 1);
}

// Bytes that come after the last request must not reset the connection under its reply.
TEST(ConnectionTest, TheLastReplySurvivesAStrayLineThatComesLater) {
  TestServer server;
  RawClient client(server.port(), "127.0.0.1", 4096);
  client.send("GET /owned/3000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.handler.handled == 1; }));
  client.send("\r\n");
  const auto replies = split_replies(client.receive_until_close().value_or(""));
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].body, held_text(3'000'000));
}

TEST(ConnectionTest, AFaultyHeadIsAnsweredWithoutABody) {
  TestServer server;
  for (const std::string rest : {" / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", " / HTTP/1.1\r\n\r\n",
                                 " # HTTP/1.1\r\nHost: a\r\n\r\n", " / HTTP/9.9\r\n\r\n"}) {
    RawClient client(server.port());
    client.send("HEAD" + rest);
    const auto bytes = client.receive_until_close().value_or("");
    EXPECT_TRUE(bytes.starts_with("HTTP/1.1 ")) << rest;
    EXPECT_TRUE(bytes.ends_with("\r\n\r\n")) << bytes;
  }
}

TEST(ConnectionTest, PipelinedRepliesKeepTheirOrder) {
  TestServer server;
  RawClient client(server.port());
  const std::vector<std::string> paths = {"/a",         "/held/20000", "/b",
                                          "/bytes/300", "/held/1",     "/held/2000",
                                          "/held/0",    "/c",          "/held/70000"};
  std::string requests;
  for (const auto& path : paths) requests += get(path);
  client.send(requests);
  for (const auto& path : paths) {
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << path;
    const bool is_text = path.size() > 2;
    EXPECT_EQ(reply->body, is_text ? held_text(std::stoul(path.substr(path.rfind('/') + 1)))
                                   : "[GET][" + path + "][][][][]");
  }
  EXPECT_TRUE(eventually([&] { return server.handler.holds_alive == 0; }));
  EXPECT_EQ(server.handler.holds_released, 5);
}

TEST(ConnectionTest, ManyHeldBodiesInOneWrite) {
  TestServer server;
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get("/held/3000");
  client.send(requests);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.receive().value().body, held_text(3000));
  EXPECT_TRUE(eventually([&] { return server.handler.holds_released == 100; }));
}

TEST(ConnectionTest, HeadAndStatusesWithoutABody) {
  TestServer server;
  RawClient client(server.port());
  client.send("HEAD /held/5000 HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.receive(true);
  EXPECT_EQ(head->header("content-length"), "5000");
  EXPECT_EQ(server.handler.holds_alive, 0);
  for (const std::string status : {"204", "304"}) {
    client.send(get("/status/" + status));
    const auto reply = client.receive();
    EXPECT_EQ(std::to_string(reply->status), status);
    EXPECT_EQ(reply->headers.count("content-length"), 0U);
  }
  client.send(get("/status/404"));
  EXPECT_EQ(client.receive()->body, "status");
}

TEST(ConnectionTest, ContinueIsSentOnceAndOnlyWhenTheBodyIsMissing) {
  TestServer server;
  const std::string head =
      "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  RawClient client(server.port());
  client.send(head);
  EXPECT_EQ(client.receive()->status, 100);
  client.send("bo");
  client.send("dy");
  EXPECT_EQ(client.receive()->body, "[POST][/p][][][][body]");
  client.send(head + "body");
  EXPECT_EQ(client.receive()->status, 200);
}

TEST(ConnectionTest, LimitsGiveTheirOwnStatus) {
  ServerOptions options;
  options.target_bytes_max = 100;
  options.header_bytes_max = 500;
  options.request_body_bytes_max = 50;
  TestServer server(options);
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::pair<std::string, int>> cases = {
      {get("/" + std::string(99, 't')), 200},
      {get("/" + std::string(100, 't')), 414},
      {"GET /" + std::string(5000, 't'), 414},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(500, 'x') + "\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x'), 431},
      {post + "Content-Length: 51\r\n\r\n", 413},
      {post + "Content-Length: 50\r\n\r\n" + std::string(50, 'b'), 200},
      {post + "Content-Length: 51\r\nExpect: 100-continue\r\n\r\n", 413},
      {chunked + "28\r\n" + std::string(40, 'b') + "\r\nB\r\n" + std::string(11, 'b') +
           "\r\n0\r\n\r\n",
       413},
      {chunked + "28;" + std::string(6000, 'x'), 400},
      {chunked + "0\r\nX: " + std::string(600, 'x'), 431},
  };
  for (const auto& [bytes, status] : cases) {
    RawClient client(server.port());
    client.send(bytes);
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << bytes;
    EXPECT_EQ(reply->status, status) << bytes;
  }
}

TEST(ConnectionTest, TooManyFields) {
  TestServer server;
  RawClient client(server.port());
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) request += "X: y\r\n";
  client.send(request + "\r\n");
  EXPECT_EQ(client.receive()->status, 431);
}

TEST(ConnectionTest, ErrorReplySurvivesInputThatGoesOn) {
  TestServer server;
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n");
  client.send(std::string(4'000'000, 'b'));
  const auto replies = split_replies(client.receive_until_close().value_or(""));
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].status, 413);
}

TEST(ConnectionTest, AHandlerThatFailsGivesOneError) {
  TestServer server;
  for (const std::string path : {"/throw", "/throw-late", "/silent"}) {
    RawClient client(server.port());
    client.send(get("/a") + get(path) + get("/b"));
    const auto replies = split_replies(client.receive_until_close().value_or(""));
    ASSERT_EQ(replies.size(), 2U) << path;
    EXPECT_EQ(replies[0].status, 200);
    EXPECT_EQ(replies[1].status, 500);
  }
}

TEST(ConnectionTest, AFailureOfHeadHasNoBody) {
  TestServer server;
  RawClient client(server.port());
  client.send("HEAD /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto replies = split_replies(client.receive_until_close().value_or(""), {true});
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].status, 500);
}

TEST(ConnectionTest, AClientThatNeverReadsIsHeldBack) {
  ServerOptions options;
  options.write_buffer_bytes_max = 64 * 1024;
  TestServer server(options);
  RawClient client(server.port(), "127.0.0.1", 4096);
  const timeval brief{0, 300'000};
  setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += get("/bytes/10000");
  std::size_t rounds = 0;
  while (rounds < 1000 && client.send(requests)) ++rounds;
  EXPECT_LT(rounds, 1000U) << "the server went on reading";
  // The kernel's buffers take some megabytes of replies; the server itself holds its 64 KiB.
  EXPECT_LT(server.handler.handled, 3000);
}

TEST(ConnectionTest, HeldBodiesCountAsBackPressureAndAreReleasedWhenTheClientDies) {
  ServerOptions options;
  options.write_buffer_bytes_max = 64 * 1024;
  TestServer server(options);
  {
    RawClient client(server.port(), "127.0.0.1", 4096);
    client.send(get("/held/8000000") + get("/held/8000000") + get("/held/8000000"));
    EXPECT_TRUE(eventually([&] { return server.handler.handled == 1; }));
    EXPECT_EQ(server.handler.holds_alive, 1);
  }
  EXPECT_TRUE(eventually([&] { return server.handler.holds_alive == 0; }));
  EXPECT_EQ(server.handler.handled, 1);
}

TEST(ConnectionTest, ALongHeldBodyArrivesWhole) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/held/20000000") + get("/a"));
  EXPECT_EQ(client.receive()->body, held_text(20'000'000));
  EXPECT_EQ(client.receive()->body, "[GET][/a][][][][]");
  EXPECT_EQ(server.handler.holds_released, 1);
}

}  // namespace
}  // namespace lull::http::test
