// The canonical check of every name and key, as tables. Row 38 of the reliability bar: `../`, NUL,
// overlong UTF-8. Percent-decoding happens once and before this check, so `%2e%2e` arrives here
// either as `..` or, when it was encoded twice, as the six harmless characters.
#include "lull/base/key.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lull {
namespace {

using namespace std::string_literals;

struct KeyCase {
  std::string key;
  std::string fault;  ///< A part of it; empty: allowed.
};

TEST(Key, Table) {
  const std::vector<KeyCase> cases = {
      {"SKU-1", ""},
      {"a/b/c", ""},
      {"a.b", ""},
      {"...", ""},
      {"..a", ""},
      {"a/.b", ""},
      {"a b", ""},
      {"%2e%2e", ""},
      {"a\\..\\b", ""},
      {"caf\xC3\xA9", ""},
      {"\xF0\x9F\x98\x80", ""},
      {"\xF4\x8F\xBF\xBF", ""},  // U+10FFFF
      {std::string(kKeyBytesMax, 'k'), ""},

      {"", "is empty"},
      {std::string(kKeyBytesMax + 1, 'k'), "longer than 1024 bytes"},

      {"../etc/passwd", "'..' segment"},
      {"..", "'..' segment"},
      {"a/../b", "'..' segment"},
      {"a/..", "'..' segment"},
      {".", "'..' segment"},
      {"./a", "'..' segment"},
      {"a/./b", "'..' segment"},
      {"/", "empty segment"},
      {"/a", "empty segment"},
      {"a/", "empty segment"},
      {"a//b", "empty segment"},

      {"\0"s, "control character"},
      {"a\0b"s, "control character"},
      {"a\0"s, "control character"},
      {"a\nb", "control character"},
      {"a\tb", "control character"},
      {"a\rb", "control character"},
      {"a\x1F", "control character"},
      {"a\x7F", "control character"},
      {"\x1B[31m", "control character"},
      {"a\xC2\x80", "control character"},  // U+0080 to U+009F are controls as well
      {"a\xC2\x9F", "control character"},
      {"a\xC2\xA0", ""},

      {"\xC0\xAE\xC0\xAE/x", "UTF-8"},          // overlong `..`
      {"\xE0\x80\xAE\xE0\x80\xAE/x", "UTF-8"},  // three bytes for a dot
      {"\xF0\x80\x80\xAE", "UTF-8"},            // four
      {"a\xC0\xAF"
       "b",
       "UTF-8"},                      // overlong `/`
      {"a\xC0\x80", "UTF-8"},         // overlong NUL
      {"\xED\xA0\x80", "UTF-8"},      // a surrogate
      {"\xF4\x90\x80\x80", "UTF-8"},  // above U+10FFFF
      {"\xFF", "UTF-8"},
      {"a\x80", "UTF-8"},  // a continuation without its lead
      {"a\xC3", "UTF-8"},  // a lead without its continuation
      {"a\xE2\x82/", "UTF-8"},
  };
  for (const KeyCase& c : cases) {
    const std::string fault(key_fault(c.key));
    if (c.fault.empty()) {
      EXPECT_EQ(fault, "") << testing::PrintToString(c.key);
    } else {
      EXPECT_NE(fault.find(c.fault), std::string::npos)
          << testing::PrintToString(c.key) << " gives '" << fault << "', expected " << c.fault;
    }
  }
}

TEST(Key, NoBytePassesThatIsNeitherTextNorPartOfIt) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string key = "a"s + static_cast<char>(byte) + "b";
    const bool text = byte >= 0x20 && byte < 0x7F;
    EXPECT_EQ(key_fault(key).empty(), text) << byte;
  }
}

TEST(CollectionName, Table) {
  for (const char* name : {"a", "config", "inventory", "a-b", "a1", "z-"}) {
    EXPECT_TRUE(is_collection_name(name)) << name;
  }
  EXPECT_TRUE(is_collection_name(std::string(63, 'a')));
  for (const std::string& name : {""s, "A"s, "1a"s, "-a"s, "a_b"s, "a.b"s, "a/b"s, "a b"s, ".."s,
                                  "a\0"s, "caf\xC3\xA9"s, "v1:"s, "a%2e"s, std::string(64, 'a')}) {
    EXPECT_FALSE(is_collection_name(name)) << testing::PrintToString(name);
  }
}

TEST(DocumentName, Table) {
  for (const char* name :
       {"a", "A", "0", "payment-service", "a.b", "_", "-", ".a", "...", "a..b"}) {
    EXPECT_TRUE(is_document_name(name)) << name;
  }
  EXPECT_TRUE(is_document_name(std::string(kDocumentNameBytesMax, 'a')));
  for (const std::string& name :
       {""s, "."s, ".."s, "a/b"s, "../a"s, "a b"s, "a\0b"s, "a\n"s, "a%2e"s, "caf\xC3\xA9"s, "a:b"s,
        "a\\b"s, std::string(kDocumentNameBytesMax + 1, 'a')}) {
    EXPECT_FALSE(is_document_name(name)) << testing::PrintToString(name);
  }
}

}  // namespace
}  // namespace lull
