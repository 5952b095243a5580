#include "libworkspace/image/left_out.h"

#include <fnmatch.h>

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

bool is_matched(const std::string& pattern, const std::string& path) {
  return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
}

[[noreturn]] void refuse_pattern(const std::string& file, std::size_t number,
                                 const std::string& line, const std::string& why) {
  throw Error(ErrorKind::kInvalid, file + ":" + std::to_string(number) + ": the pattern '" +
                                       printable(line, 128) + "' " + why);
}

}  // namespace

LeftOut LeftOut::parse(std::string_view text, const std::string& file) {
  LeftOut left_out;
  std::size_t number = 0;
  for (std::string line : split(text, '\n')) {
    ++number;
    const auto refuse = [&](const std::string& why) { refuse_pattern(file, number, line, why); };
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.front() == '#') continue;
    if (printable(line).size() != line.size()) refuse("holds a byte that is no printable ASCII");
    line.erase(0, line.find_first_not_of('/'));
    while (line.ends_with('/')) line.pop_back();
    if (line.empty()) refuse("would leave out everything");
    const auto parts = split(line, '/');
    if (std::find(parts.begin(), parts.end(), "..") != parts.end()) refuse("holds '..'");
    left_out.patterns_.push_back(line);
  }
  return left_out;
}

bool LeftOut::matches(std::string_view path) const {
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) {
    // The pattern may name the entry itself or any folder above it.
    for (auto end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1))
      if (is_matched(pattern, std::string(path.substr(0, end)))) return true;
    return is_matched(pattern, std::string(path));
  });
}

std::string LeftOut::to_text() const {
  std::string text;
  for (const auto& pattern : patterns_) text += pattern + "\n";
  return text;
}

void LeftOut::add(const LeftOut& more) {
  patterns_.insert(patterns_.end(), more.patterns_.begin(), more.patterns_.end());
}

LeftOut left_out_of_images() {
  return LeftOut({"dev/*", "proc/*", "sys/*", "run/*", ".dockerenv", "lost+found"});
}

LeftOut left_out_of_machines() {
  LeftOut left_out = left_out_of_images();
  left_out.add(LeftOut({
      // What a guest is given by the node, or must not share with its original.
      "etc/machine-id",
      "var/lib/dbus/machine-id",
      "etc/hostname",
      "etc/resolv.conf",
      "etc/fstab",
      "etc/mtab",
      "etc/ssh/ssh_host_*",
      "etc/krb5.keytab",
      "etc/munge/munge.key",
      "etc/network/interfaces",
      "etc/netplan/*",
      "etc/sysconfig/network-scripts/ifcfg-*",
      "etc/udev/rules.d/70-persistent-net.rules",
      "var/lib/dhcp/*",
      "var/lib/dhclient/*",
      "var/lib/NetworkManager/*",
      "var/lib/cloud/*",
      "var/lib/slurm*",
      "var/spool/slurm*",
      // Secrets and data of people.
      "etc/shadow-",
      "etc/gshadow-",
      "root/.ssh",
      "root/.bash_history",
      "home/*",
      // What would only take room.
      "tmp/*",
      "var/tmp/*",
      "var/run/*",
      "var/lock/*",
      "var/log/*",
      "var/cache/apt/archives/*",
      "var/cache/yum/*",
      "var/cache/dnf/*",
      "var/lib/apt/lists/*",
      "var/spool/mail/*",
      "media/*",
      "mnt/*",
      "swapfile",
      "swap.img",
      "boot/vmlinu*",
      "boot/initr*",
      "boot/initramfs*",
  }));
  return left_out;
}

}  // namespace workspace
