#include "lull/base/revision.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace lull {
namespace {

using namespace std::string_literals;

TEST(Revision, TextIsHexDotDecimal) {
  EXPECT_EQ((Revision{0x4be1, 7}.text()), "4be1.7");
  EXPECT_EQ((Revision{1, 0}.text()), "1.0");
  EXPECT_EQ((Revision{std::numeric_limits<std::uint32_t>::max(),
                      std::numeric_limits<std::uint64_t>::max()}
                 .text()),
            "ffffffff.18446744073709551615");
}

TEST(Revision, ParseUndoesText) {
  for (const Revision& revision :
       {Revision{0x4be1, 7}, Revision{1, 0}, Revision{0, 0}, Revision{10, 10},
        Revision{std::numeric_limits<std::uint32_t>::max(),
                 std::numeric_limits<std::uint64_t>::max()}}) {
    EXPECT_EQ(Revision::parse(revision.text()), revision);
  }
}

TEST(Revision, ParseTakesNoOtherSpelling) {
  for (const std::string& text : {""s,
                                  "."s,
                                  "1"s,
                                  "1."s,
                                  ".1"s,
                                  "1.1.1"s,
                                  "1.1 "s,
                                  " 1.1"s,
                                  "1. 1"s,
                                  "01.1"s,
                                  "1.01"s,
                                  "1.00"s,
                                  "4BE1.7"s,
                                  "0x1.1"s,
                                  "1.-1"s,
                                  "-1.1"s,
                                  "+1.1"s,
                                  "1.+1"s,
                                  "1.1a"s,
                                  "g.1"s,
                                  "100000000.1"s,
                                  "1.18446744073709551616"s,
                                  "1.1\0"s,
                                  "1\0.1"s,
                                  "1,1"s}) {
    EXPECT_FALSE(Revision::parse(text).has_value()) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace lull
