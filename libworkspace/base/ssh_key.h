#pragma once

#include <string>
#include <string_view>

#include "libworkspace/base/sha256.h"

namespace workspace {

/// An Ed25519 key pair in OpenSSH's text forms.
struct SshKey {
  std::string private_text;  ///< the content of a file such as `id_ed25519`, without a passphrase
  std::string public_text;   ///< `ssh-ed25519 AAAA…`, without an end of line
};

/// The key pair that a seed stands for: the same seed gives the same keys everywhere.
/// The form is that of PROTOCOL.key in OpenSSH's source. Errors: kHost.
SshKey ssh_key_from_seed(const Sha256::Bytes& seed, std::string_view comment);

}  // namespace workspace
