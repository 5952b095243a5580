#include "libworkspace/base/error.h"

#include <sysexits.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "libworkspace/base/text.h"

namespace workspace {

Error& Error::in(std::string_view context) {
  text_.insert(0, ": ").insert(0, context);
  return *this;
}

bool is_user_fault(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kDenied:
    case ErrorKind::kExceeded:
    case ErrorKind::kBusy:
    case ErrorKind::kGuest:
      return true;
    case ErrorKind::kTimeout:
    case ErrorKind::kHost:
      return false;
  }
  return false;
}

int exit_status(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kUsage:
      return EX_USAGE;
    case ErrorKind::kInvalid:
      return EX_DATAERR;
    case ErrorKind::kNotFound:
      return EX_NOINPUT;
    case ErrorKind::kDenied:
      return EX_NOPERM;
    case ErrorKind::kExceeded:
      return EX_CONFIG;
    case ErrorKind::kGuest:
      return EX_UNAVAILABLE;
    case ErrorKind::kBusy:
    case ErrorKind::kTimeout:
      return EX_TEMPFAIL;
    case ErrorKind::kHost:
      return EX_OSERR;
  }
  return EX_SOFTWARE;
}

std::string_view name_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kInvalid:
      return "invalid";
    case ErrorKind::kNotFound:
      return "not-found";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kExceeded:
      return "exceeded";
    case ErrorKind::kBusy:
      return "busy";
    case ErrorKind::kGuest:
      return "guest";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kHost:
      return "host";
  }
  return "unknown";
}

void throw_errno(std::string_view what, int error_number) {
  std::string text = std::string(what) + ": " + std::generic_category().message(error_number);
  if (error_number == ENOSPC || error_number == EDQUOT) text += "; free space there";
  throw Error(ErrorKind::kHost, std::move(text));
}

void throw_errno(std::string_view what) { throw_errno(what, errno); }

int main_guard(std::string_view program, int (*body)(int, char**), int argc, char** argv) {
  const auto report = [&](std::string_view text) {
    const std::string line = printable(text);
    std::fprintf(stderr, "%.*s: error: %s\n", static_cast<int>(program.size()), program.data(),
                 line.c_str());
  };
  try {
    return body(argc, argv);
  } catch (const Error& e) {
    report(e.text());
    return exit_status(e.kind());
  } catch (const std::exception& e) {
    report(std::string("internal error: ") + e.what());
    return EX_SOFTWARE;
  }
}

}  // namespace workspace
