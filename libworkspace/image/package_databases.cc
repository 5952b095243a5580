#include "libworkspace/image/package_databases.h"

#include <algorithm>

#include "libworkspace/base/text.h"

namespace workspace {
namespace {

/// Calls `take` for each stanza of `key<separator>value` lines; stanzas end at an empty line.
template <class Take>
void for_each_stanza(std::string_view text, std::string_view separator, const Take& take) {
  std::map<std::string, std::string, std::less<>> stanza;
  const auto finish = [&] {
    if (!stanza.empty()) take(stanza);
    stanza.clear();
  };
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) {
      finish();
      continue;
    }
    const auto at = line.find(separator);
    // A line that begins with a space goes on with the one before it.
    if (line.front() == ' ' || at == std::string_view::npos) continue;
    stanza.emplace(line.substr(0, at), line.substr(at + separator.size()));
  }
  finish();
}

/// What has no name is none.
void add(const std::string& name, const std::string& version,
         std::vector<ListedPackage>& packages) {
  if (!name.empty()) packages.push_back({name, version});
}

std::vector<ListedPackage> sorted(std::vector<ListedPackage> packages) {
  std::sort(packages.begin(), packages.end());
  return packages;
}

}  // namespace

std::vector<ListedPackage> dpkg_packages(std::string_view status) {
  std::vector<ListedPackage> packages;
  for_each_stanza(status, ": ", [&](const auto& stanza) {
    const auto name = stanza.find("Package");
    const auto version = stanza.find("Version");
    const auto state = stanza.find("Status");
    if (name == stanza.end() || version == stanza.end() || state == stanza.end()) return;
    if (state->second.ends_with(" installed")) add(name->second, version->second, packages);
  });
  return sorted(std::move(packages));
}

std::vector<ListedPackage> apk_packages(std::string_view installed) {
  std::vector<ListedPackage> packages;
  for_each_stanza(installed, ":", [&](const auto& stanza) {
    const auto name = stanza.find("P");
    const auto version = stanza.find("V");
    if (name != stanza.end() && version != stanza.end())
      add(name->second, version->second, packages);
  });
  return sorted(std::move(packages));
}

std::map<std::string, std::string> parse_os_release(std::string_view text) {
  std::map<std::string, std::string> values;
  for (const auto& line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0 || line.front() == '#') continue;
    const std::string name = line.substr(0, equals);
    if (name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos)
      continue;
    std::string value = line.substr(equals + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    values.emplace(name, value);
  }
  return values;
}

}  // namespace workspace
