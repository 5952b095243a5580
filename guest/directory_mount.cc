#include "guest/directory_mount.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "guest/files.h"
#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/guest/frame_socket.h"

namespace workspace::agent {
namespace {

constexpr std::chrono::seconds kAnswerTime(10);
constexpr std::chrono::seconds kMountTime(60);

/// Root-only: each mount's result stands in a file under the mount's own path.
constexpr char kResults[] = "/run/workspace-agent";
constexpr char kResultFile[] = "/mount-result";
constexpr char kMounted[] = "mounted";
/// Where the folder of a single file is mounted until the file is.
constexpr char kFolderOfFile[] = "/folder";

std::string result_folder(const MountRequest& request) { return kResults + request.destination; }

void make_result_folder(const MountRequest& request) {
  make_folders(kResults);
  if (::chmod(kResults, 0700) != 0) throw_guest_errno("protecting a folder");
  make_folders(result_folder(request));
  // What an earlier attempt at the same place has left.
  ::unlink((result_folder(request) + kResultFile).c_str());
}

unsigned long flags_of(const MountRequest& request) {
  return MS_NOSUID | MS_NODEV | (request.read_only ? MS_RDONLY : 0);
}

void mount_folder(const MountRequest& request, const std::string& options) {
  make_folders(request.destination);
  mount_at("9p", request.destination, "9p", flags_of(request), options);
}

/// The 9p client mounts folders alone: the file's is mounted out of sight for as long as it takes
/// to show the file where it is to be.
void mount_file(const MountRequest& request, const std::string& options) {
  const std::string folder = result_folder(request) + kFolderOfFile;
  make_folders(folder);
  make_file(request.destination);
  mount_at("9p", folder, "9p", flags_of(request), options);
  try {
    mount_at(folder + "/" + request.file, request.destination, "", MS_BIND, "");
    mount_at("", request.destination, "", MS_BIND | MS_REMOUNT | flags_of(request), "");
  } catch (...) {
    ::umount2(folder.c_str(), MNT_DETACH);
    throw;
  }
  ::umount2(folder.c_str(), MNT_DETACH);
}

std::string mounted_or_reason(const MountRequest& request, const std::string& options,
                              const Modules& modules) {
  try {
    modules.load("9p");
    if (request.file.empty())
      mount_folder(request, options);
    else
      mount_file(request, options);
    return kMounted;
  } catch (const Error& e) {
    return e.text();
  }
}

}  // namespace

std::string mount_options(const MountRequest& request, int fd) {
  if (request.export_name.find(',') != std::string::npos) {
    throw Error(ErrorKind::kInvalid, "'" + printable(request.export_name) +
                                         "' has a comma in it, which a mount cannot express");
  }
  const std::string number = std::to_string(fd);
  // mmap: shared mappings work and nothing is stale, which `none` and `loose` each fail at.
  // locktimeout: a lock that another has is tried again each second, instead of each 30 s.
  return "trans=fd,rfdno=" + number + ",wfdno=" + number +
         ",version=9p2000.L,aname=" + request.export_name + ",msize=65536,cache=mmap,locktimeout=1";
}

void mount_directory(UniqueFd socket, const MountRequest& request, const Modules& modules) {
  const std::string options = mount_options(request, socket.get());
  make_result_folder(request);
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);

  // The node makes its server while the driver is loaded.
  send_frame(socket.get(), FrameType::kOk, {}, Deadline::in(kAnswerTime));
  replace_file(result_folder(request) + kResultFile, mounted_or_reason(request, options, modules),
               0600);
}

void report_mount(int socket, const MountRequest& request) {
  const std::string path = result_folder(request) + kResultFile;
  const Deadline deadline = Deadline::in(kMountTime);
  std::string result;
  while ((result = read_small_file(path)).empty()) {
    if (deadline.passed())
      throw Error(ErrorKind::kGuest, "mounting " + request.destination + " does not end");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (result != kMounted) throw Error(ErrorKind::kGuest, result);
  send_frame(socket, FrameType::kOk, {}, Deadline::in(kAnswerTime));
}

}  // namespace workspace::agent
