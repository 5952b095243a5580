#include "libworkspace/catalog/recipe_file.h"

#include <algorithm>
#include <array>

#include "libworkspace/base/text.h"
#include "libworkspace/catalog/manifest_keys.h"
#include "libworkspace/catalog/strict_yaml.h"
#include "libworkspace/catalog/yaml_values.h"
#include "libworkspace/model/size.h"
#include "libworkspace/model/utc_time.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxLineBytes = 4096;
/// Of mmdebstrap's; `extract` is the packages' files alone, unconfigured.
constexpr std::array<std::string_view, 4> kVariants = {"extract", "essential", "minbase",
                                                       "standard"};
/// What the build makes, or what is no business of a recipe's.
constexpr std::array<std::string_view, 8> kMadeByTheBuild = {
    "root", "layers", "kernel", "initrd", "inherits", "owner", "base", "created"};

Error invalid(const std::string& why) { return {ErrorKind::kInvalid, why}; }

/// A word that mmdebstrap and apt take as it is: it begins no option and ends no list.
std::string parse_word(std::string_view what, std::string_view more, const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool good = !text.empty() && text.size() <= kMaxNameBytes && is_plain(text.front()) &&
                    std::all_of(text.begin(), text.end(), [&](char c) {
                      return is_plain(c) || more.find(c) != std::string_view::npos;
                    });
  if (good) return text;
  throw invalid("'" + printable(text, kMaxNameBytes) + "' is not the name of a " +
                std::string(what));
}

std::string parse_suite(const std::string& text) {
  return parse_word("suite, such as bookworm", "-./", text);
}
std::string parse_component(const std::string& text) {
  return parse_word("component, such as main", "-./", text);
}
std::string parse_package(const std::string& text) {
  return parse_word("package, such as gcc", "+-.:~=", text);
}

/// A group of packages begins with @.
std::string parse_rpm_package(const std::string& text) {
  if (text.starts_with('@')) return "@" + parse_word("group", "-._", text.substr(1));
  return parse_word("package, such as gcc", "+-._:~^", text);
}
std::string parse_release(const std::string& text) {
  return parse_word("release, such as 9", "-.", text);
}
std::string parse_repository_name(const std::string& text) {
  // dnf's own section.
  if (text == "main") throw invalid("'main' is not the name of a repository");
  return parse_word("repository, such as baseos", "-_.", text);
}

std::string parse_variant(const std::string& text) {
  if (std::find(kVariants.begin(), kVariants.end(), text) != kVariants.end()) return text;
  throw invalid("variant '" + printable(text, 32) +
                "' is not known; there are extract, essential, minbase, standard");
}

bool is_plain_url(const std::string& text) {
  return text.size() <= kMaxLineBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c < '\x7f' && c != '[' && c != ']' && c != '"';
         });
}

std::string parse_repository_url(const std::string& text) {
  const bool known =
      text.starts_with("http://") || text.starts_with("https://") || text.starts_with("file:///");
  if (known && is_plain_url(text)) return text;
  throw invalid("'" + printable(text, 128) +
                "' is not the URL of a repository: http, https or file");
}

std::string parse_mirror(const std::string& text) {
  const bool known = text.starts_with("http://") || text.starts_with("https://");
  if (known && is_plain_url(text)) return text;
  throw invalid("'" + printable(text, 128) +
                "' is not a mirror, such as http://deb.debian.org/debian");
}

std::string parse_command(const std::string& text) {
  if (text.empty()) throw invalid("a command is empty");
  return yaml_values::parse_line("a command", text, kMaxLineBytes);
}

std::string parse_pattern(const std::string& text) {
  const auto parts = split(text, '/');
  if (text.empty() || text.starts_with('/') ||
      std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    throw invalid("'" + printable(text, 128) +
                  "' is not a pattern of paths below the root, such as usr/share/doc/*");
  }
  return yaml_values::parse_line("a pattern", text, kMaxLineBytes);
}

/// Where a file is copied to: written into a shell's line, so of few letters.
void check_destination(const std::string& text) {
  const auto parts = split(text, '/');
  const bool odd_part = std::any_of(parts.begin() + 1, parts.end(), [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+@").find(c) != std::string_view::npos;
  });
  if (text.size() < 2 || text.front() != '/' || odd_part || !plain || text.size() > kMaxLineBytes)
    throw invalid("'" + printable(text, 128) + "' is not an absolute path of plain letters");
}

std::string parse_source(const std::string& text) {
  if (text.empty()) throw invalid("the file's name is empty");
  return yaml_values::parse_line("the file's name", text, kMaxLineBytes);
}

std::int64_t parse_date(const std::string& text) {
  return parse_utc_time(text, "date").time_since_epoch().count();
}

Manifest read_manifest_keys(const YamlMap& recipe) {
  const YamlMap map = recipe.required_map("manifest");
  manifest_keys::check_known(map);
  for (const auto key : kMadeByTheBuild) {
    if (map.has(key)) map.refuse_value(key, "'" + std::string(key) + "' has no place in a recipe");
  }
  Manifest manifest = manifest_keys::begin(map);
  manifest_keys::apply(map, "", manifest);
  return manifest;
}

void read_debian(const YamlMap& map, ImageRecipe& recipe) {
  map.allow_only({"suite", "variant", "mirror", "keyring", "components", "packages"});
  recipe.suite = map.required("suite", parse_suite);
  recipe.variant = map.optional("variant", parse_variant).value_or(recipe.variant);
  recipe.mirror = map.optional("mirror", parse_mirror).value_or(recipe.mirror);
  recipe.keyring = map.optional("keyring",
                                [](const std::string& text) {
                                  check_destination(text);
                                  return text;
                                })
                       .value_or("");
  if (auto components = map.optional_list("components", parse_component))
    recipe.components = *std::move(components);
  if (auto packages = map.optional_list("packages", parse_package))
    recipe.packages = *std::move(packages);
  if (recipe.components.empty()) map.refuse_value("components", "there must be one component");
  if (recipe.variant == "extract" && recipe.packages.empty())
    map.refuse_value("variant", "with variant 'extract' there must be packages to extract");
}

void read_dnf(const YamlMap& map, ImageRecipe& recipe) {
  map.allow_only({"release", "repositories", "packages", "keys"});
  DnfSource source;
  source.release = map.required("release", parse_release);
  const YamlMap repositories = map.required_map("repositories");
  for (const auto& name : repositories.keys(parse_repository_name))
    source.repositories.push_back({name, repositories.required(name, parse_repository_url)});
  if (source.repositories.empty()) map.refuse_value("repositories", "there must be one repository");
  const auto parse_key = [](const std::string& text) {
    check_destination(text);
    return text;
  };
  if (auto keys = map.optional_list("keys", parse_key)) source.keys = *std::move(keys);
  if (source.keys.empty())
    map.refuse_value("keys", "there must be a key by which the packages are signed");
  if (auto packages = map.optional_list("packages", parse_rpm_package))
    recipe.packages = *std::move(packages);
  if (recipe.packages.empty()) map.refuse_value("packages", "there must be one package");
  recipe.dnf = std::move(source);
}

/// Of a size that is there to be used.
std::uint64_t parse_vm_size(std::string_view key, const std::string& text) {
  const std::uint64_t mib = parse_size_mib(text, key);
  if (mib == 0) throw invalid(std::string(key) + " must be more than 0");
  return mib;
}

std::uint32_t parse_vcpus(const std::string& text) {
  const std::uint64_t vcpus = yaml_values::parse_number("vcpus", text, 1024);
  if (vcpus == 0) throw invalid("vcpus must be more than 0");
  return static_cast<std::uint32_t>(vcpus);
}

void read_vm(const YamlMap& map, ImageRecipe& recipe) {
  map.allow_only({"image", "script", "memory", "vcpus", "disk", "timeout"});
  VmSource vm(map.required("image", ImageRef::parse, ImageRef::parse("image")));
  vm.script = map.optional("script", parse_source).value_or("");
  const auto parse_memory = [](const auto& text) { return parse_vm_size("memory", text); };
  const auto parse_disk = [](const auto& text) { return parse_vm_size("disk", text); };
  vm.memory_mib = map.optional("memory", parse_memory).value_or(vm.memory_mib);
  vm.vcpus = map.optional("vcpus", parse_vcpus).value_or(vm.vcpus);
  vm.disk_mib = map.optional("disk", parse_disk).value_or(vm.disk_mib);
  const auto parse_timeout = [](const std::string& text) {
    const std::uint64_t ms = parse_duration_ms(text, "timeout");
    if (ms == 0) throw invalid("timeout must be longer than 0");
    return std::chrono::milliseconds(ms);
  };
  vm.timeout = map.optional("timeout", parse_timeout).value_or(vm.timeout);
  recipe.vm = std::move(vm);
}

/// One of the three there are.
void read_source(const YamlMap& map, ImageRecipe& recipe) {
  constexpr std::array<std::string_view, 3> kSources = {"debian", "dnf", "vm"};
  const auto count =
      std::count_if(kSources.begin(), kSources.end(), [&](auto key) { return map.has(key); });
  if (count > 1)
    map.refuse_value(map.has("vm") ? "vm" : "dnf", "a recipe has one of 'debian', 'dnf' and 'vm'");
  if (map.has("vm")) return read_vm(map.required_map("vm"), recipe);
  if (map.has("dnf")) return read_dnf(map.required_map("dnf"), recipe);
  read_debian(map.required_map("debian"), recipe);
}

}  // namespace

ImageRecipe parse_recipe(std::string_view text, const std::string& file, YamlFaults& faults) {
  const YamlMap map = YamlMap::parse(text, file, faults);
  map.allow_only({"manifest", "debian", "dnf", "vm", "date", "leave_out", "copy", "run"});
  ImageRecipe recipe(read_manifest_keys(map));
  read_source(map, recipe);
  recipe.date_unix_s = map.required("date", parse_date);
  if (auto patterns = map.optional_list("leave_out", parse_pattern))
    recipe.left_out = *std::move(patterns);
  if (const auto copies = map.optional_map("copy")) {
    for (const auto& destination : copies->keys(check_destination))
      recipe.copies.push_back({copies->required(destination, parse_source), destination});
  }
  if (auto commands = map.optional_list("run", parse_command))
    recipe.commands = *std::move(commands);
  if (recipe.vm && recipe.vm->script.empty() && recipe.commands.empty())
    map.refuse_value("vm", "there must be a script, or commands to run");
  if (recipe.variant == "extract" && (!recipe.commands.empty() || !recipe.copies.empty()))
    map.refuse_value(recipe.commands.empty() ? "copy" : "run",
                     "with variant 'extract' there is no system that could do it");
  return recipe;
}

}  // namespace workspace
