// Row 1: what is malformed or can be read in two ways gets one error reply and a closed connection.
#include <gtest/gtest.h>

#include "raw_client.h"
#include "test_server.h"

namespace lull::http::test {
namespace {

struct BadCase {
  std::string name;
  std::string bytes;
  int status;
};

const std::string kGet = "GET / HTTP/1.1\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";
// What a smuggler would hide behind the first request; it must never be answered.
const std::string kHidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

std::vector<BadCase> bad_lines() {
  return {
      {"garbage", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\n\r\n", 400},
      {"empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"leading space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two blank lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare CR", "GET / HTTP/1.1\rHost: a\r\r", 400},
      {"NUL in target", std::string("GET /\0a HTTP/1.1\r\nHost: a\r\n\r\n", 30), 400},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"relative target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"scheme without host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"trailing space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"lower case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 501},
  };
}

std::vector<BadCase> bad_fields() {
  return {
      {"no Host", kGet + "\r\n", 400},
      {"two Hosts", kGet + "Host: a\r\nHost: a\r\n\r\n", 400},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"Host with a path", kGet + "Host: a/b\r\n\r\n", 400},
      {"Host list", kGet + "Host: a, b\r\n\r\n", 400},
      {"Host with a space", kGet + "Host: a b\r\n\r\n", 400},
      {"space before colon", kGet + "Host : a\r\n\r\n", 400},
      {"no colon", kGet + "Host: a\r\nX\r\n\r\n", 400},
      {"empty name", kGet + "Host: a\r\n: x\r\n\r\n", 400},
      {"folded", kGet + "Host: a\r\nX: a\r\n b\r\n\r\n", 400},
      {"folded, empty first line", kGet + "Host: a\r\nX:\r\n b\r\n\r\n", 400},
      {"folded, empty second line", kGet + "Host: a\r\nX: a\r\n \r\n\r\n", 400},
      {"first field begins with space", kGet + " Host: a\r\n\r\n", 400},
      {"NUL in value", kGet + std::string("Host: a\r\nX: a\0b\r\n\r\n", 18), 400},
      {"control byte in value", kGet + "Host: a\r\nX: a\x01\r\n\r\n", 400},
      {"bare LF between fields", kGet + "Host: a\nX: b\r\n\r\n", 400},
      {"bare CR in value", kGet + "Host: a\r\nX: a\rb\r\n\r\n", 400},
      {"bare LF at the end", kGet + "Host: a\r\n\n", 400},
      {"two Content-Types",
       kPost + "Content-Type: a\r\nContent-Type: a\r\nContent-Length: 0\r\n\r\n", 400},
      {"unknown expectation", kPost + "Expect: tea\r\nContent-Length: 1\r\n\r\n", 417},
      {"bad Connection", kGet + "Host: a\r\nConnection: a b\r\n\r\n", 400},
  };
}

std::vector<BadCase> bad_bodies() {
  const std::string length = "Content-Length: ";
  const std::string coding = "Transfer-Encoding: ";
  return {
      {"both lengths", kPost + length + "5\r\n" + coding + "chunked\r\n\r\n0\r\n\r\n", 400},
      {"both lengths, other order", kPost + coding + "chunked\r\n" + length + "5\r\n\r\n0\r\n\r\n",
       400},
      {"two lengths", kPost + length + "5\r\n" + length + "6\r\n\r\nhello", 400},
      {"two equal lengths", kPost + length + "5\r\n" + length + "5\r\n\r\nhello", 400},
      {"list of lengths", kPost + length + "5, 5\r\n\r\nhello", 400},
      {"negative length", kPost + length + "-1\r\n\r\n", 400},
      {"plus", kPost + length + "+5\r\n\r\nhello", 400},
      {"hex length", kPost + length + "0x5\r\n\r\nhello", 400},
      {"length of words", kPost + length + "five\r\n\r\nhello", 400},
      {"no length", kPost + length + "\r\n\r\n", 400},
      {"length beyond 64 bits", kPost + length + "18446744073709551616\r\n\r\n", 400},
      {"unknown coding", kPost + coding + "gzip\r\n\r\n", 400},
      {"coding before chunked", kPost + coding + "gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked not last", kPost + coding + "chunked, gzip\r\n\r\n0\r\n\r\n", 400},
      {"chunked in disguise", kPost + coding + "xchunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked and vertical tab",
       kPost + coding +
           "\x0b"
           "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"identity", kPost + coding + "identity\r\n" + length + "5\r\n\r\nhello", 400},
      {"chunked twice", kPost + coding + "chunked\r\n" + coding + "chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\n" + coding + "chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunk size of words", kChunked + "five\r\nhello\r\n0\r\n\r\n", 400},
      {"chunk size with 0x", kChunked + "0x5\r\nhello\r\n0\r\n\r\n", 400},
      {"negative chunk", kChunked + "-5\r\nhello\r\n0\r\n\r\n", 400},
      {"chunk beyond 64 bits", kChunked + "10000000000000005\r\nhello\r\n0\r\n\r\n", 400},
      {"chunk longer than its size", kChunked + "5\r\nhelloX\r\n0\r\n\r\n", 400},
      {"chunk with LF", kChunked + "5\nhello\r\n0\r\n\r\n", 400},
      {"space after chunk size", kChunked + "5 \r\nhello\r\n0\r\n\r\n", 400},
      {"LF hidden in an extension", kChunked + "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", 400},
      {"length in a trailer", kChunked + "0\r\nContent-Length: 5\r\n\r\n", 400},
      {"coding in a trailer", kChunked + "0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"folded trailer", kChunked + "0\r\nX: a\r\n b\r\n\r\n", 400},
  };
}

class MalformedTest : public testing::TestWithParam<BadCase> {
 protected:
  void expect_one_error(RawClient& client) {
    const auto bytes = client.receive_until_close();
    ASSERT_TRUE(bytes) << "no orderly close";
    const auto replies = split_replies(*bytes);
    ASSERT_EQ(replies.size(), 1U) << *bytes;
    EXPECT_EQ(replies[0].status, GetParam().status) << *bytes;
    EXPECT_EQ(replies[0].header("content-type"), "application/problem+json");
    EXPECT_EQ(replies[0].header("connection"), "close");
    EXPECT_NE(replies[0].body.find("\"detail\""), std::string::npos);
    EXPECT_EQ(server_.handler.handled, 0);
  }
  TestServer server_;
};

TEST_P(MalformedTest, IsRefusedAndClosed) {
  RawClient client(server_.port());
  client.send(GetParam().bytes + kHidden);
  expect_one_error(client);
}

TEST_P(MalformedTest, ByteByByteIsRefusedAndClosed) {
  RawClient client(server_.port());
  client.send_byte_by_byte(GetParam().bytes + kHidden);
  expect_one_error(client);
}

std::string name_of(const testing::TestParamInfo<BadCase>& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Line, MalformedTest, testing::ValuesIn(bad_lines()), name_of);
INSTANTIATE_TEST_SUITE_P(Fields, MalformedTest, testing::ValuesIn(bad_fields()), name_of);
INSTANTIATE_TEST_SUITE_P(Body, MalformedTest, testing::ValuesIn(bad_bodies()), name_of);

}  // namespace
}  // namespace lull::http::test
