#include "guest/task_environment.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "libworkspace/base/text.h"

namespace workspace::agent {
namespace {

constexpr std::array<std::string_view, 6> kSystemFolders = {
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

std::string_view name_of_variable(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// An environment that keeps its order, and what is no NAME=VALUE.
class Variables {
 public:
  explicit Variables(std::vector<std::string> entries) : entries_(std::move(entries)) {}

  [[nodiscard]] std::optional<std::string> get(std::string_view name) const {
    for (const auto& entry : entries_) {
      if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
        return entry.substr(name.size() + 1);
    }
    return std::nullopt;
  }

  /// In the place of the first that bears the name; of this name there is then one.
  void set(std::string_view name, std::string_view value) {
    const std::string entry = std::string(name) + "=" + std::string(value);
    const auto same = [&](const std::string& other) { return name_of_variable(other) == name; };
    const auto first = std::find_if(entries_.begin(), entries_.end(), same);
    if (first == entries_.end()) {
      entries_.push_back(entry);
      return;
    }
    *first = entry;
    entries_.erase(std::remove_if(first + 1, entries_.end(), same), entries_.end());
  }

  template <class Condition>
  void remove_if(Condition condition) {
    std::erase_if(entries_,
                  [&](const std::string& entry) { return condition(name_of_variable(entry)); });
  }

  std::vector<std::string> take() { return std::move(entries_); }

 private:
  std::vector<std::string> entries_;
};

/// The names that --export gives a value in so many words.
std::vector<std::string> exported_with_value(const Variables& outside) {
  std::vector<std::string> names;
  for (const auto& word : split(outside.get("SLURM_EXPORT_ENV").value_or(""), ',')) {
    if (word.find('=') != std::string::npos) names.emplace_back(name_of_variable(word));
  }
  return names;
}

std::string completed_path(const std::string& path) {
  auto folders = split(path, ':');
  if (path.empty()) folders.clear();
  for (const auto folder : kSystemFolders) {
    if (!contains(folders, folder)) folders.emplace_back(folder);
  }
  return join(folders, ":");
}

/// Rule 2.
void adapt(Variables& variables, const InsideFacts& facts) {
  variables.remove_if([](std::string_view name) { return name.starts_with("LD_"); });
  variables.set("PATH", completed_path(variables.get("PATH").value_or("")));
  if (!variables.get("HOME")) variables.set("HOME", facts.home);
  const auto shell = variables.get("SHELL");
  if (shell && !facts.is_program(*shell)) variables.set("SHELL", facts.shell);
}

bool is_slurms(std::string_view name) {
  return name.starts_with("SLURM_") || name.starts_with("WORKSPACE_");
}

}  // namespace

std::vector<std::string> inside_environment(const std::vector<std::string>& outside,
                                            const GuestTaskRules& rules, const InsideFacts& facts) {
  const Variables before(outside);
  auto untouched = exported_with_value(before);
  untouched.insert(untouched.end(), rules.outside_variables.begin(), rules.outside_variables.end());
  Variables inside(outside);
  adapt(inside, facts);
  for (const auto& [name, value] : rules.image_env) {
    if (!is_slurms(name)) inside.set(name, value);
  }
  for (const auto& name : untouched) {
    if (const auto value = before.get(name)) inside.set(name, *value);
  }
  inside.set("WORKSPACE_IMAGE", rules.image);
  return inside.take();
}

}  // namespace workspace::agent
