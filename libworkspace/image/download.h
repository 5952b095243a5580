#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libworkspace/base/deadline.h"
#include "libworkspace/base/fd.h"

namespace workspace {

/// Where another site's files are: an `https:`, `http:` or `file:` URL of a folder, or an absolute
/// path, which becomes a `file:` URL. Errors: kInvalid for anything else, and for a URL with a
/// user's name or password, a query, or bytes that no URL has.
std::string parse_source_url(const std::string& text);

struct DownloadRequest {
  std::string url;
  std::uint64_t max_bytes = 0;
  /// Proxies (`https_proxy=…`), as NAME=VALUE.
  std::vector<std::string> environment = {};
};

/// Called now and then with the bytes that are there.
using DownloadProgress = std::function<void(std::uint64_t done_bytes)>;

/// Fetches what is behind a URL into `file`, behind what that holds already: curl, as `nobody` when
/// the caller is root, with bounds on size, memory and a connection that has gone silent. It
/// follows redirections, but to no other protocol than the URL's own or a safer one, and reads no
/// configuration of the caller's. What has come stays in the file when it fails.
///
/// The file must be one of make_work_file, or of open_partial. Errors: kNotFound when the server
/// has no such file, or it cannot be read; kExceeded for more than `max_bytes`; kTimeout; kHost.
void download(const DownloadRequest& request, const UniqueFd& file, Deadline deadline,
              const DownloadProgress& progress);

/// Opens a file that a download may be continued in, or makes it: `FOLDER/.partial-NAME`. One that
/// is no regular file, or has a second name, is replaced. Errors: kHost.
UniqueFd open_partial(const std::string& folder, const std::string& name);

}  // namespace workspace
