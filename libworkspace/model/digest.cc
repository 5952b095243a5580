#include "libworkspace/model/digest.h"

#include <algorithm>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {
constexpr std::string_view kPrefix = "sha256:";
}

Digest Digest::parse(std::string_view text) {
  Bytes bytes{};
  if (text.starts_with(kPrefix)) {
    const auto decoded = from_hex(text.substr(kPrefix.size()));
    if (decoded && decoded->size() == bytes.size()) {
      std::copy(decoded->begin(), decoded->end(), bytes.begin());
      return Digest(bytes);
    }
  }
  throw Error(ErrorKind::kInvalid, "'" + printable(text, 80) +
                                       "' is not a digest; expected sha256: and 64 lower-case "
                                       "hexadecimal digits");
}

std::string Digest::to_string() const { return std::string(kPrefix) + to_hex(bytes_); }

std::string Digest::file_name() const { return "sha256-" + to_hex(bytes_); }

}  // namespace workspace
