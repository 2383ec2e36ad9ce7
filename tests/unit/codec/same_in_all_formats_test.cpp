// Row 47: what is dangerous is read exactly, or refused with its line, alike in all formats.
#include <gtest/gtest.h>

#include "codec_helper.h"

namespace lull::codec {
namespace {

using Format = DocumentFormat;

std::string document(std::string_view value, Format format) {
  const std::string text(value);
  if (format == Format::kJson) return "{\n\"k\": " + text + "\n}";
  return format == Format::kYaml ? "# c\nk: " + text + "\n" : "# c\nk = " + text + "\n";
}

constexpr Format kFormats[] = {Format::kYaml, Format::kJson, Format::kToml};

TEST(AllFormats, NumbersAreExact) {
  const Case cases[] = {
      {"9223372036854775807", ""},
      {"-9223372036854775808", ""},
      {"0.1", ""},
      {"1.10", ""},
      {"-0.0", ""},
      {"1e5", ""},
      {"1.7976931348623157e308", ""},
      {"5e-324", ""},
      {"0.1000000000000000055511151231257827", ""},
      {"0e0", ""},
      {"0.0e-999", ""},
      {"-0", "0"},
  };
  for (const Format format : kFormats) {
    for (const Case& c : cases) {
      const std::string_view expected = c.expected.empty() ? c.text : c.expected;
      EXPECT_EQ(outcome(document(c.text, format), format), "{\"k\":" + std::string(expected) + "}");
    }
  }
  for (const Format format : {Format::kYaml, Format::kJson}) {
    EXPECT_EQ(outcome(document("18446744073709551615", format), format),
              "{\"k\":18446744073709551615}");
  }
}

TEST(AllFormats, NumbersThatWouldLoseDigitsAreRefusedWithTheirLine) {
  for (const Format format : kFormats) {
    for (const std::string_view value :
         {"18446744073709551616", "-9223372036854775809", "1e400", "-1e400", "1e-400",
          "99999999999999999999999999999999999999999", "0123", "-01"}) {
      const auto node = parse(document(value, format), format);
      ASSERT_FALSE(node) << value << " as " << static_cast<int>(format);
      EXPECT_EQ(node.error().where.line, 2U) << value << " " << node.error().text();
      EXPECT_NE(node.error().where.column, 0U) << value;
    }
  }
  EXPECT_EQ(
      parse(document("18446744073709551615", Format::kToml), Format::kToml).error().where.line, 2U);
}

TEST(AllFormats, WordsInQuotesAreStrings) {
  for (const Format format : kFormats) {
    for (const std::string_view value : {"no", "0123", "<<", "~", "1e400", "", " x ", "é"}) {
      const std::string quoted = "\"" + std::string(value) + "\"";
      EXPECT_EQ(outcome(document(quoted, format), format), "{\"k\":" + quoted + "}");
    }
  }
}

TEST(AllFormats, FilesAreCheckedBeforeTheyAreParsed) {
  for (const Format format : kFormats) {
    const std::string good = document("\"x\"", format);
    const std::string expected = "{\"k\":\"x\"}";
    EXPECT_EQ(outcome("\xEF\xBB\xBF" + good, format), expected) << "BOM";
    std::string crlf;
    for (const char c : good) crlf += c == '\n' ? "\r\n" : std::string(1, c);
    EXPECT_EQ(outcome(crlf, format), expected) << "CRLF";
    EXPECT_EQ(places("\xEF\xBB\xBF" + good, format), places(good, format));
    EXPECT_EQ(places(crlf, format), places(good, format));

    for (const std::string_view empty : {"", "\n", " \t\r\n\n", "\xEF\xBB\xBF"}) {
      EXPECT_EQ(outcome(empty, format),
                "f: the file is empty; write {} for an empty document, or delete the file");
    }
    EXPECT_EQ(outcome(good + std::string("\n\xC3\xA9 \0x", 6), format).substr(0, 22),
              format == Format::kJson ? "f:4:3: a NUL byte; the" : "f:4:3: a NUL byte; the");
    EXPECT_EQ(outcome(good + "\n\xC3\xA9\xC3", format),
              "f:4:2: a byte that is not UTF-8; save the file as UTF-8");
    EXPECT_EQ(outcome("\xFF\xFEk\0", format),
              "f:1:1: the file is UTF-16, expected UTF-8; save it as UTF-8");
  }
}

TEST(AllFormats, DuplicateKeysAreRefusedWithTheSecondLine) {
  const std::pair<Format, std::string_view> cases[] = {
      {Format::kYaml, "a:\n  k: 1\n  k: 2\n"},
      {Format::kJson, "{\"a\":{\n\"k\":1,\n\"k\":2}}"},
      {Format::kToml, "[a]\nk = 1\nk = 2\n"},
  };
  for (const auto& [format, text] : cases) {
    const auto node = parse(text, format);
    ASSERT_FALSE(node);
    EXPECT_EQ(node.error().code, ErrorCode::kDuplicate);
    EXPECT_EQ(node.error().where.line, 3U) << node.error().text();
  }
}

TEST(AllFormats, AFormatIsChosenByExtension) {
  EXPECT_EQ(document_format("a.yaml"), Format::kYaml);
  EXPECT_EQ(document_format("a.b.yml"), Format::kYaml);
  EXPECT_EQ(document_format("x.json"), Format::kJson);
  EXPECT_EQ(document_format("x.toml"), Format::kToml);
  EXPECT_EQ(document_format("x.yaml~"), std::nullopt);
  EXPECT_EQ(document_format("yaml"), std::nullopt);
}

}  // namespace
}  // namespace lull::codec
