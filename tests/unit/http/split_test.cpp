// Row 2 through a socket: identical replies for the whole input, byte by byte, and every split.
#include <gtest/gtest.h>

#include "raw_client.h"
#include "test_server.h"
#include "valid_requests.h"

namespace lull::http::test {
namespace {

std::string exchange(TestServer& server, std::string_view first, std::string_view second) {
  RawClient client(server.port());
  client.send(first);
  client.send(second);
  return without_date(client.receive_until_close().value_or("no orderly close"));
}

TEST(SplitTest, WholeInputGivesTheExpectedReplies) {
  TestServer server;
  for (const ValidCase& valid : valid_cases()) {
    SCOPED_TRACE(valid.name);
    const auto replies = split_replies(exchange(server, valid.bytes, ""), valid.head_only);
    ASSERT_EQ(replies.size(), valid.described.size());
    for (std::size_t i = 0; i < replies.size(); ++i) {
      EXPECT_EQ(replies[i].status, 200);
      const bool is_head = i < valid.head_only.size() && valid.head_only[i];
      EXPECT_EQ(replies[i].body, is_head ? "" : valid.described[i]);
      EXPECT_EQ(replies[i].header("content-length"), std::to_string(valid.described[i].size()));
      EXPECT_EQ(replies[i].header("connection") == "close", i + 1 == replies.size());
    }
  }
}

TEST(SplitTest, ByteByByteGivesIdenticalReplies) {
  TestServer server;
  for (const ValidCase& valid : valid_cases()) {
    SCOPED_TRACE(valid.name);
    RawClient client(server.port());
    client.send_byte_by_byte(valid.bytes);
    EXPECT_EQ(without_date(client.receive_until_close().value_or("no orderly close")),
              exchange(server, valid.bytes, ""));
  }
}

TEST(SplitTest, EverySplitOffsetGivesIdenticalReplies) {
  TestServer server;
  for (const ValidCase& valid : valid_cases()) {
    if (valid.bytes.size() > 700) continue;  // the reader's test has all of them
    SCOPED_TRACE(valid.name);
    const std::string whole = exchange(server, valid.bytes, "");
    for (std::size_t at = 1; at < valid.bytes.size(); ++at) {
      ASSERT_EQ(exchange(server, valid.bytes.substr(0, at), valid.bytes.substr(at)), whole)
          << "split at " << at;
    }
  }
}

}  // namespace
}  // namespace lull::http::test
