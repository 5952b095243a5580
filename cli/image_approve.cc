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

/// The secret key that is meant: by its file, by its name, or because there is no other.
std::string secret_file(const Arguments& arguments, const std::string& manifest) {
  if (const auto file = arguments.value("--secret")) return absolute_path(*file);
  if (const auto name = arguments.value("--key")) {
    check_key_name(*name);
    return secret_key_path(*name);
  }
  const auto names = secret_key_names();
  if (names.size() == 1) return secret_key_path(names[0]);
  if (names.empty()) {
    throw Error(
        ErrorKind::kNotFound,
        "there is no key to sign with; make one by `workspace image key new NAME`, or sign " +
            manifest + " elsewhere by `minisign -S` and give --signature");
  }
  throw Error(ErrorKind::kUsage,
              "there are several keys; say which by --key: " + join(names, ", "));
}

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
  const std::string file = secret_file(arguments, catalog.manifest_path(image.manifest));
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
  return print("approved " + title_of(image) + " (" + image.digest.to_string() + ") by the key '" +
               approval.key + "'\n");
}

}  // namespace workspace::cli
