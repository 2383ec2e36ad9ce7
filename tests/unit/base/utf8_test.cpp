#include "lull/base/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace lull {
namespace {

// What RFC 3629 says, in arithmetic and one code point at a time, to compare with.
std::string encode(std::uint32_t code_point, int length) {
  if (length == 1) return std::string(1, static_cast<char>(code_point));
  std::string out;
  constexpr unsigned char kLead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[length] | (code_point >> (6 * (length - 1))));
  for (int i = length - 2; i >= 0; --i) {
    out += static_cast<char>(0x80 | ((code_point >> (6 * i)) & 0x3F));
  }
  return out;
}

int shortest(std::uint32_t code_point) {
  if (code_point < 0x80) return 1;
  if (code_point < 0x800) return 2;
  return code_point < 0x10000 ? 3 : 4;
}

TEST(Utf8, EveryCodePointInItsShortestFormAndNoOther) {
  for (std::uint32_t code_point = 0; code_point <= 0x1FFFFF; ++code_point) {
    const int least = shortest(code_point);
    const bool scalar = code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
    ASSERT_EQ(is_utf8(encode(code_point, least)), scalar) << code_point;
    for (int length = least + 1; length <= 4; ++length) {
      ASSERT_FALSE(is_utf8(encode(code_point, length))) << code_point << " in " << length;
    }
  }
}

TEST(Utf8, SaysWhereAtEveryOffset) {
  for (std::size_t offset = 0; offset < 40; ++offset) {
    const std::string before(offset, 'a');
    EXPECT_EQ(first_invalid_utf8(before + "\xFF" + "zzzzzzzzzzzzzzzz"), offset);
    EXPECT_EQ(first_invalid_utf8(before + "\xE2\x82"), offset) << "cut short at the end";
    EXPECT_EQ(first_invalid_utf8(before + "\xE2\x82\xAC"), std::string_view::npos);
    EXPECT_EQ(first_invalid_utf8(before + "\xE2\x82\xAC\x80zzzzzzzz"), offset + 3);
  }
}

TEST(Utf8, NothingAndNulAreValid) {
  EXPECT_TRUE(is_utf8({}));
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, ContinuationsMustBeContinuations) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool continuation = byte >= 0x80 && byte <= 0xBF;
    const std::string last(1, static_cast<char>(byte));
    EXPECT_EQ(is_utf8("\xC3" + last), continuation) << byte;
    EXPECT_EQ(is_utf8("\xE2\x82" + last), continuation) << byte;
    EXPECT_EQ(is_utf8("\xF0\x9F\x98" + last), continuation) << byte;
  }
}

}  // namespace
}  // namespace lull
