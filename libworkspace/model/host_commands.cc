#include "libworkspace/model/host_commands.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

std::optional<std::size_t> index_of(std::string_view name) {
  const auto* const at = std::find(kHostCommandNames.begin(), kHostCommandNames.end(), name);
  if (at == kHostCommandNames.end()) return std::nullopt;
  return static_cast<std::size_t>(at - kHostCommandNames.begin());
}

[[noreturn]] void refuse(const std::string& name) {
  const auto near = nearest_word(name, kHostCommandNames);
  throw Error(ErrorKind::kInvalid,
              "'" + printable(name, 64) + "' is no command that can be used inside" +
                  (near ? "; did you mean '" + *near + "'?"
                        : "; expected all, none, or some of " +
                              join(std::vector<std::string>(kHostCommandNames.begin(),
                                                            kHostCommandNames.end()),
                                   ", ")));
}

}  // namespace

HostCommands HostCommands::all() {
  HostCommands commands;
  commands.allowed_.set();
  return commands;
}

HostCommands HostCommands::parse(std::string_view text) {
  if (text == "all") return all();
  if (text == "none") return none();
  HostCommands commands;
  std::string names(text);
  std::replace(names.begin(), names.end(), ' ', ',');
  for (const auto& name : split(names, ',')) {
    if (name.empty()) continue;
    const auto index = index_of(name);
    if (!index) refuse(name);
    commands.allowed_.set(*index);
  }
  if (commands == none())
    throw Error(ErrorKind::kInvalid, "no command is named; expected all, none, or a list of names");
  return commands;
}

HostCommands HostCommands::of(std::span<const std::string> names) {
  HostCommands commands;
  for (const auto& name : names) {
    if (const auto index = index_of(name)) commands.allowed_.set(*index);
  }
  return commands;
}

std::string HostCommands::to_string() const {
  if (allowed_.all()) return "all";
  if (allowed_.none()) return "none";
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kHostCommandNames.size(); ++i) {
    if (allowed_[i]) names.emplace_back(kHostCommandNames[i]);
  }
  return join(names, ",");
}

bool HostCommands::allows(std::string_view name) const {
  const auto index = index_of(name);
  return index && allowed_[*index];
}

HostCommands HostCommands::narrowed_by(const HostCommands& other) const {
  HostCommands commands;
  commands.allowed_ = allowed_ & other.allowed_;
  return commands;
}

}  // namespace workspace
