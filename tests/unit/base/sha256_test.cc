#include "libworkspace/base/sha256.h"

#include <gtest/gtest.h>

#include <string>

#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// FIPS 180-2's own examples.
TEST(Sha256, KnownDigests) {
  struct Case {
    std::string text;
    const char* digest;
  };
  for (const auto& [text, digest] : {
           Case{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
           Case{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
           Case{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
       }) {
    EXPECT_EQ(to_hex(sha256_of(text)), digest);
  }
}

TEST(Sha256, PiecesMakeTheWhole) {
  Sha256 hash;
  for (const char* piece : {"ab", "", "c"}) hash.update(piece);
  EXPECT_EQ(hash.finish(), sha256_of("abc"));
}

}  // namespace
}  // namespace workspace
