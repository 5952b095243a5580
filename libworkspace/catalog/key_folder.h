#pragma once

#include <functional>
#include <string>

#include "libworkspace/catalog/trusted_keys.h"

/// Changes in the folder of trusted keys. Each holds the folder's lock, so that of two admins at
/// once neither loses what the other did. Errors of all: kDenied for a folder that is not trusted;
/// kTimeout; kHost.
namespace workspace::key_folder {

/// A role for a key that is yet to be made.
struct NewKey {
  std::string name;
  std::vector<std::string> images;
  std::optional<UtcTime> expires;
};

/// Makes a key pair: the secret half goes to `secret_path` with mode 0600, in a folder that is made
/// where it is not there, and the public one into the folder of keys. Errors: kInvalid for a bad
/// name; kDenied when one of the files is there.
TrustedKey make_key(const std::string& folder, const NewKey& role, const std::string& secret_path);

/// Trusts a key that was made elsewhere; with `replace` in the place of the one that has its name.
/// Errors: kDenied when the folder has this name, or this key under another.
void trust(const std::string& folder, const TrustedKey& key, bool replace);

/// Adds to the list of what is revoked. Errors: also kInvalid for a reason that is not
/// one line, and for a list that has become too long.
void revoke(const std::string& folder, const std::function<void(Revocations&)>& add);

/// The secret key in a file that only root (or the caller) can read and write. Errors: kNotFound;
/// kDenied; kInvalid, naming the file.
minisign::SecretKey read_secret_key(const std::string& path);

}  // namespace workspace::key_folder
