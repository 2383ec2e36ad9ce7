#include "lull/base/error.h"

#include <gtest/gtest.h>

namespace lull {
namespace {

TEST(Error, TextSaysWhatWhereAndWhatToDo) {
  const Error error{ErrorCode::kInvalid, "expected an integer, found 'x'",
                    Location{"inventory/a.csv", 12, 7, "/available"}, "write digits only"};
  EXPECT_EQ(error.text(),
            "inventory/a.csv:12:7: expected an integer, found 'x' (at /available); "
            "write digits only");
}

TEST(Error, TextLeavesOutWhatIsUnknown) {
  EXPECT_EQ((Error{ErrorCode::kLimit, "too long", {}, {}}.text()), "too long");
  EXPECT_EQ((Error{ErrorCode::kSyntax, "a tab", Location{"a.yaml", 3, 0, ""}, {}}.text()),
            "a.yaml:3: a tab");
  EXPECT_EQ((Error{ErrorCode::kSyntax, "gone", Location{"a.yaml", 0, 5, ""}, {}}.text()),
            "a.yaml: gone")
      << "a column without a line says nothing";
  EXPECT_EQ((Error{ErrorCode::kDuplicate, "twice", Location{"", 0, 0, "SKU-1"}, {}}.text()),
            "twice (at SKU-1)");
}

TEST(Error, FailMakesAResultThatHoldsIt) {
  const Result<int> result = fail(ErrorCode::kNotFound, "no such thing", {"f", 1, 2, "/p"}, "look");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(result.error().text(), "f:1:2: no such thing (at /p); look");
}

}  // namespace
}  // namespace lull
