#include "libworkspace/base/sha256.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string>
#include <vector>

#include "libworkspace/base/error.h"

namespace workspace {

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {
    if (context == nullptr) throw std::bad_alloc();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }

  EVP_MD_CTX* context;
};

namespace {

/// libcrypto's digests fail only for want of memory.
void check(int result) {
  if (result != 1) throw std::bad_alloc();
}

}  // namespace

Sha256::Sha256() : state_(std::make_unique<State>()) {
  check(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

Sha256::Bytes Sha256::finish() {
  Bytes bytes{};
  check(EVP_DigestFinal_ex(state_->context, bytes.data(), nullptr));
  return bytes;
}

Sha256::Bytes sha256_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

Sha256::Bytes sha256_of_file(int fd, std::string_view name,
                             const std::function<void(std::uint64_t)>& progress) {
  Sha256 hash;
  std::vector<char> block(std::size_t{1} << 20);
  std::uint64_t done_bytes = 0;
  for (;;) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("reading " + std::string(name));
    if (got == 0) return hash.finish();
    hash.update({block.data(), static_cast<std::size_t>(got)});
    done_bytes += static_cast<std::uint64_t>(got);
    if (progress) progress(done_bytes);
  }
}

}  // namespace workspace
