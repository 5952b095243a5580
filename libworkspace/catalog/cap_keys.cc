#include "libworkspace/catalog/cap_keys.h"

#include "libworkspace/base/text.h"
#include "libworkspace/catalog/yaml_values.h"
#include "libworkspace/model/access.h"
#include "libworkspace/model/size.h"

namespace workspace::cap_keys {
namespace {

/// Whether a value may be `none`.
enum class Lifting { kForbidden, kAllowed };

Error invalid(std::string_view what, const std::string& why) {
  return {ErrorKind::kInvalid, std::string(what) + " " + why};
}

std::uint64_t parse_iops(const std::string& text) {
  return yaml_values::parse_number("disk_iops", text, RateCaps::kMaxIops);
}

std::uint64_t parse_rate(std::string_view what, const std::string& text) {
  const std::uint64_t kib_per_s = parse_size_kib(text, what);
  if (kib_per_s > RateCaps::kMaxKibPerS)
    throw invalid(what, "'" + printable(text, 32) + "' is more than 1T per second");
  return kib_per_s;
}

template <class Parse>
std::optional<std::uint64_t> read_cap(const YamlMap& map, std::string_view key, Lifting lifting,
                                      Parse parse) {
  return map.optional(key, [&](const std::string& text) {
    if (lifting == Lifting::kAllowed && text == "none") return RateCaps::kNone;
    const std::uint64_t value = parse(text);
    if (value == 0) throw invalid(key, "must be more than 0");
    return value;
  });
}

RateCaps read_values(const YamlMap& map, Lifting lifting) {
  const auto read_rate = [&](std::string_view key) {
    return read_cap(map, key, lifting,
                    [&](const std::string& text) { return parse_rate(key, text); });
  };
  RateCaps caps;
  caps.disk_iops = read_cap(map, "disk_iops", lifting, parse_iops);
  caps.disk_kib_per_s = read_rate("disk_bandwidth");
  caps.network_in_kib_per_s = read_rate("network_in");
  caps.network_out_kib_per_s = read_rate("network_out");
  return caps;
}

void allow_values(const YamlMap& map) {
  map.allow_only({"disk_iops", "disk_bandwidth", "network_in", "network_out"});
}

std::map<std::string, RateCaps> read_named(const YamlMap& map, std::string_view key) {
  std::map<std::string, RateCaps> named;
  const auto names = map.optional_map(key);
  if (!names) return named;
  for (const auto& name : names->keys(parse_access_name)) {
    const YamlMap caps = names->required_map(name);
    allow_values(caps);
    named[name] = read_values(caps, Lifting::kAllowed);
  }
  return named;
}

CapGres read_gres(const YamlMap& map) {
  CapGres gres;
  const auto names = map.optional_map("gres");
  if (!names) return gres;
  allow_values(*names);
  const auto read_name = [&](std::string_view key) {
    return names->optional(key, parse_access_name).value_or("");
  };
  gres.disk_iops = read_name("disk_iops");
  gres.disk_bandwidth = read_name("disk_bandwidth");
  gres.network_in = read_name("network_in");
  gres.network_out = read_name("network_out");
  return gres;
}

}  // namespace

RateCaps read(const YamlMap& map) {
  allow_values(map);
  return read_values(map, Lifting::kForbidden);
}

SiteCaps read_site(const YamlMap& map) {
  map.allow_only(
      {"disk_iops", "disk_bandwidth", "network_in", "network_out", "partitions", "qos", "gres"});
  return {read_values(map, Lifting::kAllowed), read_named(map, "partitions"),
          read_named(map, "qos"), read_gres(map)};
}

std::string format(const RateCaps& caps) {
  std::string text;
  const auto add_rate = [&](const char* key, const std::optional<std::uint64_t>& kib_per_s) {
    if (kib_per_s) text += std::string("  ") + key + ": " + format_size_kib(*kib_per_s) + "\n";
  };
  if (caps.disk_iops) text += "  disk_iops: " + std::to_string(*caps.disk_iops) + "\n";
  add_rate("disk_bandwidth", caps.disk_kib_per_s);
  add_rate("network_in", caps.network_in_kib_per_s);
  add_rate("network_out", caps.network_out_kib_per_s);
  return text;
}

}  // namespace workspace::cap_keys
