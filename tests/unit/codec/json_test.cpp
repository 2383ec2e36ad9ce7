#include <gtest/gtest.h>

#include "codec_helper.h"

namespace lull::codec {
namespace {

constexpr auto kJson = DocumentFormat::kJson;

TEST(Json, KnowsWhereEveryValueStands) {
  EXPECT_EQ(places("{\"a\" : 1,\n  \"b\":[true, -2.5e3,\n\t\"x\\\"y,:\" "
                   ",{}],\r\n\"é\\\\\":\"é\",\"c\": null}",
                   kJson),
            "=1:1 /a=1:8 /b=2:7 /b/0=2:8 /b/1=2:14 /b/2=3:2 /b/3=3:12 /é\\=4:7 /c=4:16 ");
  const auto node = parse("{\"a\":{}}", kJson);
  ASSERT_TRUE(node);
  EXPECT_EQ(node->children[0].value.origin.file, 7U);
}

TEST(Json, RefusesWithPlaceAndExpectation) {
  const Case cases[] = {
      {"{\"a\":1,}",
       "f:1:8: syntax error while parsing object key - unexpected '}'; expected string literal"},
      {"{\"a\" 1}",
       "f:1:6: syntax error while parsing object separator - unexpected number literal; expected "
       "':'"
       " (at /a)"},
      {"{\n \"a\": [1 \"two\"]}",
       "f:2:10: syntax error while parsing array - unexpected string literal; expected ']' (at "
       "/a/1)"},
      {"{\"a\": tru}",
       "f:1:10: syntax error while parsing value - invalid literal; last read: '\"a\": tru}' (at "
       "/a)"},
      {"{\"a\": \"x\ny\"}",
       "f:1:9: syntax error while parsing value - invalid string: control character U+000A (LF) "
       "must "
       "be escaped to \\u000A or \\n; last read: '\"x<U+000A>' (at /a)"},
      {"{\"a\": \"open",
       "f:1:7: syntax error while parsing value - invalid string: missing closing quote; last "
       "read: "
       "'\"open' (at /a)"},
      {"{\"a\": 1",
       "f:1:8: syntax error while parsing object - unexpected end of input; expected '}'"},
      {"{\"a\": \"\\ud800\"}",
       "f:1:14: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must "
       "be "
       "followed by U+DC00..U+DFFF; last read: '\"\\ud800\"' (at /a)"},
      {"{} {}", "f:1:4: syntax error while parsing value - unexpected '{'; expected end of input"},
      {"[1]",
       "f:1:1: the document is an array, expected an object; start with keys and their values"},
      {"7",
       "f:1:1: the document is a number, expected an object; start with keys and their values"},
      {"// c\n{}", "f:1:1: syntax error while parsing value - invalid literal; last read: '/'"},
      {"{\"a\":'x'}",
       "f:1:6: syntax error while parsing value - invalid literal; last read: '\"a\":''"
       " (at /a)"},
      {"{\"a\":{\"b\":1e400}}",
       "f:1:11: number '1e400' is outside the range of a double (at /a/b); put it in quotes if it "
       "is "
       "meant as text"},
      {"{\"a\":\"\\u0000\"}",
       "f:1:6: a string holds the character NUL, which is not allowed (at /a)"},
      {"{\"\\u0000\":1}", "f:1:2: a string holds the character NUL, which is not allowed"},
  };
  for (const Case& c : cases) EXPECT_EQ(outcome(c.text, kJson), c.expected) << c.text;
}

TEST(Json, PointsAtTheSecondOfTwoKeys) {
  EXPECT_EQ(outcome("{\"a\":{\"k\":1,\n\"x\":0,\n  \"k\":2}}", kJson),
            "f:3:3: key 'k' is defined twice; first on line 1 (at /a); delete one of them");
  EXPECT_EQ(outcome("{\"k\":1,\"\\u006b\":2}", kJson),
            "f:1:8: key 'k' is defined twice; first on line 1; delete one of them");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":0,\n";
  many += "\"k41\":0}";
  EXPECT_EQ(outcome(many, kJson),
            "f:101:1: key 'k41' is defined twice; first on line 42; delete one of them");
}

TEST(Json, KeepsTheTextOfNumbers) {
  EXPECT_EQ(outcome(R"({"a":[0.10,1E5,1.0,-0.0,1e-7,3.14159265358979323846264338327950288,)"
                    R"(123456789012345678,0e0,-1]})",
                    kJson),
            R"({"a":[0.10,1E5,1.0,-0.0,1e-7,3.14159265358979323846264338327950288,)"
            R"(123456789012345678,0e0,-1]})");
}

}  // namespace
}  // namespace lull::codec
