#include <gtest/gtest.h>

#include "lull/source/file_name.h"
#include "lull/source/file_system.h"

namespace lull::source {
namespace {

TEST(FileName, LeftoversAreNoSources) {
  for (const char* name : {"", ".hidden.yaml", ".foo.yaml.swp", "foo.yaml~", "#foo.yaml#", "4913",
                           "foo.yaml.bak", "foo.yaml.tmp", "foo.yaml.orig", "foo.yaml.rej",
                           "foo.yaml.dpkg-new", "foo.swx", "foo.lock", "..data"}) {
    EXPECT_TRUE(is_leftover(name)) << name;
  }
  for (const char* name : {"foo.yaml", "49130", "a", "foo#.yaml", "#foo.yaml", "bak.yaml", "~foo"}) {
    EXPECT_FALSE(is_leftover(name)) << name;
  }
}

TEST(FileName, EscapesWhatMessagesCannotShow) {
  EXPECT_TRUE(is_printable("caf\xc3\xa9.yaml"));
  EXPECT_FALSE(is_printable("caf\xe9.yaml"));
  EXPECT_FALSE(is_printable("two\nlines.yaml"));
  EXPECT_EQ(escaped("caf\xe9\n\\.yaml"), "caf\\xe9\\x0a\\\\.yaml");
}

TEST(FileSystem, NamesThoseThatOthersCanChange) {
  EXPECT_EQ(network_file_system(0x6969), "nfs");
  EXPECT_EQ(network_file_system(0x65735546), "fuse");
  // f_type is signed: what is above 2^31 may come as a negative number.
  EXPECT_EQ(network_file_system(static_cast<std::int32_t>(0xFF534D42)), "cifs");
  EXPECT_EQ(network_file_system(0xEF53), "");  // ext4
  EXPECT_EQ(network_file_system(0x01021994), "");  // tmpfs
}

}  // namespace
}  // namespace lull::source
