#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {

struct DomainDeleter {
  void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
using DomainHandle = std::unique_ptr<virDomain, DomainDeleter>;

struct LibvirtTextDeleter {
  void operator()(char* text) const { std::free(text); }
};
/// A text that libvirt has allocated for the caller.
using LibvirtText = std::unique_ptr<char, LibvirtTextDeleter>;

/// Shared with calls that may be left behind at their deadline.
using Connection = std::shared_ptr<virConnect>;

/// libvirt's last error of this thread as a host's fault; one line, for it may quote a guest's
/// name or a tool's output.
[[noreturn]] inline void throw_libvirt(std::string_view what) {
  const char* const message = virGetLastErrorMessage();
  throw Error(ErrorKind::kHost, std::string(what) + ": " + printable(message, 1024));
}

}  // namespace workspace
