#include <gtest/gtest.h>

#include "record_helper.h"

namespace lull::codec {
namespace {

constexpr auto kCsv = RecordFormat::kCsv;

TEST(Csv, RowsAreTypedByTheSchema) {
  EXPECT_EQ(records("sku,warehouse,stock,price,active,note\n"
                    "a,north,5,1.50,true,\n"
                    "b,,,,,12\n",
                    kCsv),
            "a {\"active\":true,\"note\":\"\",\"price\":1.50,\"sku\":\"a\",\"stock\":5,"
            "\"warehouse\":\"north\"} north true 5\n"
            "b {\"note\":\"12\",\"sku\":\"b\",\"warehouse\":\"\"}  - -\n");
}

TEST(Csv, QuotesFollowRfc4180) {
  EXPECT_EQ(records("\"sku\",\"no\"\"te\"\r\n"
                    "\"a\",\"x, \"\"y\"\"\"\r\n"
                    "b,\"two\r\nlines\"\r\n"
                    "c, spaces kept \r\n"
                    "d,\"\"\r\n"
                    "\"e\",\"\"\"\"",
                    kCsv),
            "a {\"no\\\"te\":\"x, \\\"y\\\"\",\"sku\":\"a\"} - - -\n"
            "b {\"no\\\"te\":\"two\\r\\nlines\",\"sku\":\"b\"} - - -\n"
            "c {\"no\\\"te\":\" spaces kept \",\"sku\":\"c\"} - - -\n"
            "d {\"no\\\"te\":\"\",\"sku\":\"d\"} - - -\n"
            "e {\"no\\\"te\":\"\\\"\",\"sku\":\"e\"} - - -\n");
}

TEST(Csv, RowsKnowTheirLine) {
  const std::string text = "\xEF\xBB\xBFsku,note\n\na,\"1\n2\n3\"\r\n\r\nb,x\nc,y";
  const auto file = split_records(text, kCsv, "f", schema());
  ASSERT_TRUE(file);
  ASSERT_EQ(file->records.size(), 3U);
  EXPECT_EQ(file->records[0].line, 3U);
  EXPECT_EQ(file->records[0].text, "a,\"1\n2\n3\"");
  EXPECT_EQ(file->records[1].line, 7U);
  EXPECT_EQ(file->records[2].line, 8U);
  EXPECT_EQ(file->columns, (std::vector<std::string>{"sku", "note"}));
}

TEST(Csv, TheHeaderIsPartOfTheHash) {
  const auto one = split_records("sku,x\na,1\n", kCsv, "f", schema());
  const auto same = split_records("sku,x\r\nb,1\r\na,1", kCsv, "f", schema());
  const auto other = split_records("sku,y\na,1\n", kCsv, "f", schema());
  ASSERT_TRUE(one && same && other);
  EXPECT_EQ(one->records[0].hash, same->records[1].hash);
  EXPECT_NE(one->records[0].hash, same->records[0].hash);
  EXPECT_NE(one->records[0].hash, other->records[0].hash);
}

TEST(Csv, AHeaderAloneHasNoRecords) {
  EXPECT_EQ(records("sku,x\n", kCsv), "");
  EXPECT_EQ(records("sku", kCsv), "");
}

TEST(Csv, HeadersAreChecked) {
  const Case cases[] = {
      {"sku,,x\n", "f:1:5: the header has a column without a name; name it, or delete the column"},
      {"sku,x,\n", "f:1:7: the header has a column without a name; name it, or delete the column"},
      {"sku,x,\"x\"\n", "f:1:7: the header names the column 'x' twice"},
      {"id,x\n",
       "f:1:1: the header has no column 'sku', which is the key; the first line must name the "
       "columns"},
      {"sk\"u\n",
       "f:1:3: a quote inside a cell that has no quotes around it; put the cell in quotes and "
       "double the one inside"},
  };
  for (const Case& c : cases) EXPECT_EQ(records(c.text, kCsv), c.expected) << c.text;
}

TEST(Csv, EachMistakeNamesItsPlace) {
  const Case cases[] = {
      {"a,\"x\n\n",
       "f:3:3: a quote is never closed; close it, or double it if it is part of the text"},
      {"a,\"x\"y\n",
       "f:3:6: text behind a closing quote, expected a comma or a line's end; double a quote "
       "that is part of the text"},
      {"a,x\"y\"\n",
       "f:3:4: a quote inside a cell that has no quotes around it; put the cell in quotes "
       "and double the one inside"},
      {"a,x\ry\n", "f:3:4: a carriage return without a line feed; end lines with LF or CRLF"},
      {"a\n",
       "f:3:1: the row has 1 cells, expected 2 as in the header; a comma that is part of a cell "
       "needs quotes around the cell"},
      {"a,1,2\n",
       "f:3:1: the row has 3 cells, expected 2 as in the header; a comma that is part of a "
       "cell needs quotes around the cell"},
      {",1\n", "f:3:1: the key 'sku' is empty"},
      {"a/,1\n", "f:3:1: the key 'sku' has an empty segment"},
      {"\"a\nb\",1\n", "f:3:1: the key 'sku' has a control character"},
      {"a,x\n",
       "f:3:3: field 'stock': 'x' is not a number; write it as JSON does: 12, -3, 0.5, 1e6"},
      {"a, 1\n",
       "f:3:3: field 'stock': ' 1' is not a number; write it as JSON does: 12, -3, 0.5, 1e6"},
      {"a,007\n",
       "f:3:3: field 'stock': '007' is not a number; write it as JSON does: 12, -3, 0.5, 1e6"},
      {"a,1.5\n", "f:3:3: field 'stock' is a decimal, expected an integer (at a)"},
      {"a,9223372036854775808\n",
       "f:3:3: the quantity 'stock' is '9223372036854775808', expected an "
       "integer from -2^63 to 2^63-1 (at a)"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(records("sku,stock\nok,1\n" + std::string(c.text), kCsv), c.expected) << c.text;
  }
  EXPECT_EQ(
      records("sku,active\na,yes\n", kCsv),
      "f:2:3: field 'active' is 'yes', expected true or false; leave the cell empty if it has no "
      "value");
  EXPECT_EQ(
      records("sku,note,price\na,\"1\n2\",1e400\n", kCsv),
      "f:3:4: field 'price': number '1e400' is outside the range of a double; put it in quotes if "
      "it is meant as text");
  EXPECT_EQ(
      records("sku,warehouse\na,\"n\n\"\n", kCsv),
      "f:2:3: field 'warehouse' has a control character, which an indexed field must not have (at "
      "a)");
}

}  // namespace
}  // namespace lull::codec
