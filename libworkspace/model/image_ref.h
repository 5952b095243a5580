#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace workspace {

/// The name of an image: `[a-z0-9][a-z0-9._-]{0,63}`. It becomes a folder's name and a word on
/// command lines, hence the small alphabet.
class ImageName {
 public:
  /// Errors: kInvalid, telling the first bad character and its position.
  static ImageName parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const ImageName&) const = default;

 private:
  explicit ImageName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The feature by which a node of Slurm's shows that it has the image's files: `ws_NAME`.
inline constexpr std::string_view kNodeFeaturePrefix = "ws_";
std::string node_feature(const ImageName& name);

/// The version of an image: `[A-Za-z0-9][A-Za-z0-9._+-]{0,63}`.
class ImageVersion {
 public:
  /// Errors: kInvalid, telling the first bad character and its position.
  static ImageVersion parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const ImageVersion&) const = default;

 private:
  explicit ImageVersion(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// What a user writes: NAME or NAME:VERSION. Without a version the newest registered one is meant.
struct ImageRef {
  ImageName name;
  std::string version;  ///< empty, or the text of a valid ImageVersion

  /// Errors: kInvalid.
  static ImageRef parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

/// The word that asks for no workspace, against a default from the environment: `--workspace=none`.
inline constexpr std::string_view kNoWorkspace = "none";

}  // namespace workspace
