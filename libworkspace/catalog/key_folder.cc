#include "libworkspace/catalog/key_folder.h"

#include <sys/stat.h>

#include <cerrno>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/file_lock.h"
#include "libworkspace/base/trusted_path.h"

namespace workspace::key_folder {
namespace {

constexpr std::chrono::seconds kLockWait{30};

FileLock lock(const std::string& folder) {
  make_trusted_folder(folder, 0755);
  return {folder + "/.lock", Deadline::in(kLockWait)};
}

void refuse_existing(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return;
    throw_errno("looking for " + path);
  }
  throw Error(ErrorKind::kDenied, path + " is there already; give the new key another name");
}

}  // namespace

TrustedKey make_key(const std::string& folder, const NewKey& role, const std::string& secret_path) {
  check_key_name(role.name);
  const FileLock held = lock(folder);
  refuse_existing(trusted_key_path(folder, role.name));
  refuse_existing(secret_path);
  const auto secret = minisign::SecretKey::generate();
  make_trusted_folder(secret_path.substr(0, secret_path.rfind('/')), 0700);
  write_file_atomic(secret_path, secret.to_text(), 0600);
  TrustedKey key{role.name, secret.public_key(), role.images, role.expires};
  write_trusted_key(folder, key);
  return key;
}

void trust(const std::string& folder, const TrustedKey& key, bool replace) {
  check_key_name(key.name);
  const FileLock held = lock(folder);
  if (!replace) refuse_existing(trusted_key_path(folder, key.name));
  const TrustedKeys trusted = TrustedKeys::read(folder);
  const TrustedKey* const other = trusted.find(key.key.id);
  if (other != nullptr && other->name != key.name) {
    throw Error(ErrorKind::kDenied, "the key " + key.key.id.to_string() +
                                        " is trusted already, as '" + other->name + "'");
  }
  write_trusted_key(folder, key);
}

void revoke(const std::string& folder, const std::function<void(Revocations&)>& add) {
  const FileLock held = lock(folder);
  Revocations revocations = TrustedKeys::read(folder).revocations;
  add(revocations);
  write_revocations(folder, revocations);
}

minisign::SecretKey read_secret_key(const std::string& path) {
  const UniqueFd fd = open_trusted_file(path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw_errno("reading the state of " + path);
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw Error(ErrorKind::kDenied,
                path + " is a secret that others may read; chmod 600 it, or make a new key");
  }
  try {
    return minisign::SecretKey::parse(read_all(fd.get(), minisign::kMaxFileBytes, path));
  } catch (Error& e) {
    throw e.in(path);
  }
}

}  // namespace workspace::key_folder
