#include "libworkspace/image/download.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StartsWith;

TEST(DownloadSource, IsAUrlOrAPath) {
  EXPECT_EQ(parse_source_url("https://site.example/catalogue/"), "https://site.example/catalogue");
  EXPECT_EQ(parse_source_url("http://site.example:8080/a"), "http://site.example:8080/a");
  EXPECT_EQ(parse_source_url("/srv/a b"), "file:///srv/a%20b");
  EXPECT_EQ(parse_source_url("file:///srv/a"), "file:///srv/a");
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {"", "'' is neither a https:, http: or file: URL nor an absolute path"},
      {"srv/a", "'srv/a' is neither "},
      {"ftp://site.example/a", "'ftp://site.example/a' is neither "},
      {"scp://site.example/a", "'scp://site.example/a' is neither "},
      {"HTTPS://site.example/a", "'HTTPS://site.example/a' is neither "},
      {"file://elsewhere/a", "'file://elsewhere/a' is neither "},
      {"-K/etc/passwd", "'-K/etc/passwd' is neither "},
      {"https://me:secret@site.example/a", "'https://me:secret@site.example/a' names a user"},
      {"https://site.example/a?b=c", "'https://site.example/a?b=c' has a character that"},
      {"https://site.example/a#b", "'https://site.example/a#b' has a character that"},
      {"https://site.example/{a,b}", "'https://site.example/{a,b}' has a character that"},
      {"https://site.example/[1-9]", "'https://site.example/[1-9]' has a character that"},
      {"https://site.example/a b", "'https://site.example/a b' has a character that"},
      {"https://site.example/a\nb", "'https://site.example/a\\x0ab' has a character that"},
      {"https://", "'https://' names no place"},
      {"https://site.example/" + std::string(3000, 'a'), "'https://site.example/aaa"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    expect_error([&] { (void)parse_source_url(c.text); }, ErrorKind::kInvalid,
                 StartsWith(c.message));
  }
}

}  // namespace
}  // namespace workspace
