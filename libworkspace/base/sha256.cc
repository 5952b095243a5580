#include "libworkspace/base/sha256.h"

#include <sodium.h>

namespace workspace {

struct Sha256::State {
  crypto_hash_sha256_state sodium;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->sodium); }

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  crypto_hash_sha256_update(&state_->sodium, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

Sha256::Bytes Sha256::finish() {
  Bytes bytes{};
  crypto_hash_sha256_final(&state_->sodium, bytes.data());
  return bytes;
}

Sha256::Bytes sha256_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace workspace
