#include <unistd.h>

#include <algorithm>
#include <optional>

#include "cli/image_content.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/store/cache.h"

namespace workspace::cli {
namespace {

struct Verdict {
  std::string image;
  std::string role;   ///< root, kernel or initrd
  std::string place;  ///< store or cache
  std::string fault;  ///< empty when it is what the manifest says
};

/// Nothing when the file is not there.
std::optional<std::string> fault_of(const std::string& path, const Digest& digest,
                                    TerminalProgress& progress) {
  try {
    const UniqueFd fd = open_trusted_file(path);
    const Digest found(sha256_of_file(fd.get(), path, [&](std::uint64_t done_bytes) {
      progress.show_step("reading " + path, done_bytes, 0);
    }));
    return found == digest ? "" : "has the digest " + found.to_string();
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return std::nullopt;
    return e.text();
  }
}

class Verification {
 public:
  explicit Verification(const SiteConfig& config) : catalog_(config.store), cache_(config.cache) {}

  void check(const RegisteredImage& image) {
    for_each_file(image.manifest, [&](const std::string& role, const ImageFile& file) {
      check_file(image, role, file);
    });
  }

  [[nodiscard]] const std::vector<Verdict>& verdicts() const { return verdicts_; }

 private:
  void check_file(const RegisteredImage& image, const std::string& role, const ImageFile& file) {
    const auto in_store = fault_of(catalog_.file_path(*file.digest), *file.digest, progress_);
    verdicts_.push_back({title_of(image), role, "store", in_store.value_or("is missing")});
    // A node that has not run the image has no copy, and a machine that is no node has no cache.
    const auto in_cache = fault_of(cache_.file_path(*file.digest), *file.digest, progress_);
    if (in_cache) verdicts_.push_back({title_of(image), role, "cache", *in_cache});
  }

  Catalog catalog_;
  NodeCache cache_;
  TerminalProgress progress_;
  std::vector<Verdict> verdicts_;
};

std::string verdicts_json(const std::vector<Verdict>& verdicts) {
  Json json;
  json.begin_object().begin_array("files");
  for (const auto& verdict : verdicts) {
    json.begin_object()
        .field("image", verdict.image)
        .field("role", verdict.role)
        .field("place", verdict.place)
        .field("ok", verdict.fault.empty())
        .field("fault", verdict.fault)
        .end_object();
  }
  return json.end_array().end_object().text();
}

std::string verdicts_table(const std::vector<Verdict>& verdicts) {
  std::vector<std::vector<std::string>> rows = {{"IMAGE", "FILE", "PLACE", "VERDICT"}};
  for (const auto& verdict : verdicts) {
    rows.push_back({verdict.image, verdict.role, verdict.place,
                    verdict.fault.empty() ? "ok" : "DAMAGED: " + verdict.fault});
  }
  return format_table(rows);
}

}  // namespace

int run_image_verify(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const Catalog catalog(config.store);
  std::vector<std::string> faults;
  std::vector<Verdict> verdicts;
  {
    Verification verification(config);
    if (const auto name = arguments.word(0)) {
      verification.check(catalog.resolve(ImageRef::parse(*name)));
    } else {
      auto listing = catalog.list();
      faults = std::move(listing.faults);
      for (const auto& image : listing.images) verification.check(image);
    }
    verdicts = verification.verdicts();
  }
  for (const auto& fault : faults) warn(fault);
  print(arguments.has("--json") ? verdicts_json(verdicts) : verdicts_table(verdicts));
  const bool damaged =
      !faults.empty() || std::any_of(verdicts.begin(), verdicts.end(),
                                     [](const Verdict& verdict) { return !verdict.fault.empty(); });
  return damaged ? exit_status(ErrorKind::kInvalid) : 0;
}

}  // namespace workspace::cli
