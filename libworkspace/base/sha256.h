#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace workspace {

/// SHA-256 over bytes that come in pieces.
class Sha256 {
 public:
  using Bytes = std::array<std::uint8_t, 32>;

  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void update(std::string_view bytes);
  /// The digest of all bytes so far. Ends the object's use.
  Bytes finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256::Bytes sha256_of(std::string_view bytes);

/// The digest of a file from the descriptor's position to its end. `progress`, if there is one, is
/// called now and then with the bytes done so far. Errors: kHost, naming `name`.
Sha256::Bytes sha256_of_file(int fd, std::string_view name,
                             const std::function<void(std::uint64_t done_bytes)>& progress = {});

}  // namespace workspace
