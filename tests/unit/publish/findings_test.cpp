#include "lull/publish/findings.h"

#include <gtest/gtest.h>

namespace lull::publish {
namespace {

TEST(ChangeList, NamesAFewAndCountsMany) {
  ChangeList one;
  one.add(ChangeList::kChanged, "SKU-17");
  EXPECT_EQ(one.summary("record"), "1 record changed: SKU-17");

  ChangeList some;
  some.add(ChangeList::kChanged, "payment");
  some.add(ChangeList::kRemoved, "x");
  some.add(ChangeList::kChanged, "search");
  EXPECT_EQ(some.summary("document"), "2 documents changed: payment, search; 1 removed: x");

  ChangeList many;
  for (int i = 0; i < 120; ++i) many.add(ChangeList::kAdded, "k" + std::to_string(i));
  for (int i = 0; i < 3; ++i) many.add(ChangeList::kChanged, "c" + std::to_string(i));
  many.add(ChangeList::kRemoved, "r");
  EXPECT_EQ(many.summary("record"), "120 records added, 3 changed, 1 removed");

  EXPECT_EQ(ChangeList{}.summary("record"), "no records");
}

TEST(ChangeList, LongNamesAreLeftOut) {
  ChangeList list;
  list.add(ChangeList::kAdded, std::string(1024, 'k'));
  EXPECT_EQ(list.summary("record"), "1 record added");
}

TEST(ErrorList, SortsByPlaceAndIsBounded) {
  ErrorList list;
  const auto error = [](std::string file, std::uint32_t line) {
    return Error{ErrorCode::kSyntax, "m", {std::move(file), line, 0, {}}, {}};
  };
  list.add(error("b", 1));
  list.add(error("a", 7));
  list.add(error("a", 3));
  for (std::uint32_t i = 0; i < ErrorList::kErrorsMax; ++i) list.add(error("c", i));
  const Errors errors = list.take();
  ASSERT_EQ(errors.size(), ErrorList::kErrorsMax + 1);
  EXPECT_EQ(errors[0].where.line, 3U);
  EXPECT_EQ(errors[1].where.line, 7U);
  EXPECT_EQ(errors[2].where.file, "b");
  EXPECT_EQ(errors.back().code, ErrorCode::kLimit);
  EXPECT_EQ(errors.back().message, "and 3 more errors");
}

}  // namespace
}  // namespace lull::publish
