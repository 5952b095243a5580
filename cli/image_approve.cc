#include "cli/deed.h"
#include "cli/image_content.h"
#include "cli/output.h"
#include "cli/secret_keys.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/image_approval.h"
#include "libworkspace/catalog/key_folder.h"

namespace workspace::cli {
namespace {

minisign::Signature signature_of(const Arguments& arguments, const Catalog& catalog,
                                 const RegisteredImage& image, UtcTime now) {
  if (const auto file = arguments.value("--signature")) {
    try {
      return minisign::Signature::parse(read_file(*file, minisign::kMaxFileBytes));
    } catch (Error& e) {
      if (e.kind() == ErrorKind::kInvalid) e.in(*file);
      throw;
    }
  }
  const std::string file =
      chosen_secret_key(arguments, "make one by `workspace image key new NAME`, or sign " +
                                       catalog.manifest_path(image.manifest) +
                                       " elsewhere by `minisign -S` and give --signature");
  return key_folder::read_secret_key(file).sign(image.bytes, approval_comment(image, now));
}

void check_expected(const Arguments& arguments, const RegisteredImage& image) {
  const auto digest = arguments.value("--digest");
  if (!digest || Digest::parse(*digest) == image.digest) return;
  throw Error(ErrorKind::kDenied, "image " + title_of(image) + " has the digest " +
                                      image.digest.to_string() + ", not " + *digest);
}

}  // namespace

int run_image_approve(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const Catalog catalog(config.store);
  const RegisteredImage image = catalog.resolve(ImageRef::parse(*arguments.word(0)));
  check_expected(arguments, image);
  const TrustedKeys keys = TrustedKeys::read(config.keys);
  check_not_revoked(image, keys.revocations);
  const UtcTime now = utc_now();
  const Approval approval =
      approve_image(config.store, image, signature_of(arguments, catalog, image, now), keys, now);
  return tell_deed(arguments, "image approve",
                   "approved " + title_of(image) + " (" + image.digest.to_string() +
                       ") by the key '" + approval.key + "'\n",
                   [&](Json& json) {
                     json.field("image", title_of(image))
                         .field("digest", image.digest.to_string())
                         .field("key", approval.key)
                         .field("key_id", approval.key_id.to_string());
                   });
}

}  // namespace workspace::cli
