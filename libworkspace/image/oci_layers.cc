#include "libworkspace/image/oci_layers.h"

#include <nlohmann/json.hpp>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/tree_path.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxLayers = 500;
constexpr std::string_view kSha256 = "sha256:";
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "the image's manifest " + why);
}

}  // namespace

std::vector<std::string> layer_digests(std::string_view manifest_json) {
  const auto json = nlohmann::json::parse(manifest_json, nullptr, false);
  if (json.is_discarded() || !json.is_object()) refuse("is no JSON object");
  const auto layers = json.find("layers");
  if (layers == json.end() || !layers->is_array() || layers->empty()) refuse("has no layers");
  if (layers->size() > kMaxLayers) refuse("has more than 500 layers");
  std::vector<std::string> digests;
  for (const auto& layer : *layers) {
    const auto digest = layer.is_object() ? layer.find("digest") : layer.end();
    if (!layer.is_object() || digest == layer.end() || !digest->is_string())
      refuse("has a layer without a digest");
    std::string text = digest->get<std::string>();
    if (!text.starts_with(kSha256)) refuse("has a layer whose digest is not of SHA-256");
    text.erase(0, kSha256.size());
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != 32) refuse("has a layer whose digest is not of SHA-256");
    digests.push_back(std::move(text));
  }
  return digests;
}

Whiteout whiteout_of(std::string_view path) {
  const std::string_view name = base_name(path);
  const std::string folder(parent_path(path));
  if (!name.starts_with(kWhiteout)) return {};
  if (name == kOpaque) return {Whiteout::Kind::kFolderContent, folder};
  // aufs' own notes, which no layer should have and which mean nothing here.
  if (name.starts_with(".wh..wh.")) return {Whiteout::Kind::kIgnored, ""};
  const std::string_view gone = name.substr(kWhiteout.size());
  if (gone.empty() || gone == "." || gone == "..") {
    throw Error(ErrorKind::kInvalid, "the whiteout '" + printable(path, 256) +
                                         "' names nothing that a layer could take away");
  }
  return {Whiteout::Kind::kName,
          folder.empty() ? std::string(gone) : folder + "/" + std::string(gone)};
}

}  // namespace workspace
