#include "libworkspace/image/download.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "libworkspace/base/error.h"
#include "libworkspace/base/partial_file.h"
#include "libworkspace/base/process.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/sandbox.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;
/// A server that sends less than this for so long has gone.
constexpr const char* kLeastBytesPerS = "100";
constexpr const char* kSilenceS = "60";
constexpr const char* kConnectTimeoutS = "30";

/// curl(1), EXIT CODES.
enum CurlExit {
  kCurlCannotRead = 37,
  kCurlHttpError = 22,
  kCurlWriteError = 23,
  kCurlNoRange = 33,
  kCurlTooLarge = 63,
};
/// The shell's status of a program that wrote more than RLIMIT_FSIZE.
constexpr int kFileSizeSignal = 128 + 25;

Error invalid(const std::string& text, const std::string& why) {
  return {ErrorKind::kInvalid, "'" + printable(text, 128) + "' " + why};
}

std::string scheme_of(const std::string& url) { return url.substr(0, url.find(':')); }

/// The protocols that a redirection may lead to.
std::string protocols_of(const std::string& url) {
  const std::string scheme = scheme_of(url);
  return scheme == "http" ? "=http,https" : "=" + scheme;
}

std::uint64_t size_of(const UniqueFd& file) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw_errno("reading the state of a download");
  return static_cast<std::uint64_t>(info.st_size);
}

void truncate(const UniqueFd& file) {
  if (::ftruncate(file.get(), 0) != 0) throw_errno("emptying a download");
}

Command curl_command(const DownloadRequest& request, const UniqueFd& file, std::uint64_t from) {
  const std::string protocols = protocols_of(request.url);
  // The first option keeps it from its user's configuration.
  std::vector<std::string> argv = {"curl",
                                   "--disable",
                                   "--silent",
                                   "--show-error",
                                   "--fail",
                                   "--globoff",
                                   "--location",
                                   "--max-redirs",
                                   "5",
                                   "--proto",
                                   protocols,
                                   "--proto-redir",
                                   protocols,
                                   "--connect-timeout",
                                   kConnectTimeoutS,
                                   "--speed-limit",
                                   kLeastBytesPerS,
                                   "--speed-time",
                                   kSilenceS,
                                   "--max-filesize",
                                   std::to_string(request.max_bytes),
                                   "--output",
                                   path_of(file)};
  if (from > 0) argv.insert(argv.end(), {"--continue-at", std::to_string(from)});
  argv.insert(argv.end(), {"--url", request.url});
  Command command = sandboxed(std::move(argv), {request.max_bytes});
  command.keeps_network = scheme_of(request.url) != "file";
  command.environment = request.environment;
  command.kept_fds = {file.get()};
  return command;
}

[[noreturn]] void refuse(const DownloadRequest& request, const CommandResult& result) {
  const auto fail = [&](ErrorKind kind, const std::string& why) {
    throw Error(kind, "fetching " + request.url + ": " + why);
  };
  const std::string said =
      printable(result.error_output.substr(0, result.error_output.find('\n')), 256);
  switch (result.exit_status) {
    case kCurlHttpError:
    case kCurlCannotRead:
      fail(ErrorKind::kNotFound, said);
      break;
    case kCurlTooLarge:
    case kCurlWriteError:
    case kFileSizeSignal:
      fail(ErrorKind::kExceeded, "there is more than the " + std::to_string(request.max_bytes) +
                                     " bytes that it may have");
      break;
    default:
      fail(ErrorKind::kHost,
           said.empty() ? "curl ended with status " + std::to_string(result.exit_status) : said);
  }
  throw Error(ErrorKind::kHost, said);
}

}  // namespace

std::string parse_source_url(const std::string& text) {
  static constexpr std::array<std::string_view, 3> kSchemes = {"https://", "http://", "file:///"};
  if (text.starts_with('/')) return parse_source_url("file://" + percent_encode(text));
  const auto scheme = std::find_if(kSchemes.begin(), kSchemes.end(),
                                   [&](std::string_view known) { return text.starts_with(known); });
  if (scheme == kSchemes.end())
    throw invalid(text, "is neither a https:, http: or file: URL nor an absolute path");
  if (text.size() > kMaxUrlBytes)
    throw invalid(text, "has more than " + std::to_string(kMaxUrlBytes) + " bytes");
  const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("\"<>\\^`{|}?#[]").find(c) == std::string::npos;
  });
  if (!clean) throw invalid(text, "has a character that the URL of a folder may not have");
  if (text.find('@') != std::string::npos)
    throw invalid(text, "names a user; a catalogue is fetched without one");
  std::string url = text;
  while (url.ends_with('/')) url.pop_back();
  if (url.size() < scheme->size()) throw invalid(text, "names no place");
  return url;
}

void download(const DownloadRequest& request, const UniqueFd& file, Deadline deadline,
              const DownloadProgress& progress) {
  const auto run = [&](std::uint64_t from) {
    return run_pipeline({curl_command(request, file, from)}, deadline,
                        [&] {
                          if (progress) progress(size_of(file));
                        })
        .front();
  };
  if (size_of(file) > request.max_bytes) truncate(file);
  const std::uint64_t from = size_of(file);
  if (from == request.max_bytes && from > 0) return;
  CommandResult result = run(from);
  if (from > 0 && result.exit_status == kCurlNoRange) {
    // A server that cannot continue begins again.
    truncate(file);
    result = run(0);
  }
  if (result.exit_status != 0) refuse(request, result);
}

UniqueFd open_partial(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + std::string(PartialFile::kPrefix) + name;
  const auto open_it = [&] {
    return UniqueFd(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  };
  UniqueFd file = open_it();
  struct stat info {};
  const bool usable = file.valid() && ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) &&
                      info.st_nlink == 1;
  if (!usable) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("removing " + path);
    file = open_it();
    if (!file.valid()) throw_errno("opening " + path);
  }
  give_to_sandbox(file, path);
  return file;
}

}  // namespace workspace
