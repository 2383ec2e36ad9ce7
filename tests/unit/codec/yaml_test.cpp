#include <gtest/gtest.h>

#include "codec_helper.h"

namespace lull::codec {
namespace {

constexpr auto kYaml = DocumentFormat::kYaml;

TEST(Yaml, ScalarsFollowTheCoreSchema) {
  const Case cases[] = {
      {"no", R"("no")"},
      {"yes", R"("yes")"},
      {"on", R"("on")"},
      {"Off", R"("Off")"},
      {"y", R"("y")"},
      {"true", "true"},
      {"True", "true"},
      {"FALSE", "false"},
      {"tRUE", R"("tRUE")"},
      {"null", "null"},
      {"~", "null"},
      {"NULL", "null"},
      {"nUll", R"("nUll")"},
      {"", "null"},
      {"0", "0"},
      {"-0", "0"},
      {"+0", "0"},
      {"+1", "1"},
      {"-12", "-12"},
      {"1.", "1.0"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"+.5e3", "0.5e3"},
      {"1.e5", "1.0e5"},
      {"1e5", "1e5"},
      {"1E+5", "1E+5"},
      {"0.10", "0.10"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"0xff", "255"},
      {"0o8", R"("0o8")"},
      {"0x", R"("0x")"},
      {"-0x1F", R"("-0x1F")"},
      {"1_000", R"("1_000")"},
      {"12:30:45", R"("12:30:45")"},
      {"0b11", R"("0b11")"},
      {"2020-01-01", R"("2020-01-01")"},
      {"1.2.3", R"("1.2.3")"},
      {"1e", R"("1e")"},
      {".", R"(".")"},
      {"+", R"("+")"},
      {"0xFFFFFFFFFFFFFFFF", "18446744073709551615"},
      {"'no'", R"("no")"},
      {"\"1\"", R"("1")"},
      {"'~'", R"("~")"},
      {"!!str 1", R"("1")"},
      {"! 1", R"("1")"},
      {"!!int 1", "1"},
      {"!!float 1", "1"},
      {"!!bool true", "true"},
      {"!!null ~", "null"},
      {"!!seq [1]", "[1]"},
      {"!!map {a: 1}", R"({"a":1})"},
      {"!!str", R"("")"},
      {"\"\\x41\\u00e9\\t\"", R"("Aé\t")"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(outcome("k: " + std::string(c.text) + "\n", kYaml),
              R"({"k":)" + std::string(c.expected) + "}")
        << c.text;
  }
}

TEST(Yaml, RefusesValuesWithPlaceAndHint) {
  const Case cases[] = {
      {"0123",
       "number '0123' has a leading zero, which YAML 1.1 reads as octal (at /k); write it "
       "without the zero, as 0o17 for octal, or in quotes for text"},
      {"-007",
       "number '-007' has a leading zero, which YAML 1.1 reads as octal (at /k); write it "
       "without the zero, as 0o17 for octal, or in quotes for text"},
      {"01.5",
       "number '01.5' has a leading zero, which YAML 1.1 reads as octal (at /k); write it "
       "without the zero, as 0o17 for octal, or in quotes for text"},
      {".inf", "'.inf' is not a finite number (at /k); put it in quotes if it is meant as text"},
      {"-.INF", "'-.INF' is not a finite number (at /k); put it in quotes if it is meant as text"},
      {".NaN", "'.NaN' is not a finite number (at /k); put it in quotes if it is meant as text"},
      {"0x10000000000000000",
       "integer '0x10000000000000000' is outside the range from -2^63 to "
       "2^64-1 (at /k); put it in quotes if it is meant as text"},
      {"!!int x",
       "tag 'int' is unknown, or does not fit the value 'x' (at /k); allowed are !!str, "
       "!!int, !!float, !!bool, !!null, !!map and !!seq"},
      {"!foo x",
       "tag '!foo' is unknown, or does not fit the value 'x' (at /k); allowed are !!str, "
       "!!int, !!float, !!bool, !!null, !!map and !!seq"},
      {"!!binary aGk=",
       "tag 'binary' is unknown, or does not fit the value 'aGk=' (at /k); allowed "
       "are !!str, !!int, !!float, !!bool, !!null, !!map and !!seq"},
      {"!!set {a}",
       "tag 'tag:yaml.org,2002:set' is unknown, or does not fit the value (at /k); "
       "allowed are !!str, !!int, !!float, !!bool, !!null, !!map and !!seq"},
      {"\"\\0\"", "a string holds the character NUL, which is not allowed (at /k)"},
      {"*nowhere",
       "alias 'nowhere' has no anchor before it (at /k); define it with &, or put the "
       "text in quotes"},
      {"&x [1, *x]",
       "alias 'x' is inside the value that it stands for (at /k/1); a value cannot "
       "contain itself"},
  };
  for (const Case& c : cases) {
    const auto node = parse("a: 1\nk: " + std::string(c.text) + "\n", kYaml);
    ASSERT_FALSE(node) << c.text;
    EXPECT_EQ(node.error().where.line, 2U) << c.text;
    const std::string text = node.error().text();
    EXPECT_EQ(text.substr(text.find(": ") + 2), c.expected);
  }
}

TEST(Yaml, RefusesKeysThatAreNotPlainText) {
  const Case cases[] = {
      {"a: 1\n<<: {b: 1}\n",
       "f:2:1: merge keys ('<<') are not part of YAML 1.2; write the keys out, "
       "or use a layer; put << in quotes if it is meant as text"},
      {"? [a]\n: b\n",
       "f:1:3: a key is a sequence, expected a string; a value in { } or [ ] that is "
       "meant as text needs quotes"},
      {"a:\n  {x: 1}: b\n",
       "f:2:3: a key is a mapping, expected a string (at /a); a value in { } or "
       "[ ] that is meant as text needs quotes"},
      {"a: &x b\n*x : 1\n", "f:2:1: a key is an alias, expected a string; write the key out"},
      {"&k a: 1\n", "f:1:4: an anchor on a key is not supported; put the anchor on the value"},
      {"!!int 1: 1\n",
       "f:1:7: a key is tagged 'tag:yaml.org,2002:int', expected a string; delete the tag"},
      {"a: 1\n: 2\n",
       "f:1:4: a key is missing before ':'; write the key, or \"\" if it is meant to be empty"},
      {"a: 1\nb: 2\n\"a\": 3\n",
       "f:3:1: key 'a' is defined twice; first on line 1; delete one of them"},
  };
  for (const Case& c : cases) EXPECT_EQ(outcome(c.text, kYaml), c.expected) << c.text;
  EXPECT_EQ(outcome("1: a\nnull: b\nno: c\n1.50: d\n'<<': e\n\"\": f\n!!str x: g\n", kYaml),
            R"({"":"f","1":"a","1.50":"d","<<":"e","no":"c","null":"b","x":"g"})");
}

TEST(Yaml, KnowsWhereEveryValueStands) {
  EXPECT_EQ(
      places("# c\na: 1\n\"é\": {b: [1, 'é', \"z\"]}\nseq:\n- x\n-\n  k: v\n  l:\nlit: |\n  text\n"
             "an: &q [1]\nal: *q\n",
             kYaml),
      "=2:1 /a=2:4 /é=3:6 /é/b=3:10 /é/b/0=3:11 /é/b/1=3:14 /é/b/2=3:19 /seq=5:1 /seq/0=5:3 "
      "/seq/1=7:3 /seq/1/k=7:6 /seq/1/l=8:3 /lit=10:1 /an=11:8 /an/0=11:9 /al=11:8 "
      "/al/0=11:9 ");
}

TEST(Yaml, RefusesBrokenTextWithPlace) {
  const Case cases[] = {
      {"a:\n\t- b\n",
       "f:2:1: tab character may not be used as indentation (at /a); indent with spaces"},
      {"a: [1,2\n", "f:2:1: flow sequence without a closing bracket, opened at line 1 (at /a/2)"},
      {"a: \"x\n", "f:1:4: double-quoted scalar without closing quote (at /a)"},
      {"a: b: c\n", "f:1:5: invalid nested block mapping on the same line"},
      {"a: \"\\q\"\n", "f:1:4: invalid escape 'q' in double-quoted string (at /a)"},
      {"a: 1\n b: 2\n", "f:1:4: invalid multiline plain key (at /a)"},
      {"a: [x,,y]\n", "f:1:7: flow sequence with invalid extra comma (at /a/1)"},
      {"a: \"\\ud800\"\n", "f:1:4: double-quoted scalar has invalid UTF8 escape (at /a)"},
      {"a: 1\n---\nb: 2\n",
       "f:2:1: the file holds more than one document; keep one document in a file, and no '---' "
       "after"
       " it"},
      {"%YAML 1.1\n---\na: no\n",
       "f:2:1: the document declares YAML 1.1, expected 1.2; delete the "
       "%YAML line and check words such as yes, no and 0123"},
      {"%TAG !a! tag:x,2000:\n---\na: 1\n",
       "f:1:1: %TAG directives are not supported; delete it: only YAML's own tags are allowed"},
      {"# only a comment\n", "f: the file holds no document"},
      {"---\n",
       "f:1:1: the document is null, expected an object; start with keys and their values"},
      {"- a\n",
       "f:1:1: the document is an array, expected an object; start with keys and their values"},
      {"just text\n",
       "f:1:1: the document is a string, expected an object; start with keys and their values"},
      {"a: x\x01y\n",
       "f:1:5: a control character, which YAML does not allow; delete it, or write it as "
       "an escape in double quotes"},
  };
  for (const Case& c : cases) EXPECT_EQ(outcome(c.text, kYaml), c.expected) << c.text;
}

TEST(Yaml, AcceptsOneDocumentWithMarkers) {
  EXPECT_EQ(outcome("%YAML 1.2\n---\na: 1\n...\n", kYaml), R"({"a":1})");
  EXPECT_EQ(outcome("--- {a: 1}\n", kYaml), R"({"a":1})");
}

TEST(Yaml, AliasesAreCopies) {
  EXPECT_EQ(outcome("base: &b {x: 1, l: [&i 2, 3]}\none: *b\ntwo: [*i, *b]\n", kYaml),
            R"({"base":{"l":[2,3],"x":1},"one":{"l":[2,3],"x":1},"two":[2,{"l":[2,3],"x":1}]})");
  EXPECT_EQ(outcome("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", kYaml), R"({"a":1,"b":1,"c":2,"d":2})");
  EXPECT_EQ(outcome("a: [[&x 1, *x], *x]\nb: &n\nc: *n\n", kYaml),
            R"({"a":[[1,1],1],"b":null,"c":null})");
}

TEST(Yaml, BlockScalarsAndFolding) {
  EXPECT_EQ(
      outcome("a: |\n  x\n   y\nb: >-\n  one\n  two\n\n  three\nc: |+\n  z\n\nd: plain\n  more\n",
              kYaml),
      R"({"a":"x\n y\n","b":"one two\nthree","c":"z\n\n","d":"plain more"})");
}

TEST(Yaml, DoubledQuotesInARowStayAsManyAsTheyAre) {
  const Case cases[] = {
      {"n: 'a''''b'", R"({"n":"a''b"})"},
      {"n: ''''''", R"({"n":"''"})"},
      {"{n: '''''a''''''b''c', m: 1}", R"({"m":1,"n":"''a'''b'c"})"},
      {"'k''''l': 1", R"({"k''l":1})"},
      {"'k''''l': 1\n\"k''l\": 2",
       "f:2:1: key 'k''l' is defined twice; first on line 1; delete one of them"},
      {"n: !!str 'a''''b'", R"({"n":"a''b"})"},
      {"a: &x 'é''''b'\nb: *x", R"({"a":"é''b","b":"é''b"})"},
      {"n: 'a''''b", "f:1:4: single-quoted scalar without closing quote (at /n)"},
  };
  for (const Case& c : cases) EXPECT_EQ(outcome(c.text, kYaml), c.expected) << c.text;
  std::string many = "n: '";  // a leak, too
  for (int i = 0; i < 1000; ++i) many += "''";
  EXPECT_EQ(outcome(many + "'", kYaml), "{\"n\":\"" + std::string(1000, '\'') + "\"}");
}

// Two doubled quotes in a row are undone by us, one by libfyaml; all else must be the same.
TEST(Yaml, DoubledQuotesInARowChangeNothingAroundThem) {
  for (const std::string_view around :
       {"n: ' Q '", "n: '  Q\n  x'", "n: 'x  \n \t Q\t\n  y'", "n: '\n  Q'", "n: '   \n\n  Q'",
        "n: 'Q\n '", "n: 'Q  \n   '", "n: 'Q\n\n \t'", "n: 'Q\n\n  \n \t\n  Q x'",
        "n: 'Q\r\n  x\r\n\r\n  Q'", "n: 'Q\r  x'", "n: 'Q\\n\\'", "n: 'Q # x: {y}'",
        "n: 'Q\n  # x'", "n: 'é Q\u2028 \u0085 x'", "n: ['Q', 'x\n Q']", "'x Q': 'Q'",
        "n:\n  - 'Q\n\n    Q'\n"}) {
    const auto with = [&around](std::string_view quotes) {
      std::string out;
      for (const char c : around) out += c == 'Q' ? std::string(quotes) : std::string(1, c);
      return out;
    };
    const std::string one = outcome(with("''"), kYaml);
    EXPECT_TRUE(one.starts_with('{')) << one;
    std::string expected;
    for (const char c : one) expected += std::string(c == '\'' ? 2 : 1, c);
    EXPECT_EQ(outcome(with("''''"), kYaml), expected) << around;
  }
}

TEST(Yaml, AnUnclosedBracketIsFoundWhereItWasOpened) {
  for (const auto& [text, line] : std::initializer_list<std::pair<const char*, const char*>>{
           {"x: 1\na: [1,\n  2\nb: 1\n", "2"},
           {"x: 1\na: [\n", "2"},
           {"a:\n  b: [[1, 2],\n   [3\n", "3"},
           {"a: [\n  {b: [1]}, {c: 2\n", "2"},
           {"a:\n  b: {\n   c: 1\n", "2"},
           {"{a: 1\n", "1"}}) {
    EXPECT_NE(outcome(text, kYaml).find(std::string(", opened at line ") + line), std::string::npos)
        << outcome(text, kYaml);
  }
  EXPECT_EQ(outcome("a: [1]]\n", kYaml).find("opened"), std::string::npos);
}

}  // namespace
}  // namespace lull::codec
