#include "lull/codec/positions.h"

#include <gtest/gtest.h>

namespace lull::codec {
namespace {

// The definition, one byte at a time.
Spot slow(std::string_view text, std::size_t offset) {
  Spot out{1, 1};
  for (std::size_t i = 0; i < offset; ++i) {
    if (text[i] == '\n') {
      ++out.line;
      out.column = 1;
    } else if ((static_cast<unsigned char>(text[i + 1]) & 0xC0U) != 0x80U) {
      ++out.column;
    }
  }
  return out;
}

TEST(Positions, AgreeWithTheDefinitionInAnyOrder) {
  const std::string text = "a\n\n\xC3\xA9\xC3\xA9x\r\nlong line\n\xF0\x9F\x98\x80z";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = 0; second <= text.size(); ++second) {
      const auto inside = [&](std::size_t at) {
        return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
      };
      if (inside(first) || inside(second)) continue;
      Positions positions(text);
      EXPECT_EQ(positions.at(first).line, slow(text, first).line);
      const Spot spot = positions.at(second);
      EXPECT_EQ(spot.line, slow(text, second).line) << first << " " << second;
      EXPECT_EQ(spot.column, slow(text, second).column) << first << " " << second;
    }
  }
}

TEST(Positions, ClampToTheEnd) {
  Positions positions("ab\nc");
  EXPECT_EQ(positions.at(99).line, 2U);
  EXPECT_EQ(positions.at(99).column, 2U);
}

}  // namespace
}  // namespace lull::codec
