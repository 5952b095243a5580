#include "cli/deed.h"
#include "cli/image_content.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/key_folder.h"

namespace workspace::cli {
namespace {

std::string reason_of(const Arguments& arguments) {
  const auto reason = arguments.value("--reason");
  if (!reason || reason->empty())
    throw Error(ErrorKind::kUsage, "--reason is missing; refusals will tell it");
  return *reason;
}

/// `sha256:HEX` could be an image's name and version only in form: no version is that long.
bool is_digest(const std::string& word) { return word.starts_with("sha256:") && word.size() > 64; }

minisign::KeyId key_id_of(const TrustedKeys& keys, const std::string& word) {
  for (const auto& key : keys.keys)
    if (key.name == word) return key.key.id;
  try {
    return minisign::KeyId::parse(word);
  } catch (const Error&) {
    throw Error(ErrorKind::kNotFound,
                "'" + printable(word, 64) +
                    "' is neither the name of a key (see `workspace image key list`) nor an id of "
                    "16 hexadecimal digits");
  }
}

}  // namespace

int run_image_revoke(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const std::string reason = reason_of(arguments);
  const std::string word = *arguments.word(0);
  const Digest digest = is_digest(word)
                            ? Digest::parse(word)
                            : Catalog(config.store).resolve(ImageRef::parse(word)).digest;
  key_folder::revoke(config.keys, [&](Revocations& revocations) {
    revocations.digests.insert_or_assign(digest, reason);
  });
  return tell_deed(
      arguments, "image revoke", "revoked " + digest.to_string() + " on this machine\n",
      [&](Json& json) { json.field("digest", digest.to_string()).field("reason", reason); });
}

int run_image_key_revoke(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const std::string reason = reason_of(arguments);
  const auto id = key_id_of(TrustedKeys::read(config.keys), *arguments.word(0));
  key_folder::revoke(config.keys, [&](Revocations& revocations) {
    revocations.keys.insert_or_assign(id, reason);
  });
  return tell_deed(
      arguments, "image key revoke", "revoked the key " + id.to_string() + " on this machine\n",
      [&](Json& json) { json.field("key_id", id.to_string()).field("reason", reason); });
}

}  // namespace workspace::cli
