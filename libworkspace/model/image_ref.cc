#include "libworkspace/model/image_ref.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxLength = 64;
/// The bytes that a word may have, and how a person calls them.
struct Alphabet {
  std::string_view bytes;
  std::string_view words;
};

constexpr Alphabet kNameFirst = {"abcdefghijklmnopqrstuvwxyz0123456789",
                                 "lower-case letters and digits"};
constexpr Alphabet kNameRest = {"abcdefghijklmnopqrstuvwxyz0123456789._-",
                                "lower-case letters, digits, '.', '_' and '-'"};
constexpr Alphabet kVersionFirst = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "letters and digits"};
constexpr Alphabet kVersionRest = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-",
    "letters, digits, '.', '_', '+' and '-'"};

void check_word(std::string_view what, std::string_view text, const Alphabet& first,
                const Alphabet& rest) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kInvalid,
                std::string(what) + " '" + printable(text, kMaxLength) + "' " + why);
  };
  if (text.empty()) refuse("is empty");
  if (text.size() > kMaxLength) {
    refuse("has " + std::to_string(text.size()) + " characters; at most " +
           std::to_string(kMaxLength) + " are allowed");
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Alphabet& allowed = i == 0 ? first : rest;
    if (allowed.bytes.find(text[i]) == std::string_view::npos) {
      refuse("has the character '" + printable(text.substr(i, 1)) + "' at position " +
             std::to_string(i + 1) + "; allowed there are " + std::string(allowed.words));
    }
  }
}

}  // namespace

ImageName ImageName::parse(std::string_view text) {
  check_word("image name", text, kNameFirst, kNameRest);
  if (text == kNoWorkspace)
    throw Error(ErrorKind::kInvalid, "image name 'none' is reserved: it asks for no workspace");
  return ImageName(std::string(text));
}

ImageVersion ImageVersion::parse(std::string_view text) {
  check_word("image version", text, kVersionFirst, kVersionRest);
  return ImageVersion(std::string(text));
}

ImageRef ImageRef::parse(std::string_view text) {
  const auto colon = text.find(':');
  ImageRef ref{ImageName::parse(text.substr(0, colon)), ""};
  if (colon != std::string_view::npos)
    ref.version = ImageVersion::parse(text.substr(colon + 1)).text();
  return ref;
}

std::string ImageRef::to_string() const {
  return version.empty() ? name.text() : name.text() + ":" + version;
}

std::string node_feature(const ImageName& name) {
  return std::string(kNodeFeaturePrefix) + name.text();
}

}  // namespace workspace
