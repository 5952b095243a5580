#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/image/tree_reading.h"

namespace workspace {

/// A file of an image. The type is find(1)'s letter: f d l p.
struct ListedFile {
  std::string path;
  char type = 'f';
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime_s = 0;
  std::uint64_t size_bytes = 0;
  std::string target;  ///< of a symbolic link, or the first name of a file that has several
  std::string sha256;  ///< of a regular file's content, in hex; empty for a later name of a file
};

struct ListedPackage {
  std::string name;
  std::string version;

  auto operator<=>(const ListedPackage&) const = default;
};

/// All that can be told of an image without booting it. It was read from what may be hostile: every
/// text in it needs printable() on its way to a terminal.
struct TreeListing {
  std::vector<ListedFile> files;        ///< by path
  std::vector<ListedPackage> packages;  ///< of its database, by name
  std::string package_database;         ///< dpkg, apk, rpm, or empty
  std::string rpm_database;   ///< the file's name, where it is an RPM database that was kept
  std::string package_fault;  ///< why its packages are not known, though it has a database
  std::map<std::string, std::string> os_release;  ///< os-release(5)
};

/// Reads a source, lays the layers behind it over it as overlayfs would, and tells the listing to
/// `output_fd`, in lines that parse_listing takes. An RPM database, which needs rpm to be read, is
/// kept in `database_fd`, where one is given. Errors: as read_tree.
void list_tree(const std::vector<std::unique_ptr<EntrySource>>& sources, const TreeLimits& limits,
               int output_fd, int database_fd = -1);

/// Reads what list_tree wrote, strictly: the process that wrote it read what is not trusted.
/// Errors: kInvalid.
TreeListing parse_listing(std::string_view lines);

}  // namespace workspace
