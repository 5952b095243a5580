#include "libworkspace/base/error.h"

#include <gtest/gtest.h>
#include <sysexits.h>

#include <cerrno>
#include <stdexcept>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;

TEST(Error, ContextIsPutInFront) {
  Error error(ErrorKind::kHost, "no such device");
  error.in("creating the domain").in("booting job 42");
  EXPECT_STREQ(error.what(), "booting job 42: creating the domain: no such device");
}

TEST(ErrorKinds, DecideWhoIsToldAndHowProgramsEnd) {
  struct Case {
    ErrorKind kind;
    const char* name;
    bool user_fault;
    int status;
  };
  for (const auto& [kind, name, user_fault, status] : {
           Case{ErrorKind::kUsage, "usage", true, EX_USAGE},
           Case{ErrorKind::kInvalid, "invalid", true, EX_DATAERR},
           Case{ErrorKind::kNotFound, "not-found", true, EX_NOINPUT},
           Case{ErrorKind::kDenied, "denied", true, EX_NOPERM},
           Case{ErrorKind::kExceeded, "exceeded", true, EX_CONFIG},
           Case{ErrorKind::kBusy, "busy", true, EX_TEMPFAIL},
           Case{ErrorKind::kGuest, "guest", true, EX_UNAVAILABLE},
           Case{ErrorKind::kTimeout, "timeout", false, EX_TEMPFAIL},
           Case{ErrorKind::kHost, "host", false, EX_OSERR},
       }) {
    SCOPED_TRACE(name);
    EXPECT_EQ(name_of(kind), name);
    EXPECT_EQ(is_user_fault(kind), user_fault);
    EXPECT_EQ(exit_status(kind), status);
  }
}

TEST(ThrowErrno, TellsTheSystemsReason) {
  expect_error([] { throw_errno("opening /x", ENOENT); }, ErrorKind::kHost,
               ::testing::StrEq("opening /x: No such file or directory"));
}

TEST(ThrowErrno, AFullDiskSaysWhatToDo) {
  expect_error([] { throw_errno("writing /x", ENOSPC); }, ErrorKind::kHost,
               ::testing::StrEq("writing /x: No space left on device; free space there"));
}

TEST(MainGuard, PrintsOneLineAndReturnsTheKindsStatus) {
  ::testing::internal::CaptureStderr();
  const auto body = [](int, char**) -> int { throw Error(ErrorKind::kDenied, "not\nyours"); };
  EXPECT_EQ(main_guard("workspace", body, 0, nullptr), EX_NOPERM);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "workspace: error: not\\x0ayours\n");
}

TEST(MainGuard, AForeignExceptionIsAFaultOfTheProgram) {
  ::testing::internal::CaptureStderr();
  const auto body = [](int, char**) -> int { throw std::runtime_error("oops"); };
  EXPECT_EQ(main_guard("workspace", body, 0, nullptr), EX_SOFTWARE);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "workspace: error: internal error: oops\n");
}

}  // namespace
}  // namespace workspace
