#include "guest/accounts.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "guest/files.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

/// A field of passwd(5) or group(5).
const std::string& checked(const std::string& field, const char* what) {
  const bool breaks = std::any_of(field.begin(), field.end(), [](char c) {
    return c == ':' || c == ',' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
  if (field.empty() || breaks) {
    throw Error(ErrorKind::kInvalid,
                std::string("'") + printable(field, 64) + "' cannot be the name of a " + what);
  }
  return field;
}

std::string name_of_line(std::string_view line) {
  return std::string(line.substr(0, line.find(':')));
}

/// The file's lines whose first field is none of `names`.
std::string lines_without(std::string_view text, const std::vector<std::string>& names) {
  std::string kept;
  for (const auto& line : split(text, '\n')) {
    if (!line.empty() && std::find(names.begin(), names.end(), name_of_line(line)) == names.end())
      kept += line + "\n";
  }
  return kept;
}

/// In an image that has the file: it stays readable by the group that it was, whose programs check
/// passwords (unix_chkpwd(8)).
void add_to_shadow(const GuestConfig& config) {
  const std::string path = "/etc/shadow";
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  replace_file(path, shadow_with_user(read_small_file(path), config), 0600);
  if (::chown(path.c_str(), 0, status.st_gid) != 0 ||
      ::chmod(path.c_str(), status.st_mode & 0640U) != 0)
    throw_guest_errno("setting the owner and mode of " + path);
}

void write_accounts(const GuestConfig& config) {
  replace_file("/etc/passwd",
               passwd_with_user(read_small_file("/etc/passwd"), config, shell_inside(config)),
               0644);
  replace_file("/etc/group", group_with_user(read_small_file("/etc/group"), config), 0644);
  add_to_shadow(config);
}

}  // namespace

std::string passwd_with_user(std::string_view passwd, const GuestConfig& config,
                             const std::string& shell) {
  return checked(config.user_name, "user") + ":x:" + std::to_string(config.uid) + ":" +
         std::to_string(config.gid) + "::" + checked(config.home, "home folder") + ":" + shell +
         "\n" + lines_without(passwd, {config.user_name});
}

/// PAM, and by it sudo and sshd, refuse a user who is not there.
std::string shadow_with_user(std::string_view shadow, const GuestConfig& config) {
  return checked(config.user_name, "user") + ":*:::::::\n" +
         lines_without(shadow, {config.user_name});
}

std::string group_with_user(std::string_view group, const GuestConfig& config) {
  std::string lines;
  std::vector<std::string> names;
  for (const auto& [name, gid] : config.groups) {
    lines += checked(name, "group") + ":x:" + std::to_string(gid) + ":" + config.user_name + "\n";
    names.push_back(name);
  }
  return lines + lines_without(group, names);
}

std::string shell_inside(const GuestConfig& config) {
  return ::access(config.shell.c_str(), X_OK) == 0 ? config.shell : "/bin/sh";
}

void add_user(const GuestConfig& config) {
  make_folders("/etc");
  // root is in every image, and as the image has it.
  if (config.uid != 0) write_accounts(config);

  struct stat status {};
  if (::stat(config.home.c_str(), &status) == 0) return;
  make_folders(config.home);
  if (::chmod(config.home.c_str(), 0700) != 0 ||
      ::chown(config.home.c_str(), config.uid, config.gid) != 0)
    throw_guest_errno("giving " + config.home + " to its user");
}

}  // namespace workspace::agent
