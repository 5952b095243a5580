#include "spank_plugin/multi_prog.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;

using Words = std::vector<std::string>;

TEST(MultiProg, GivesEachTaskItsLine) {
  struct Case {
    const char* what;
    const char* text;
    std::uint32_t task;
    Words argv;
  };
  const std::vector<Case> cases = {
      {"a number", "0 a\n1 b\n", 1, {"b"}},
      {"a range", "0-3 a\n4-5 b\n", 4, {"b"}},
      {"a list", "0,2 a\n1,3-4 b\n", 3, {"b"}},
      {"all", "* a x\n", 7, {"a", "x"}},
      {"the first line counts", "1 a\n* b\n", 1, {"a"}},
      {"comments and blank lines", "# 0 x\n\n   \n  0   a\tb  \n", 0, {"a", "b"}},
      {"no newline at the end", "0 a", 0, {"a"}},
      {"the task's number", "* echo task:%t", 12, {"echo", "task:12"}},
      {"the place in the line", "3,5-7 echo %o of %t", 6, {"echo", "2", "of", "6"}},
      {"another percent letter vanishes", "0 a x%dy", 0, {"a", "xy"}},
      {"quotes keep spaces and percents", "0 a 'b  %t' c", 0, {"a", "b  %t", "c"}},
      {"quotes within a word", "0 a b'c d'e", 0, {"a", "bc de"}},
      {"an empty word", "0 a '' b", 0, {"a", "", "b"}},
      {"an escaped space", "0 a b\\ c", 0, {"a", "b c"}},
      {"an escaped quote", "0 a \\'b", 0, {"a", "'b"}},
      {"a line that goes on", "0 a \\\n  b\n1 c\n", 0, {"a", "b"}},
      {"a line that goes on is no line of its own", "0 a \\\n1 b\n1 c\n", 1, {"c"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(multi_prog_argv(c.text, c.task, {}), c.argv);
  }
  EXPECT_EQ(multi_prog_argv("* a b", 0, {"c", "d e"}), (Words{"a", "b", "c", "d e"}));
}

TEST(MultiProg, RefusesWhatItCannotFollow) {
  struct Case {
    const char* text;
    std::uint32_t task;
    ErrorKind kind;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"", 0, ErrorKind::kNotFound, "no line of the --multi-prog file names task 0"},
      {"0-2 a\n", 3, ErrorKind::kNotFound, "no line of the --multi-prog file names task 3"},
      {"0 a\nx b\n", 1, ErrorKind::kInvalid, "line 2 of the --multi-prog file names tasks by 'x'"},
      {"# c\n2-1 a\n", 1, ErrorKind::kInvalid, "line 2 of the --multi-prog file names tasks by"},
      {"1- a\n", 1, ErrorKind::kInvalid, "line 1 of the --multi-prog file names tasks by '1-'"},
      {"0\n", 0, ErrorKind::kInvalid, "line 1 of the --multi-prog file names no program"},
      {"1 x\\\ny\n0 a 'b\n", 0, ErrorKind::kInvalid,
       "line 3 of the --multi-prog file has a quote that is not closed"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    expect_error([&] { multi_prog_argv(c.text, c.task, {}); }, c.kind, HasSubstr(c.reason));
  }
}

TEST(MultiProg, IsKnownByItsForm) {
  for (const char* text : {"0 a", "\n# c\n0-3,5 a\nrest", "* a"}) {
    EXPECT_TRUE(looks_like_multi_prog(text)) << text;
  }
  for (const char* text :
       {"", "0", "-c", "x y", "import os\nos.exit()", "0x a", "1-,2 a", "# 0 a"}) {
    EXPECT_FALSE(looks_like_multi_prog(text)) << text;
  }
}

TEST(MultiProg, IsSureOnlyByTheFileThatSrunHasRead) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.write("tasks.conf", "0 a\n1 b\n");
  EXPECT_TRUE(is_multi_prog_file(path, "0 a\n1 b\n"));
  EXPECT_FALSE(is_multi_prog_file(path, "0 a\n1 c\n"));
  EXPECT_FALSE(is_multi_prog_file(path, "0 a\n"));
  EXPECT_FALSE(is_multi_prog_file(folder.file("none"), "0 a"));
  EXPECT_FALSE(is_multi_prog_file(folder.path(), "0 a"));
  EXPECT_FALSE(is_multi_prog_file("echo", "0 a"));
}

}  // namespace
}  // namespace workspace
