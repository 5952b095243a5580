#include "libworkspace/catalog/manifest_keys.h"

#include <algorithm>
#include <array>
#include <span>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/access_keys.h"
#include "libworkspace/catalog/cap_keys.h"
#include "libworkspace/catalog/yaml_values.h"
#include "libworkspace/model/size.h"
#include "libworkspace/model/variable_names.h"

namespace workspace::manifest_keys {
namespace {

using yaml_values::parse_line;
using yaml_values::parse_number;

constexpr std::size_t kMaxTextBytes = 256;
constexpr std::size_t kMaxPathBytes = 1024;
constexpr std::size_t kMaxVariableBytes = 4096;
constexpr std::size_t kMaxCommandBytes = 32;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 50;
constexpr std::uint64_t kMaxVcpus = 65535;
constexpr std::uint64_t kMaxGpus = 64;
constexpr std::array<std::string_view, 2> kArchitectures = {"x86_64", "aarch64"};

Error invalid(const std::string& why) { return {ErrorKind::kInvalid, why}; }

bool is_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

std::string parse_path(const std::string& text) {
  if (text.empty()) throw invalid("the file's name is empty");
  return parse_line("the file's name", text, kMaxPathBytes);
}

/// One of a few words, each the name_of a value.
template <class Value>
Value parse_choice(std::string_view what, const std::string& text, std::span<const Value> values) {
  std::vector<std::string> names;
  for (const auto value : values) {
    if (text == name_of(value)) return value;
    names.emplace_back(name_of(value));
  }
  throw invalid(std::string(what) + " '" + printable(text, 32) + "' is not known; there are " +
                join(names, ", "));
}

BootMode parse_boot(const std::string& text) {
  static constexpr std::array kModes = {BootMode::kAgent, BootMode::kInit};
  return parse_choice<BootMode>("boot", text, kModes);
}

ImageNetwork parse_network(const std::string& text) {
  static constexpr std::array kNetworks = {ImageNetwork::kNone, ImageNetwork::kPrivate};
  return parse_choice<ImageNetwork>("network", text, kNetworks);
}

std::string parse_architecture(const std::string& text) {
  if (std::find(kArchitectures.begin(), kArchitectures.end(), text) != kArchitectures.end())
    return text;
  throw invalid("architecture '" + printable(text, 32) +
                "' is not known; there are x86_64, aarch64");
}

std::string parse_command_name(const std::string& text) {
  if (text.empty() || text.size() > kMaxCommandBytes ||
      !is_of(text, "abcdefghijklmnopqrstuvwxyz0123456789_-"))
    throw invalid("'" + printable(text, 64) + "' is not the name of a command, such as sbatch");
  return text;
}

ImageFile read_file_entry(const YamlMap& map, const std::string& folder) {
  ImageFile file;
  file.path = map.required("file", parse_path);
  if (!file.path.starts_with("/")) file.path = folder + file.path;
  file.digest = map.optional("digest", [](const std::string& text) { return Digest::parse(text); });
  const auto size = map.optional(
      "size", [](const std::string& text) { return parse_number("size", text, kMaxFileBytes); });
  file.size_bytes = size.value_or(0);
  return file;
}

std::optional<ImageFile> read_own_file(const YamlMap& manifest, std::string_view key,
                                       const std::string& folder) {
  const auto map = manifest.optional_map(key);
  if (!map) return std::nullopt;
  map->allow_only(kOfFile);
  return read_file_entry(*map, folder);
}

/// The keys are the numbers from 1 on, the layer next to the root first.
std::vector<ImageFile> read_layers(const YamlMap& map, const std::string& folder) {
  std::vector<ImageFile> layers;
  const auto numbers = map.keys([](const std::string& key) {
    const auto number = parse_decimal(key, Manifest::kMaxLayers);
    if (!number || *number == 0)
      throw invalid("layers are numbered from 1 to " + std::to_string(Manifest::kMaxLayers));
  });
  for (std::size_t i = 1; i <= numbers.size(); ++i) {
    const YamlMap layer = map.required_map(std::to_string(i));
    layer.allow_only(kOfFile);
    layers.push_back(read_file_entry(layer, folder));
  }
  return layers;
}

void apply_needs(const YamlMap& map, ImageNeeds& needs) {
  map.allow_only(kOfNeeds);
  const auto size = [&](std::string_view key) {
    return map.optional(key, [&](const std::string& text) { return parse_size_mib(text, key); });
  };
  const auto count = [&](std::string_view key, std::uint64_t max) {
    return map.optional(key, [&](const std::string& text) {
      return static_cast<std::uint32_t>(parse_number(key, text, max));
    });
  };
  needs.memory_mib = size("memory").value_or(needs.memory_mib);
  needs.disk_mib = size("disk").value_or(needs.disk_mib);
  needs.vcpus = count("vcpus", kMaxVcpus).value_or(needs.vcpus);
  needs.gpus = count("gpu", kMaxGpus).value_or(needs.gpus);
  needs.architecture =
      map.optional("architecture", parse_architecture).value_or(needs.architecture);
}

void apply_env(const YamlMap& map, std::vector<ImageVariable>& env) {
  for (const auto& name : map.keys(check_variable_name)) {
    auto value = map.required(name, [&](const std::string& text) {
      return parse_line("the value of " + name, text, kMaxVariableBytes);
    });
    const auto at = std::lower_bound(env.begin(), env.end(), name,
                                     [](const auto& a, const auto& b) { return a.name < b; });
    if (at != env.end() && at->name == name) {
      at->value = std::move(value);
    } else {
      env.insert(at, {name, std::move(value)});
    }
  }
}

/// Who made the image, for what, and how long it may be used.
void apply_description(const YamlMap& map, Manifest& manifest) {
  const auto line = [&](std::string_view key, std::string& value) {
    auto given = map.optional(
        key, [&](const std::string& text) { return parse_line(key, text, kMaxTextBytes); });
    if (given) value = *std::move(given);
  };
  const auto time = [&](std::string_view key, std::optional<UtcTime>& value) {
    const auto given =
        map.optional(key, [&](const std::string& text) { return parse_utc_time(text, key); });
    if (given) value = given;
  };
  line("description", manifest.description);
  line("maintainer", manifest.maintainer);
  line("licence", manifest.licence);
  line("owner", manifest.owner);
  line("base", manifest.base);
  time("created", manifest.created);
  time("expires", manifest.expires);
}

/// What is booted, and how.
void apply_system(const YamlMap& map, const std::string& folder, Manifest& manifest) {
  if (const auto root = map.optional_map("root")) {
    root->allow_only(kOfRoot);
    manifest.root = read_file_entry(*root, folder);
    manifest.root_format = root->required("format", parse_root_format);
  }
  if (const auto layers = map.optional_map("layers"))
    manifest.layers = read_layers(*layers, folder);
  if (auto kernel = read_own_file(map, "kernel", folder)) manifest.kernel = std::move(kernel);
  if (auto initrd = read_own_file(map, "initrd", folder)) manifest.initrd = std::move(initrd);
  if (auto options = map.optional("kernel_options", yaml_values::parse_kernel_options))
    manifest.kernel_options = std::move(options);
  if (const auto boot = map.optional("boot", parse_boot)) manifest.boot = *boot;
}

/// What the image's tasks find, and may do.
void apply_inside(const YamlMap& map, Manifest& manifest) {
  if (const auto env = map.optional_map("env")) apply_env(*env, manifest.env);
  const auto workdir = map.optional(
      "workdir", [](const std::string& text) { return check_absolute_path(text, "workdir"); });
  if (workdir) manifest.workdir = *workdir;
  if (auto mounts = yaml_values::read_mounts(map, "mounts", "an image"))
    manifest.mounts = *std::move(mounts);
  const auto allow_root = map.optional("allow_root", [](const std::string& text) {
    return yaml_values::parse_switch("allow_root", text);
  });
  if (allow_root) manifest.allow_root = *allow_root;
  const auto allow_save = map.optional("allow_save", [](const std::string& text) {
    return yaml_values::parse_switch("allow_save", text);
  });
  if (allow_save) manifest.allow_save = *allow_save;
  if (const auto network = map.optional("network", parse_network)) manifest.network = *network;
  if (auto commands = map.optional_list("host_commands", parse_command_name))
    manifest.host_commands = std::move(commands);
}

/// Who may use it, and how fast. Rules of an inherited manifest are replaced as a whole.
void apply_limits(const YamlMap& map, Manifest& manifest) {
  if (const auto caps = map.optional_map("caps"))
    manifest.caps = cap_keys::read(*caps).or_else(manifest.caps);
  if (const auto access = map.optional_map("access")) manifest.access = access_keys::read(*access);
}

}  // namespace

void check_known(const YamlMap& map) { map.allow_only(kAll); }

Manifest begin(const YamlMap& map) {
  auto name = map.required("name", ImageName::parse, ImageName::parse("unnamed"));
  auto version = map.required("version", ImageVersion::parse, ImageVersion::parse("0"));
  return {std::move(name), std::move(version)};
}

void apply(const YamlMap& map, const std::string& folder, Manifest& manifest) {
  apply_description(map, manifest);
  apply_system(map, folder, manifest);
  if (const auto needs = map.optional_map("needs")) apply_needs(*needs, manifest.needs);
  apply_inside(map, manifest);
  apply_limits(map, manifest);
}

void check_complete(const YamlMap& map, const Manifest& manifest) {
  if (manifest.root.path.empty()) map.demand("root");
  if (manifest.created && manifest.expires && *manifest.expires <= *manifest.created)
    map.refuse_value("expires", "the image expires before it was created");
}

}  // namespace workspace::manifest_keys
