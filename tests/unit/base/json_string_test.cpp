#include "lull/base/json_string.h"

#include <gtest/gtest.h>

#include <string>

namespace lull {
namespace {

std::string written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, EscapesAByteWhereverItStands) {
  for (std::size_t size = 1; size < 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '~');
        text[at] = static_cast<char>(byte);
        const std::string one = written(text.substr(at, 1));
        const std::string expected = '"' + std::string(at, '~') + one.substr(1, one.size() - 2) +
                                     std::string(size - at - 1, '~') + '"';
        ASSERT_EQ(written(text), expected) << size << ' ' << at << ' ' << byte;
      }
    }
  }
  EXPECT_EQ(written("\x1f"), "\"\\u001f\"");
  EXPECT_EQ(written(" \x7f\x80\xff"), "\" \x7f\x80\xff\"");
  EXPECT_EQ(written("a\nb\"c\\"), R"("a\nb\"c\\")");
}

}  // namespace
}  // namespace lull
