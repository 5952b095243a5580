#include "guest/hosts_file.h"

namespace workspace::agent {

std::string hosts_text(const GuestConfig& config) {
  std::string text = "127.0.0.1 localhost\n::1 localhost\n";
  if (config.hosts.empty()) return text + "127.0.1.1 " + config.hostname + "\n";
  for (const auto& [name, address] : config.hosts) {
    text += address;
    text += " " + name + "\n";
  }
  return text;
}

}  // namespace workspace::agent
