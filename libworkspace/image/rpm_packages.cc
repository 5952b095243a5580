#include "libworkspace/image/rpm_packages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/sandbox.h"
#include "libworkspace/image/tree_command.h"

namespace workspace {
namespace {

/// A hundred thousand packages.
constexpr std::size_t kMaxOutputBytes = std::size_t{16} << 20;
constexpr const char* kFormat = "%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}.%{ARCH}\n";

/// A folder of the sandbox's own with the database in it: rpm takes no descriptor.
class DatabaseFolder {
 public:
  DatabaseFolder(const UniqueFd& file, const std::string& name, const std::string& work_folder)
      : path_(work_folder + "/.workspace-rpm-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw_errno("making a folder in " + work_folder);
    try {
      fill(file, name);
    } catch (...) {
      remove();
      throw;
    }
  }
  DatabaseFolder(const DatabaseFolder&) = delete;
  DatabaseFolder& operator=(const DatabaseFolder&) = delete;
  ~DatabaseFolder() { remove(); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void fill(const UniqueFd& file, const std::string& name) const {
    const std::string target = path_ + "/" + name;
    if (::linkat(AT_FDCWD, path_of(file).c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) != 0)
      throw_errno("naming " + target);
    const UniqueFd folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) throw_errno("opening " + path_);
    give_to_sandbox(folder, path_);
  }

  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path_;
};

}  // namespace

std::vector<ListedPackage> parse_rpm_packages(std::string_view lines) {
  std::vector<ListedPackage> packages;
  for (const auto& line : split(lines, '\n')) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos || tab == 0 || tab + 1 == line.size()) continue;
    packages.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

std::vector<ListedPackage> rpm_packages(const UniqueFd& file, const std::string& name,
                                        const std::string& work_folder, Deadline deadline) {
  const DatabaseFolder folder(file, name, work_folder);
  const std::string backend = name == "Packages" ? "bdb_ro" : "sqlite";
  const Command command =
      sandboxed({"rpm", "--dbpath", folder.path(), "--define", "_db_backend " + backend,
                 "--nosignature", "--nodigest", "-qa", "--queryformat", kFormat},
                SandboxLimits());
  const CommandResult result = run_command(command, deadline, kMaxOutputBytes);
  if (result.exit_status != 0) {
    throw Error(ErrorKind::kHost, "rpm cannot read the database " + name + ": " +
                                      printable(last_line(result.error_output), 256));
  }
  return parse_rpm_packages(result.output);
}

}  // namespace workspace
