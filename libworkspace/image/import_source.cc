#include "libworkspace/image/import_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/file_range.h"
#include "libworkspace/image/qcow2_header.h"
#include "libworkspace/image/sif_header.h"

namespace workspace {
namespace {

constexpr std::array<std::string_view, 3> kTransports = {"oci", "oci-archive", "docker-archive"};
constexpr std::string_view kSsh = "ssh:";

/// What a file begins with, beyond what its kind needs a longer look for.
struct Magic {
  std::size_t offset;
  std::string_view bytes;
  SourceKind kind;
};
constexpr std::array kMagics = {
    Magic{0, "hsqs", SourceKind::kSquashfs},
    Magic{0, {kQcow2Magic, 4}, SourceKind::kQcow2},
    Magic{kSifMagicOffset, {kSifMagic, sizeof kSifMagic}, SourceKind::kSif},
    Magic{257, "ustar", SourceKind::kArchive},
    Magic{1080, "\x53\xef", SourceKind::kExt},
    Magic{512, "EFI PART", SourceKind::kDisk},
    Magic{510, "\x55\xaa", SourceKind::kDisk},
};

/// What is recognised to be refused with a better word than "no archive".
struct Refused {
  std::size_t offset;
  std::string_view bytes;
  std::string_view what;
};
constexpr std::array kRefused = {
    Refused{0, "XFSB", "an XFS file system"},
    Refused{65600, "_BHRfS_M", "a Btrfs file system"},
    Refused{0, "KDMV", "a VMDK disk; convert it with qemu-img convert -O qcow2"},
    Refused{0, "conectix", "a VHD disk; convert it with qemu-img convert -O qcow2"},
    Refused{0, "vhdxfile", "a VHDX disk; convert it with qemu-img convert -O qcow2"},
    Refused{32769, "CD001", "a CD image"},
    Refused{0, "PK\x03\x04", "a zip archive, which keeps no owners"},
    Refused{0, "!<arch>\n", "a package or library"},
};
constexpr std::size_t kHeadBytes = 66'000;

bool has(const std::string& head, std::size_t offset, std::string_view bytes) {
  return head.size() >= offset + bytes.size() && head.compare(offset, bytes.size(), bytes) == 0;
}

SourceKind recognise(const std::string& head, const std::string& name) {
  for (const auto& magic : kMagics)
    if (has(head, magic.offset, magic.bytes)) return magic.kind;
  for (const auto& refused : kRefused) {
    if (!has(head, refused.offset, refused.bytes)) continue;
    throw Error(ErrorKind::kInvalid,
                name + " is " + std::string(refused.what) +
                    (refused.what.find(';') == std::string_view::npos
                         ? "; import a tar of it, or the running machine (ssh:HOST)"
                         : ""));
  }
  return SourceKind::kArchive;
}

ImportSource machine(const std::string& source) {
  ImportSource found;
  found.kind = SourceKind::kMachine;
  found.name = source;
  std::string rest = source.substr(kSsh.size());
  const auto colon = rest.find(':');
  found.path = colon == std::string::npos ? "/" : rest.substr(colon + 1);
  found.host = rest.substr(0, colon);
  // ssh would take a name with a dash in front for an option.
  if (found.host.empty() || found.host.front() == '-' ||
      found.host.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "._-@") != std::string::npos) {
    throw Error(ErrorKind::kInvalid, "'" + printable(found.host, 128) +
                                         "' is not a host; expected ssh:[USER@]HOST[:/PATH]");
  }
  if (found.path.empty() || found.path.front() != '/') {
    throw Error(ErrorKind::kInvalid,
                "'" + printable(found.path, 128) + "' is not an absolute path on " + found.host);
  }
  return found;
}

}  // namespace

std::string_view name_of(SourceKind kind) {
  switch (kind) {
    case SourceKind::kFolder:
      return "folder";
    case SourceKind::kArchive:
      return "archive";
    case SourceKind::kContainer:
      return "container image";
    case SourceKind::kSif:
      return "SIF image";
    case SourceKind::kQcow2:
      return "qcow2 disk";
    case SourceKind::kDisk:
      return "raw disk";
    case SourceKind::kExt:
      return "ext4 file system";
    case SourceKind::kSquashfs:
      return "squashfs file system";
    case SourceKind::kMachine:
      return "running machine";
    case SourceKind::kUpper:
      return "scratch disk";
    case SourceKind::kBuild:
      return "build";
  }
  return "?";
}

ImportSource ImportSource::open(const std::string& source) {
  if (source.starts_with(kSsh)) return machine(source);
  ImportSource found;
  found.name = source;
  found.path = source;
  for (const auto& transport : kTransports) {
    if (!source.starts_with(std::string(transport) + ":")) continue;
    found.kind = SourceKind::kContainer;
    found.transport = transport;
    found.path = source.substr(transport.size() + 1);
  }
  found.fd.reset(::open(found.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!found.fd.valid()) {
    if (errno == ENOENT) throw Error(ErrorKind::kNotFound, source + " does not exist");
    throw_errno("opening " + source);
  }
  struct stat info {};
  if (::fstat(found.fd.get(), &info) != 0) throw_errno("reading the state of " + source);
  found.size_bytes = static_cast<std::uint64_t>(info.st_size);
  if (S_ISDIR(info.st_mode)) {
    const bool layout = ::faccessat(found.fd.get(), "oci-layout", F_OK, 0) == 0;
    if (found.transport.empty() && layout) found.transport = "oci";
    found.kind = found.transport.empty() ? SourceKind::kFolder : SourceKind::kContainer;
    if (found.transport.ends_with("-archive"))
      throw Error(ErrorKind::kInvalid, found.path + " is a folder, not a saved image");
    return found;
  }
  if (!S_ISREG(info.st_mode))
    throw Error(ErrorKind::kInvalid, source + " is neither a regular file nor a folder");
  if (found.transport == "oci") throw Error(ErrorKind::kInvalid, found.path + " is no OCI layout");
  if (found.transport.empty())
    found.kind = recognise(read_at(found.fd.get(), 0, kHeadBytes, source), source);
  return found;
}

}  // namespace workspace
