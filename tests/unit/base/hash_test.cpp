#include "lull/base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace lull {
namespace {

std::string hex(const Hash128& hash) {
  const auto digits = hash.hex();
  return {digits.data(), digits.size()};
}

// The expected values are the published test vector of XXH3-128 for no input, and for the rest what
// `xxhsum -H2` prints: ETags must not change with a build.
TEST(Hash128, IsXxh3) {
  EXPECT_EQ(hex(hash128("")), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hex(hash128(std::string_view{})), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hex(hash128("lull")), "35162d4e54dd6eaff918aa4f84bbc26e");
}

TEST(Hash128, EveryByteCounts) {
  std::string text(1000, 'x');
  const Hash128 whole = hash128(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = 'y';
    ASSERT_NE(hash128(text), whole) << "byte " << i;
    text[i] = 'x';
  }
}

TEST(Hash128, HexKeepsLeadingZeros) {
  EXPECT_EQ(hex(Hash128{0x1, 0xAB}), "000000000000000100000000000000ab");
}

// Frames are eight bytes of length, least significant first, then the bytes; the expected values
// are what sha256sum prints for that.
TEST(Sha256, IsTheStandardsOverFramedFields) {
  EXPECT_EQ(Sha256Stream().finish().hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Stream().field("abc").finish().hex(),
            "ce91dc5eec0139adf091900d225971d6ad246a845bad791b5693a9d0d55dd391");
}

TEST(Sha256, BordersOfFieldsCount) {
  const Sha256 one = Sha256Stream().field("ab").field("c").finish();
  EXPECT_NE(one, Sha256Stream().field("a").field("bc").finish());
  EXPECT_NE(one, Sha256Stream().field("abc").finish());
  EXPECT_NE(one, Sha256Stream().field("ab").field("c").field("").finish());
  EXPECT_EQ(one, Sha256Stream().field("ab").field("c").finish());
}

TEST(Sha256, ADigestIsAFieldOfItsBytes) {
  const Sha256 inner = Sha256Stream().field("inner").finish();
  const std::string bytes(inner.bytes.begin(), inner.bytes.end());
  EXPECT_EQ(Sha256Stream().field(inner).finish(), Sha256Stream().field(bytes).finish());
}

}  // namespace
}  // namespace lull
