// Row 2, at the place where it is decided: the reader gives the same requests for every split.
#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "test_server.h"
#include "valid_requests.h"

namespace lull::http::test {
namespace {

constexpr RequestLimits kLimits{8192, 16384, 1U << 20U};

/// Hands `bytes` to the reader in the given pieces; what each request was, or the fault.
class Feeder {
 public:
  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto room = reader_.prepare();
      const std::size_t count = std::min(room.size(), bytes.size());
      std::copy_n(bytes.data(), count, room.data());
      reader_.commit(count);
      bytes.remove_prefix(count);
      if (!drain()) return;
    }
  }
  std::vector<std::string> seen;

 private:
  bool drain() {
    for (;;) {
      switch (reader_.next()) {
        case RequestReader::Step::kNeedMore:
          return true;
        case RequestReader::Step::kFault:
          seen.push_back(std::to_string(reader_.fault().status));
          return false;
        case RequestReader::Step::kRequest:
          seen.push_back(describe(reader_.request()));
          reader_.consume();
      }
    }
  }
  RequestReader reader_{kLimits};
};

class RequestReaderTest : public testing::TestWithParam<ValidCase> {};

TEST_P(RequestReaderTest, WholeInput) {
  Feeder feeder;
  feeder.feed(GetParam().bytes);
  EXPECT_EQ(feeder.seen, GetParam().described);
}

TEST_P(RequestReaderTest, ByteByByte) {
  Feeder feeder;
  for (const char& c : GetParam().bytes) feeder.feed({&c, 1});
  EXPECT_EQ(feeder.seen, GetParam().described);
}

TEST_P(RequestReaderTest, EverySplitOffset) {
  const std::string_view bytes = GetParam().bytes;
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    Feeder feeder;
    feeder.feed(bytes.substr(0, at));
    feeder.feed(bytes.substr(at));
    ASSERT_EQ(feeder.seen, GetParam().described) << "split at " << at;
  }
}

std::string name_of(const testing::TestParamInfo<ValidCase>& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Valid, RequestReaderTest, testing::ValuesIn(valid_cases()), name_of);

TEST(RequestReaderMemoryTest, IdleReaderGivesLargeBuffersBack) {
  RequestReader reader(kLimits);
  const std::string body(200'000, 'b');
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + body;
  for (std::string_view bytes = post;;) {
    const auto room = reader.prepare();
    EXPECT_LE(room.size(), 64U * 1024);
    const std::size_t count = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), count, room.data());
    reader.commit(count);
    bytes.remove_prefix(count);
    if (bytes.empty()) break;
    ASSERT_EQ(reader.next(), RequestReader::Step::kNeedMore);
  }
  ASSERT_EQ(reader.next(), RequestReader::Step::kRequest);
  EXPECT_EQ(reader.request().body, body);
  reader.consume();
  EXPECT_LE(reader.prepare().size(), 8U * 1024);
}

}  // namespace
}  // namespace lull::http::test
