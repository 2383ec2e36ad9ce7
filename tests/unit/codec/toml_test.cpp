#include <gtest/gtest.h>

#include <chrono>

#include "codec_helper.h"

namespace lull::codec {
namespace {

constexpr auto kToml = DocumentFormat::kToml;

TEST(Toml, ReadsValuesAndKeepsTheirText) {
  EXPECT_EQ(outcome("f = 1.50e+3\ng = +1_0.5_0\nh = -0.0\ni = [ 1_000, 0x1F, 0o17, 0b11, -0 ]\n"
                    "s = '''\na'b'''\npi = 3.14159265358979323846264338327950288 # c\n"
                    "\"é\" = { x = 0.10,\ty = 1E5 }\nb = [true, false]\n",
                    kToml),
            R"({"b":[true,false],"f":1.50e+3,"g":10.50,"h":-0.0,"i":[1000,31,15,3,0],)"
            R"("pi":3.14159265358979323846264338327950288,"s":"a'b","é":{"x":0.10,"y":1E5}})");
}

TEST(Toml, DatesAndTimesBecomeStrings) {
  EXPECT_EQ(outcome("a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00.250-07:00\n"
                    "c = 1979-05-27t07:32:00z # x\nd = [1979-05-27 , 07:32:00.5]\n",
                    kToml),
            R"({"a":"1979-05-27T07:32:00Z","b":"1979-05-27T07:32:00.250-07:00",)"
            R"("c":"1979-05-27T07:32:00Z","d":["1979-05-27","07:32:00.5"]})");
}

TEST(Toml, KnowsWhereEveryValueStands) {
  EXPECT_EQ(places("top = 1\r\n\"é\".\"b c\" = 1.5\nx = [ 1.5,\n  'é', 2.5]\n\n[tbl.sub]\n"
                   "k.z = 2020-01-01\n[[arr]]\na = \"é\"\n[[arr]]\ni = { u = true }\n[late]\n",
                   kToml),
            "=1:1 /top=1:7 /é=2:1 /é/b c=2:13 /x=3:5 /x/0=3:7 /x/1=4:3 /x/2=4:8 /tbl=6:1 "
            "/tbl/sub=6:1 /tbl/sub/k=7:1 /tbl/sub/k/z=7:7 /arr=8:1 /arr/0=8:1 /arr/0/a=9:5 "
            "/arr/1=10:1 /arr/1/i=11:5 /arr/1/i/u=11:11 /late=12:1 ");
}

TEST(Toml, KeepsTheOrderInWhichMembersAreWritten) {
  const auto node = parse("z = 1\na = 2\n[m]\n[b]\n[a2]\n", kToml);
  ASSERT_TRUE(node);
  std::string names;
  for (const auto& [name, child] : node->children) names += name + " ";
  EXPECT_EQ(names, "z a m b a2 ");
}

TEST(Toml, RefusesWithPlaceAndExpectation) {
  const Case cases[] = {
      {"a = 1\na = 2\n",
       "f:2:5: Error while parsing key-value pair: cannot redefine existing integer 'a'"},
      {"[a]\nx=1\n[a]\n",
       "f:3:1: Error while parsing table header: cannot redefine existing table 'a'"},
      {"a = \"x", "f:1:7: Error while parsing string: encountered end-of-file"},
      {"x = 1\na = [1,,2]",
       "f:2:8: Error while parsing array: expected value or closing ']', saw comma"},
      {"a = inf",
       "f:1:5: 'inf' is not a finite number (at /a); put it in quotes if it is meant as text"},
      {"a = -nan",
       "f:1:5: '-nan' is not a finite number (at /a); put it in quotes if it is meant as text"},
      {"b = 1\na = 1e-400",
       "f:2:5: number '1e-400' is outside the range of a double (at /a); put it in "
       "quotes if it is meant as text"},
      {"a = \"\\u0000\"", "f:1:5: a string holds the character NUL, which is not allowed (at /a)"},
  };
  for (const Case& c : cases) EXPECT_EQ(outcome(c.text, kToml), c.expected) << c.text;
}

// Each aborts a toml++ that was compiled with assertions.
TEST(Toml, InvalidTextNeverAborts) {
  for (const std::string_view text : {"a = 0x",
                                      "a = 1_",
                                      "a = [",
                                      "a = {",
                                      "a.",
                                      "[",
                                      "[[",
                                      "a = \"\\",
                                      "a = '''",
                                      "a = 1979-",
                                      "a = 07:",
                                      "a = 1e",
                                      "= 1",
                                      "a = +",
                                      "[a]]",
                                      "[[a]",
                                      "a = tru",
                                      "a =",
                                      "\"",
                                      "a = 0b2",
                                      "a = 1.",
                                      "a = .5",
                                      "a = 1__0",
                                      "a = 2020-13-01",
                                      "a = 2020-02-30",
                                      "a = \"\\u12\"",
                                      "a={b=1,}",
                                      "a={b=1\n}",
                                      "[a.]",
                                      "[.a]",
                                      "a..b=1",
                                      "a = 1 b = 2",
                                      "[a]b=1"}) {
    EXPECT_FALSE(parse(text, kToml)) << text;
  }
}

// toml++ 3.3 asks of each such character whether it is white space, and for most does not know.
TEST(Toml, LettersAreNoSpaces) {
  for (const std::string_view letter :
       {"\u00E9", "\u00DF", "\u03B1", "\u044F", "\u05D0", "\u0E01", "\u1681", "\u2061", "\u20AC",
        "\u3042", "\u4E2D", "\uAC00", "\uFB01", "\uFF21", "\U0001F600"}) {
    const std::string text(letter);
    for (const std::string& line :
         {text + " = 1", "a" + text + " = 1", "a " + text + "= 1", "a = " + text, "a = 1" + text,
          "a = [1" + text + "]", "a = {" + text + " = 1}", "[" + text + "]", "[a" + text + "]",
          "[a]" + text, text}) {
      const auto node = parse("x = 1\n" + line + "\n", kToml);
      ASSERT_FALSE(node) << line;
      EXPECT_EQ(node.error().code, ErrorCode::kSyntax) << line;
      EXPECT_EQ(node.error().where.file, "f") << line;
      EXPECT_EQ(node.error().where.line, 2U) << line << ": " << node.error().text();
    }
    EXPECT_EQ(outcome("a = '" + text + "' # " + text + "\n", kToml), "{\"a\":\"" + text + "\"}");
  }
}

TEST(Toml, ACommentAloneIsAnEmptyDocument) {
  EXPECT_EQ(outcome("# nothing yet\n", kToml), "{}");
}

// A value for each key, and for each key once more: in the order of the tree, which is the order of
// reading, the places go to and fro.
std::string interleaved(std::size_t keys, const std::string& value) {
  std::string text = "t={";
  for (const char* member : {".x=", ".y="}) {
    for (std::size_t i = 0; i < keys; ++i) {
      text += "k" + std::to_string(i) + member + value + std::to_string(i) + ",";
    }
  }
  text.back() = '}';
  return text;
}

TEST(Toml, ValuesFarApartOnALongLineKeepTheirText) {
  for (const std::string before : {"", "a='é😀é',"}) {
    std::string text = "first=0.5\n" + interleaved(1'000, "1.0") + "\nlast=1.5";
    text.insert(text.find('{') + 1, before);
    const auto node = parse(text, kToml);
    ASSERT_TRUE(node) << outcome(text, kToml);
    for (std::size_t i = 0; i < 1'000; ++i) {
      const Node* const key = node->member("t")->member("k" + std::to_string(i));
      ASSERT_NE(key, nullptr);
      EXPECT_EQ(key->member("x")->scalar, "1.0" + std::to_string(i));
      EXPECT_EQ(key->member("y")->scalar, "1.0" + std::to_string(i));
    }
    EXPECT_EQ(node->member("last")->scalar, "1.5");
  }
}

TEST(Toml, ALongLineCostsNoMoreForDecimals) {
  const auto seconds = [](const std::string& text) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(parse(text, kToml));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const double integers = seconds(interleaved(10'000, "1"));  // their text is not looked for
  const double decimals = seconds(interleaved(10'000, "1."));
  EXPECT_LT(decimals, 5 * integers);  // not the square of their number
}

}  // namespace
}  // namespace lull::codec
