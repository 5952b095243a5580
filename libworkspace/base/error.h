#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace workspace {

/// What went wrong, in the terms that decide who is told and what Slurm does about it.
enum class ErrorKind {
  kUsage,     ///< a command line that cannot be understood
  kInvalid,   ///< a value, file or frame that breaks its rules
  kNotFound,  ///< a named thing does not exist
  kDenied,    ///< the caller may not do this
  kExceeded,  ///< more was asked than the allocation or the site's limits give
  kBusy,      ///< other jobs have what is needed; it comes back as they end
  kGuest,     ///< the image does not boot, or its guest does not answer as it must
  kTimeout,   ///< a deadline passed while waiting for a part of the host
  kHost,      ///< the node itself fails: no hypervisor, a full disk, a tool that breaks
};

/// The one exception type of the project.
///
/// The text is one line for the person who can act. It never repeats the text of its cause; context
/// is put in front of it on the way out ("booting job 42: creating the domain: …").
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

  /// Puts `context: ` in front of the text; returns itself so that `throw e.in(…)` reads well.
  Error& in(std::string_view context);

 private:
  ErrorKind kind_;
  std::string text_;
};

/// True for what the job's user (or their image) is to blame for, or other jobs are: such an error
/// ends the job's run and leaves the node idle. A host's fault fails the prolog or epilog, and
/// Slurm drains the node.
bool is_user_fault(ErrorKind kind) noexcept;

/// The exit status that a program ends with for an error of this kind, after sysexits(3).
int exit_status(ErrorKind kind) noexcept;

/// A short name of the kind, for logs and JSON.
std::string_view name_of(ErrorKind kind) noexcept;

/// Throws kHost with `what: strerror(errno)`; with `ENOSPC` and `EDQUOT` it says what to do.
[[noreturn]] void throw_errno(std::string_view what, int error_number);
[[noreturn]] void throw_errno(std::string_view what);

/// Runs a program's body. An Error becomes one line `PROGRAM: error: TEXT` on stderr and the kind's
/// exit status; a foreign exception is a fault of the program and ends in status 70 (EX_SOFTWARE).
int main_guard(std::string_view program, int (*body)(int argc, char** argv), int argc, char** argv);

}  // namespace workspace
