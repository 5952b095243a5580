#include "libworkspace/catalog/yaml_values.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace::yaml_values {
namespace {

constexpr std::size_t kMaxKernelOptionsBytes = 1024;
constexpr std::size_t kMaxMounts = 16;

Error invalid(std::string_view what, const std::string& why) {
  return {ErrorKind::kInvalid, std::string(what) + " " + why};
}

MountSpec parse_mount(const std::string& text) {
  MountSpec mount = MountSpec::parse(text);
  try {
    check_mount(mount);
  } catch (const Error& e) {
    // To a user it is forbidden; here it is a fault of the file.
    throw Error(ErrorKind::kInvalid, e.text());
  }
  return mount;
}

}  // namespace

std::string parse_line(std::string_view what, const std::string& text, std::size_t max_bytes) {
  const bool clean = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!clean) throw invalid(what, "must be one line");
  if (text.size() > max_bytes) {
    throw invalid(what, "has " + std::to_string(text.size()) + " bytes; at most " +
                            std::to_string(max_bytes) + " are allowed");
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::uint64_t parse_number(std::string_view what, const std::string& text, std::uint64_t max) {
  const auto number = parse_decimal(text, max);
  if (!number) {
    throw invalid(
        what, "'" + printable(text, 32) + "' is not a whole number up to " + std::to_string(max));
  }
  return *number;
}

bool parse_switch(std::string_view what, const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  throw invalid(what, "'" + printable(text, 32) + "' is neither true nor false");
}

std::string parse_kernel_options(const std::string& text) {
  const bool clean =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!clean || text.size() > kMaxKernelOptionsBytes) {
    throw invalid("kernel_options", "must be one line of at most " +
                                        std::to_string(kMaxKernelOptionsBytes) +
                                        " ASCII characters");
  }
  return text;
}

std::optional<std::vector<MountSpec>> read_mounts(const YamlMap& map, std::string_view key,
                                                  std::string_view owner) {
  auto mounts = map.optional_list(key, parse_mount);
  if (!mounts) return mounts;
  const auto refuse = [&](const std::string& why) { map.refuse_value(key, why); };
  if (mounts->size() > kMaxMounts)
    refuse(std::string(owner) + " has at most " + std::to_string(kMaxMounts) + " mounts");
  for (auto mount = mounts->begin(); mount != mounts->end(); ++mount) {
    const bool taken = std::any_of(mounts->begin(), mount, [&](const MountSpec& other) {
      return other.destination == mount->destination;
    });
    if (taken) refuse("two mounts have the destination '" + mount->destination + "'");
  }
  return mounts;
}

}  // namespace workspace::yaml_values
