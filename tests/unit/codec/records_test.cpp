#include "lull/codec/records.h"

#include <gtest/gtest.h>

#include <vector>

#include "record_helper.h"

namespace lull::codec {
namespace {

TEST(Records, NdjsonIsCutIntoLines) {
  const std::string text =
      "\xEF\xBB\xBF{\"sku\":\"a\"}\r\n\n   \n  {\"sku\":\"b/c\", \"stock\": 3 } \n{\"sku\":\"c\"}";
  const auto file = split_records(text, RecordFormat::kNdjson, "f", schema());
  ASSERT_TRUE(file);
  ASSERT_EQ(file->records.size(), 3U);
  EXPECT_EQ(file->records[0].text, "{\"sku\":\"a\"}");
  EXPECT_EQ(file->records[0].line, 1U);
  EXPECT_EQ(file->records[1].text, "{\"sku\":\"b/c\", \"stock\": 3 }");
  EXPECT_EQ(file->records[1].line, 4U);
  EXPECT_EQ(file->records[2].line, 5U);
  EXPECT_EQ(file->records[0].hash, hash128("{\"sku\":\"a\"}"));
  EXPECT_EQ(records(text, RecordFormat::kNdjson),
            "a {\"sku\":\"a\"} - - -\n"
            "b/c {\"sku\":\"b/c\",\"stock\":3} - - 3\n"
            "c {\"sku\":\"c\"} - - -\n");
}

TEST(Records, ARecordHasItsIndexesQuantityAndCanonicalText) {
  EXPECT_EQ(
      records(R"({"warehouse":"north","sku":"k","stock":-5,"price":1.50,"active":true,)"
              R"("tags":[1,{"b":2,"a":1}],"note":null,"A":"x"})",
              RecordFormat::kNdjson),
      "k {\"A\":\"x\",\"active\":true,\"note\":null,\"price\":1.50,\"sku\":\"k\",\"stock\":-5,"
      "\"tags\":[1,{\"a\":1,\"b\":2}],\"warehouse\":\"north\"} north true -5\n");
}

TEST(Records, JsonArraysAreCutIntoElements) {
  const std::string text =
      "[\n  {\"sku\": \"a]},\\\"\"},\n  {\"sku\":\"b\",\n   \"tags\": [[1],{}]}\n, {\"sku\":\"c\"} "
      "] \n";
  const auto file = split_records(text, RecordFormat::kJsonArray, "f", schema());
  ASSERT_TRUE(file);
  ASSERT_EQ(file->records.size(), 3U);
  EXPECT_EQ(file->records[0].text, "{\"sku\": \"a]},\\\"\"}");
  EXPECT_EQ(file->records[0].line, 2U);
  EXPECT_EQ(file->records[1].text, "{\"sku\":\"b\",\n   \"tags\": [[1],{}]}");
  EXPECT_EQ(file->records[1].line, 3U);
  EXPECT_EQ(file->records[2].line, 5U);
  EXPECT_EQ(records("[]", RecordFormat::kJsonArray), "");
  EXPECT_EQ(records(" [ \n] ", RecordFormat::kJsonArray), "");
}

TEST(Records, BrokenFilesAreRefusedWithPlace) {
  const Case arrays[] = {
      {"{\"sku\":\"a\"}",
       "f:1:1: expected '[': a file of records is a JSON array; one record a line "
       "is .ndjson"},
      {"[{\"sku\":\"a\"}\n",
       "f:1:2: a record that is never closed; look for a missing '}', ']' or "
       "'\"'"},
      {"[\n", "f:2:1: expected ',' or ']' behind a record"},
      {"[{\"sku\":\"a\"},", "f:1:14: expected ',' or ']' behind a record"},
      {"[{\"sku\":\"a\"},]", "f:1:14: expected a record, an object in braces"},
      {"[{\"sku\":\"a\"}, 7]", "f:1:15: expected a record, an object in braces"},
      {"[{\"sku\":\"a\"}}", "f:1:13: expected ',' or ']' behind a record"},
      {"[{\"sku\":\"a\"}] []", "f:1:15: text behind the array's end; keep one array in a file"},
      {"[{\"sku\":\"a}]",
       "f:1:2: a record that is never closed; look for a missing '}', ']' or '\"'"},
  };
  for (const Case& c : arrays) {
    EXPECT_EQ(records(c.text, RecordFormat::kJsonArray), c.expected) << c.text;
  }
  for (const auto format : {RecordFormat::kNdjson, RecordFormat::kJsonArray, RecordFormat::kCsv}) {
    EXPECT_EQ(records("", format).substr(0, 20), "f: the file is empty");
    EXPECT_EQ(records(" \n", format).substr(0, 20), "f: the file is empty");
    EXPECT_EQ(records(std::string_view("[{\n\0", 4), format).substr(0, 17), "f:2:1: a NUL byte");
    EXPECT_EQ(records("[{\n\xFF", format).substr(0, 30), "f:2:1: a byte that is not UTF-");
  }
}

TEST(Records, EachMistakeNamesItsPlace) {
  const Case cases[] = {
      {R"({"stock":1})", "f:2: the record has no key, expected the field 'sku'"},
      {R"({"stock":1, "sku":12})",
       "f:2:19: the key 'sku' is an integer, expected a string; put it in quotes"},
      {R"({"sku":""})", "f:2:8: the key 'sku' is empty"},
      {R"({"sku":"a//b"})", "f:2:8: the key 'sku' has an empty segment"},
      {R"({"sku":"a/../b"})", "f:2:8: the key 'sku' has a '.' or '..' segment"},
      {R"({"sku":"a\tb"})", "f:2:8: the key 'sku' has a control character"},
      {R"({"sku":"a","stock":"1"})",
       "f:2:20: field 'stock' is a string, expected an integer (at a)"},
      {R"({"sku":"a","stock":1.0})",
       "f:2:20: field 'stock' is a decimal, expected an integer (at a)"},
      {R"({"sku":"a","price":true})",
       "f:2:20: field 'price' is a boolean, expected a number (at a)"},
      {R"({"sku":"a","active":1})",
       "f:2:21: field 'active' is an integer, expected a boolean (at a)"},
      {R"({"sku":"a","warehouse":null})",
       "f:2:24: field 'warehouse' is null, expected a string (at a); leave the field out if it has "
       "no "
       "value"},
      {R"({"sku":"a","warehouse":["n"]})",
       "f:2:24: field 'warehouse' is an array, expected a string (at a)"},
      {R"({"sku":"a","x":1,"x":2})",
       "f:2:18: key 'x' is defined twice; first on line 1; delete one of them"},
      {R"({"sku":"a","warehouse":"n\u0001"})",
       "f:2:24: field 'warehouse' has a control character, which an indexed field must not have "
       "(at "
       "a)"},
      {R"({"sku":"a","stock":18446744073709551615})",
       "f:2:20: the quantity 'stock' is '18446744073709551615', expected an integer from -2^63 to "
       "2^63-1 (at a)"},
      {R"({"sku":"a","x":18446744073709551616})",
       "f:2:16: integer '18446744073709551616' is outside the range from -2^63 to 2^64-1 (at /x); "
       "put "
       "it in quotes if it is meant as text"},
      {R"({"sku":"a","x":1e400})",
       "f:2:16: number '1e400' is outside the range of a double (at /x); put it in quotes if it is "
       "meant as text"},
      {R"({"sku":"a","x":"\u0000"})",
       "f:2:16: a string holds the character NUL, which is not allowed (at /x)"},
      {R"({"sku":"a")",
       "f:2:11: syntax error while parsing object - unexpected end of input; expected '}'"},
      {R"({"sku":"a"} {})",
       "f:2:13: syntax error while parsing value - unexpected '{'; expected end of input"},
      {"7", "f:2:1: the record is not an object, expected '{'"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(records("{\"sku\":\"ok\"}\n" + std::string(c.text) + "\n", RecordFormat::kNdjson),
              c.expected)
        << c.text;
  }
}

TEST(Records, ARecordOfSeveralLinesNamesTheRightOne) {
  EXPECT_EQ(records("[\n{\"sku\":\"a\",\n  \"stock\":true}]", RecordFormat::kJsonArray),
            "f:3:11: field 'stock' is a boolean, expected an integer (at a)");
  EXPECT_EQ(records("[\n{\"sku\":\"a\",\"stock\":true}]", RecordFormat::kJsonArray),
            "f:2: field 'stock' is a boolean, expected an integer (at a)");
  EXPECT_EQ(
      records("[\n{\"sku\":\"a\",\n  \"stock\" true}]", RecordFormat::kJsonArray).substr(0, 7),
      "f:3:11:");
}

TEST(Records, ALineEndWithinAStringCountsToo) {
  // No record may have one, but what is said of it and of those behind it names the right lines.
  const std::string text =
      "[{\"sku\":\"a\nb\"}, {\"sku\":\"c\\\n\",\n\n\"x\":[\n1]}\n,{\"sku\":\"d\"},\n\n"
      "{\n  \"sku\":\"e\"}, {\"sku\":\"f\"}]";
  const auto file = split_records(text, RecordFormat::kJsonArray, "f", schema());
  ASSERT_TRUE(file);
  std::vector<std::uint32_t> lines;
  for (const RawRecord& record : file->records) lines.push_back(record.line);
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{1, 2, 7, 9, 10}));
}

TEST(Records, LimitsAreNamed) {
  RecordLimits limits;
  limits.records_max = 1;
  EXPECT_EQ(records("{\"sku\":\"a\"}\n{\"sku\":\"b\"}\n", RecordFormat::kNdjson, limits),
            "f:2:1: the file has more than 1 records (records_max); split the file");
  limits = {};
  limits.record_bytes_max = 10;
  EXPECT_EQ(records("[{},\n{\"sku\":\"b\"}]", RecordFormat::kJsonArray, limits),
            "f:2:1: a record has 11 bytes, more than 10 (record_bytes_max)");
  limits = {};
  limits.file_bytes_max = 3;
  EXPECT_EQ(records("{}\n\n", RecordFormat::kNdjson, limits),
            "f: the file has 4 bytes, more than 3 (file_bytes_max); split the file");
}

TEST(Records, DepthInARecordIsBounded) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(
      records("{\"sku\":\"a\",\"x\":" + deep, RecordFormat::kNdjson),
      "f:1:79: values are nested more than 64 levels deep (document_depth_max) (at "
      "/x/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/"
      "0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0)");
}

TEST(Records, AFormatIsChosenByExtension) {
  EXPECT_EQ(record_format("a.ndjson"), RecordFormat::kNdjson);
  EXPECT_EQ(record_format("a.jsonl"), RecordFormat::kNdjson);
  EXPECT_EQ(record_format("a.json"), RecordFormat::kJsonArray);
  EXPECT_EQ(record_format("a.csv"), RecordFormat::kCsv);
  EXPECT_EQ(record_format("a.txt"), std::nullopt);
}

}  // namespace
}  // namespace lull::codec
