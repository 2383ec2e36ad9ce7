// The server as a whole: start errors, limits of the machine, counters.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "raw_client.h"
#include "test_server.h"

namespace lull::http::test {
namespace {

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

Error start_error(ServerOptions options) {
  EchoHandler handler;
  const auto server = Server::start(std::move(options), handler);
  return server ? Error{ErrorCode::kInternal, "it started", {}, {}} : server.error();
}

TEST(ServerTest, APortInUseIsAnErrorEvenBesideAServerThatSharesItsPort) {
  TestServer server;
  ServerOptions options;
  options.listen = {Endpoint::tcp("127.0.0.1", server.port())};
  const Error error = start_error(options);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message, "cannot listen on 127.0.0.1:" + std::to_string(server.port()) +
                               ": the port is already in use");
  EXPECT_NE(error.hint, "");
}

TEST(ServerTest, AnAddressThatIsNotOurs) {
  ServerOptions options;
  options.listen = {Endpoint::tcp("192.0.2.1", 8080)};  // RFC 5737: nobody's
  const Error error = start_error(options);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message,
            "cannot listen on 192.0.2.1:8080: the address is not one of this machine's");
}

TEST(ServerTest, AnAddressThatIsNone) {
  ServerOptions options;
  options.listen = {Endpoint::tcp("somewhere", 8080)};
  const Error error = start_error(options);
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_EQ(error.message, "\"somewhere\" is not an IPv4 or IPv6 address");
}

TEST(ServerTest, NoThreads) {
  ServerOptions options;
  options.threads = 0;
  EXPECT_EQ(start_error(options).code, ErrorCode::kInvalid);
}

TEST(ServerTest, ListensOnIpv6) {
  ServerOptions options;
  options.listen = {Endpoint::tcp("::1", 0)};
  TestServer server(options);
  RawClient client(server.port(), "::1");
  client.send(kGet);
  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

/// In a directory that goes with the test.
class UnixSocketTest : public ::testing::Test {
 protected:
  UnixSocketTest() { path_ = std::string(mkdtemp(pattern_.data())) + "/lull.sock"; }
  ~UnixSocketTest() override { std::filesystem::remove_all(pattern_); }
  [[nodiscard]] ServerOptions options() const {
    ServerOptions out;
    out.threads = 2;
    out.listen = {*Endpoint::parse("unix:" + path_), Endpoint::tcp("127.0.0.1", 0)};
    return out;
  }
  [[nodiscard]] int status(RawClient& client) const {
    client.send(kGet);
    const auto reply = client.receive();
    return reply ? reply->status : 0;
  }

  std::string pattern_ = (std::filesystem::temp_directory_path() / "lull_test_XXXXXX").string();
  std::string path_;
};

TEST_F(UnixSocketTest, IsServedBesideAPort) {
  {
    TestServer server(options());
    EXPECT_EQ(server.server->endpoints().front().text(), "unix:" + path_);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<RawClient>(path_));
      EXPECT_EQ(status(*clients.back()), 200);
    }
    RawClient by_port(server.server->endpoints().back().port);
    EXPECT_EQ(status(by_port), 200);
    EXPECT_EQ(server.server->stats().connections_open, 21U);
    clients.clear();
    by_port.close();
    server.server->stop();
    EXPECT_FALSE(std::filesystem::exists(path_)) << "nobody may come any more";
    server.server->wait();
  }
  EXPECT_FALSE(RawClient(path_).connected());
}

TEST_F(UnixSocketTest, AnotherServersPathIsRefusedButOneLeftBehindIsTakenOver) {
  {
    TestServer server(options());
    const Error error = start_error(options());
    EXPECT_EQ(error.message, "cannot listen on unix:" + path_ + ": the path is already in use");
    RawClient client(path_);
    EXPECT_EQ(status(client), 200) << "the first is not disturbed";
  }
  // As a server that was killed leaves it.
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  TestServer server(options());
  RawClient client(path_);
  EXPECT_EQ(status(client), 200);
}

TEST_F(UnixSocketTest, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(start_error(options()).code, ErrorCode::kUnavailable);
  EXPECT_EQ(std::filesystem::file_size(path_), 8U);
}

TEST(ServerTest, AboveTheConnectionLimitIs503) {
  ServerOptions options;
  options.connections_max = 2;
  TestServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  EXPECT_TRUE(eventually([&] { return server.server->stats().connections_open == 2; }));
  RawClient third(server.port());
  third.send(kGet);
  const auto replies = split_replies(third.receive_until_close().value_or(""));
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].status, 503);
  EXPECT_EQ(replies[0].header("retry-after"), "1");
  EXPECT_EQ(server.server->stats().connections_cut, 1U);
  third.close();
  first.close();
  EXPECT_TRUE(eventually([&] { return server.server->stats().connections_open == 1; }));
  RawClient fourth(server.port());
  fourth.send(kGet);
  EXPECT_EQ(fourth.receive()->status, 200);
}

TEST(ServerTest, CountsRequestsByRouteAndClass) {
  ServerOptions options;
  options.threads = 2;
  TestServer server(options);
  for (int i = 0; i < 10; ++i) {
    RawClient client(server.port());
    client.send(kGet + "GET /status/404 HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n");
    (void)client.receive_until_close();
  }
  std::map<std::pair<std::string, unsigned>, std::uint64_t> seen;
  for (const auto& series : server.server->stats().requests) {
    std::uint64_t count = 0;
    for (const auto bucket : series.duration.counts) count += bucket;
    seen[{series.route, series.status_class}] = count;
    EXPECT_EQ(series.duration.counts.size(), series.duration.bounds.size() + 1);
    EXPECT_GT(series.duration.sum_seconds, 0);
    EXPECT_EQ(std::count(series.duration.bounds.begin(), series.duration.bounds.end(), 0.5), 1);
  }
  const decltype(seen) expected = {{{"other", 2}, 10}, {{"status", 4}, 10}, {{"other", 4}, 10}};
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(server.server->stats().connections_accepted, 10U);
}

#ifndef NDEBUG
TEST(ServerTest, TheHookRunsAfterEachHandler) {
  std::atomic<int> calls{0};
  ServerOptions options;
  options.after_handle = [&] { ++calls; };
  TestServer server(options);
  RawClient client(server.port());
  client.send(kGet + kGet);
  (void)client.receive();
  (void)client.receive();
  EXPECT_EQ(calls, 2);
}
#endif

/// A server in a process of its own that has few descriptors left, until release().
class StarvedServer {
 public:
  static constexpr int kSpare = 2;

  StarvedServer() {
    EXPECT_EQ(pipe(to_child_.data()) | pipe(to_parent_.data()), 0);
    pid_ = fork();
    if (pid_ == 0) _exit(serve());
    EXPECT_EQ(read(to_parent_[0], &port_, sizeof port_), static_cast<ssize_t>(sizeof port_));
  }
  ~StarvedServer() {
    for (const int fd : {to_child_[0], to_child_[1], to_parent_[0], to_parent_[1]}) close(fd);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  StarvedServer(const StarvedServer&) = delete;
  StarvedServer& operator=(const StarvedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void release() { EXPECT_EQ(write(to_child_[1], "r", 1), 1); }
  [[nodiscard]] double cpu_seconds() const {
    clockid_t clock{};
    timespec spent{};
    clock_getcpuclockid(pid_, &clock);
    clock_gettime(clock, &spent);
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
  }

 private:
  int serve() {
    TestServer server;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t enough = limit.rlim_cur;
    const int next = dup(0);
    close(next);
    limit.rlim_cur = static_cast<rlim_t>(next + kSpare);
    setrlimit(RLIMIT_NOFILE, &limit);
    const std::uint16_t port = server.port();
    char order = 0;
    if (write(to_parent_[1], &port, sizeof port) < 0 || read(to_child_[0], &order, 1) != 1)
      return 1;
    limit.rlim_cur = enough;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (;;) pause();
  }

  std::array<int, 2> to_child_{};
  std::array<int, 2> to_parent_{};
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

#if !defined(__SANITIZE_ADDRESS__)  // with it comes UBSan, which needs a descriptor to check a vptr
TEST(ServerTest, OutOfDescriptorsItLivesWithoutSpinningAndRecovers) {
  StarvedServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < StarvedServer::kSpare + 5; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    ASSERT_TRUE(clients.back()->send(kGet));
  }
  for (int i = 0; i < StarvedServer::kSpare; ++i) EXPECT_EQ(clients[i]->receive()->status, 200);
  const double before = server.cpu_seconds();
  const timespec second{1, 0};
  nanosleep(&second, nullptr);
  EXPECT_LT(server.cpu_seconds() - before, 0.2) << "it spins";
  clients[0]->send(kGet);
  EXPECT_EQ(clients[0]->receive()->status, 200) << "it serves those that are connected";
  server.release();
  for (std::size_t i = StarvedServer::kSpare; i < clients.size(); ++i) {
    const auto reply = clients[i]->receive();
    ASSERT_TRUE(reply) << "it does not recover";
    EXPECT_EQ(reply->status, 200);
  }
}
#endif

}  // namespace
}  // namespace lull::http::test
