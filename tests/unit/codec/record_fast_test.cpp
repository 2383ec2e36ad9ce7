// The short way may refuse what it likes, but what it accepts is what the long way makes of it.
#include "lull/codec/record_fast.h"

#include <gtest/gtest.h>

#include "record_helper.h"

namespace lull::codec {
namespace {

constexpr std::string_view kRecords[] = {
    R"({"sku":"a","warehouse":"north","stock":5,"price":1.50,"active":true,"note":null})",
    R"( {"stock" : -9223372036854775808 , "sku":"é/x", "price":1e-7,"active":false} )",
    R"({"sku":"a","x":18446744073709551615,"y":-0.0,"z":"","":1})",
    R"({"sku":"a","tags":[1,{"b":[]}],"price":0})",
};

std::optional<Record> flat(std::string_view text) {
  Record out;
  if (!parse_flat_record({text, 1, {}}, "f", schema(), out)) return std::nullopt;
  return out;
}

// What the long way says, without the schema.
void expect_same_as_long_way(const std::string& text) {
  const auto record = flat(text);
  if (!record) return;
  ASSERT_EQ(outcome(text, DocumentFormat::kJson), record->json) << text;
}

TEST(FlatRecord, TakesWhatIsFlat) {
  EXPECT_TRUE(flat(kRecords[0]));
  EXPECT_TRUE(flat(kRecords[1]));
  EXPECT_TRUE(flat(kRecords[2]));
  EXPECT_FALSE(flat(kRecords[3]));
}

TEST(FlatRecord, AgreesWithTheLongWayOnCutAndTrailedText) {
  for (const std::string_view record : kRecords) {
    const std::string text(record);
    for (std::size_t size = 0; size <= text.size(); ++size) {
      expect_same_as_long_way(text.substr(0, size));
      for (const std::string_view extra : {",", "}", "{}", " 1", "x", "]", "\"", "//"}) {
        expect_same_as_long_way(text.substr(0, size) + std::string(extra) + text.substr(size));
      }
    }
  }
  for (const std::string_view value : {"01",
                                       "-",
                                       "+1",
                                       "1.",
                                       ".5",
                                       "1e",
                                       "1e+",
                                       "0x1",
                                       "tru",
                                       "truex",
                                       "nulll",
                                       "NaN",
                                       "Infinity",
                                       "18446744073709551616",
                                       "-9223372036854775809",
                                       "1e400",
                                       "-0",
                                       "1 2",
                                       "'a'",
                                       "\"a",
                                       "a\"",
                                       "\"\x01\"",
                                       "\"\x7F\"",
                                       "\"\xC3\"",
                                       "\"\xED\xA0\x80\"",
                                       "",
                                       ",",
                                       ":",
                                       "[",
                                       "{}",
                                       "[]"}) {
    expect_same_as_long_way("{\"sku\":\"a\",\"x\":" + std::string(value) + "}");
    expect_same_as_long_way("{\"x\":" + std::string(value) + " ,\"sku\":\"a\"}");
  }
}

TEST(FlatRecord, AgreesWithTheLongWayOnRandomMistakes) {
  static constexpr std::string_view kBytes =
      "{}[]:,\"\\ \t\n0123456789.eE+-truefalsn\x01\x7F\xC3\xA9x";
  std::mt19937_64 random(random_seed());
  int accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text(kRecords[random() % std::size(kRecords)]);
    for (std::uint64_t mistakes = 1 + random() % 2; mistakes > 0; --mistakes) {
      const std::size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      if (random() % 2 == 0) {
        text[at] = byte;
      } else if (random() % 2 == 0) {
        text.insert(at, 1, byte);
      } else {
        text.erase(at, 1);
      }
    }
    accepted += flat(text) ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(expect_same_as_long_way(text));
  }
  EXPECT_GT(accepted, 1000) << "too few survived to show anything";
}

}  // namespace
}  // namespace lull::codec
