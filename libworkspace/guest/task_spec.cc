#include "libworkspace/guest/task_spec.h"

#include <sys/resource.h>

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

enum class Tag : std::uint8_t {
  kArgument = 1,
  kVariable = 2,
  kWorkingDirectory = 3,
  kUmask = 4,
  kLimit = 5,
  kStdio = 6,
  kTerminal = 7,
  kScriptPath = 8,
  kPmiFd = 9,
  kVcpu = 10,
  kFromInside = 11,
};

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "the task's specification: " + why);
}

void put(std::string& out, Tag tag, std::string_view value) {
  out += static_cast<char>(tag);
  out += encode_u32(static_cast<std::uint32_t>(value.size()));
  out += value;
}

/// What the C strings of execve(2) cannot hold must not be in an item.
std::string text_of(std::string_view value) {
  if (value.find('\0') != std::string_view::npos) refuse("a text has a NUL in it");
  return std::string(value);
}

std::string path_of(std::string_view value) {
  if (value.empty() || value.front() != '/')
    refuse("'" + printable(value, 256) + "' is not an absolute path");
  return text_of(value);
}

std::string number_text(std::uint64_t value) {
  return value == ResourceLimit::kUnlimited ? "unlimited" : std::to_string(value);
}

std::uint64_t parse_number(const std::string& text) {
  if (text == "unlimited") return ResourceLimit::kUnlimited;
  const auto value = parse_decimal(text);
  if (!value) refuse("'" + printable(text, 32) + "' is not a limit");
  return *value;
}

ResourceLimit parse_limit(std::string_view value) {
  const auto words = split(value, ' ');
  if (words.size() != 3) refuse("'" + printable(value, 64) + "' is not NAME SOFT HARD");
  const bool known = std::any_of(kResourceNames.begin(), kResourceNames.end(),
                                 [&](const auto& entry) { return entry.name == words[0]; });
  if (!known) refuse("there is no resource '" + printable(words[0], 32) + "'");
  return {words[0], parse_number(words[1]), parse_number(words[2])};
}

std::array<StdioKind, kStreamCount> parse_stdio(std::string_view value) {
  std::array<StdioKind, kStreamCount> stdio{};
  if (value.size() != stdio.size()) refuse("it does not tell of three standard descriptors");
  for (std::size_t i = 0; i < stdio.size(); ++i) {
    if (value[i] < 0 || value[i] > static_cast<char>(StdioKind::kAsStdout))
      refuse("a standard descriptor is of an unknown kind");
    stdio[i] = static_cast<StdioKind>(value[i]);
    const bool may_be_as_stdout = i == kStderr && stdio[kStdout] == StdioKind::kRelayed;
    if (stdio[i] == StdioKind::kAsStdout && !may_be_as_stdout)
      refuse("a standard descriptor is to be as a stdout that is not relayed");
  }
  return stdio;
}

int parse_pmi_fd(std::string_view value) {
  constexpr std::uint32_t kFirst = 3;
  constexpr std::uint32_t kLast = 1023;
  const std::uint32_t number = decode_u32(value, "PMI_FD");
  if (number < kFirst || number > kLast)
    refuse("PMI_FD " + std::to_string(number) + " is not from 3 to 1023");
  return static_cast<int>(number);
}

void take_item(TaskSpec& spec, Tag tag, std::string_view value) {
  switch (tag) {
    case Tag::kArgument:
      spec.argv.push_back(text_of(value));
      return;
    case Tag::kVariable:
      spec.environment.push_back(text_of(value));
      return;
    case Tag::kWorkingDirectory:
      spec.working_directory = path_of(value);
      return;
    case Tag::kUmask:
      spec.umask = decode_u32(value, "umask");
      if (spec.umask > 0777) refuse("the umask is above 0777");
      return;
    case Tag::kLimit:
      spec.limits.push_back(parse_limit(value));
      return;
    case Tag::kStdio:
      spec.stdio = parse_stdio(value);
      return;
    case Tag::kTerminal:
      spec.terminal = TerminalSize::parse(value);
      return;
    case Tag::kFromInside:
      if (!value.empty()) refuse("a mark has a value");
      spec.from_inside = true;
      return;
    case Tag::kPmiFd:
      spec.pmi_fd = parse_pmi_fd(value);
      return;
    case Tag::kScriptPath:
      spec.script_path = path_of(value);
      return;
    case Tag::kVcpu:
      spec.vcpus.push_back(decode_u32(value, "vCPU"));
      return;
  }
  refuse("unknown item " + std::to_string(static_cast<unsigned>(tag)));
}

}  // namespace

const std::array<ResourceName, 10> kResourceNames = {{{"cpu", RLIMIT_CPU},
                                                      {"fsize", RLIMIT_FSIZE},
                                                      {"data", RLIMIT_DATA},
                                                      {"stack", RLIMIT_STACK},
                                                      {"core", RLIMIT_CORE},
                                                      {"rss", RLIMIT_RSS},
                                                      {"nproc", RLIMIT_NPROC},
                                                      {"nofile", RLIMIT_NOFILE},
                                                      {"memlock", RLIMIT_MEMLOCK},
                                                      {"as", RLIMIT_AS}}};

bool TaskSpec::wants_terminal() const {
  return std::find(stdio.begin(), stdio.end(), StdioKind::kTerminal) != stdio.end();
}

std::string TaskSpec::encode() const {
  std::string out;
  for (const auto& argument : argv) put(out, Tag::kArgument, argument);
  for (const auto& variable : environment) put(out, Tag::kVariable, variable);
  if (from_inside) put(out, Tag::kFromInside, "");
  put(out, Tag::kWorkingDirectory, working_directory);
  put(out, Tag::kUmask, encode_u32(umask));
  for (const auto& limit : limits) {
    put(out, Tag::kLimit,
        limit.name + " " + number_text(limit.soft) + " " + number_text(limit.hard));
  }
  std::string kinds;
  for (const auto kind : stdio) kinds += static_cast<char>(kind);
  put(out, Tag::kStdio, kinds);
  if (wants_terminal()) put(out, Tag::kTerminal, terminal.encode());
  if (pmi_fd >= 0) put(out, Tag::kPmiFd, encode_u32(static_cast<std::uint32_t>(pmi_fd)));
  for (const auto vcpu : vcpus) put(out, Tag::kVcpu, encode_u32(vcpu));
  if (!script_path.empty()) put(out, Tag::kScriptPath, script_path);
  return out;
}

TaskSpec TaskSpec::parse(std::string_view bytes) {
  constexpr std::size_t kItemHeaderBytes = 5;
  TaskSpec spec;
  while (!bytes.empty()) {
    if (bytes.size() < kItemHeaderBytes) refuse("it is cut off");
    const auto tag = static_cast<Tag>(bytes[0]);
    const std::size_t length = decode_u32(bytes.substr(1, 4), "length");
    bytes.remove_prefix(kItemHeaderBytes);
    if (length > bytes.size()) refuse("it is cut off");
    take_item(spec, tag, bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  if (spec.argv.empty() || spec.argv[0].empty()) refuse("it names no program");
  if (spec.working_directory.empty()) refuse("it names no working directory");
  return spec;
}

}  // namespace workspace
