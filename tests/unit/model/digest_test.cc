#include "libworkspace/model/digest.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

const std::string kHex = "00ff0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab";

TEST(Digest, GoesBothWays) {
  const Digest digest = Digest::parse("sha256:" + kHex);
  EXPECT_EQ(digest.to_string(), "sha256:" + kHex);
  EXPECT_EQ(digest.file_name(), "sha256-" + kHex);
  EXPECT_EQ(digest.bytes()[1], 0xff);
  EXPECT_EQ(digest, Digest(digest.bytes()));
}

TEST(Digest, RefusesAnyOtherForm) {
  for (const std::string& bad :
       {std::string(), kHex, "sha1:" + kHex, "sha256:" + kHex.substr(2), "sha256:" + kHex + "00",
        "sha256:" + kHex.substr(1), "sha256:00FF" + kHex.substr(4), "SHA256:" + kHex,
        "sha256-" + kHex, " sha256:" + kHex, "sha256:" + kHex + "\n"}) {
    SCOPED_TRACE(bad);
    testing::expect_error(
        [&] { Digest::parse(bad); }, ErrorKind::kInvalid,
        ::testing::HasSubstr(
            "is not a digest; expected sha256: and 64 lower-case hexadecimal digits"));
  }
}

}  // namespace
}  // namespace workspace
