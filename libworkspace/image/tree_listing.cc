#include "libworkspace/image/tree_listing.h"

#include <unistd.h>

#include <array>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/base/text.h"
#include "libworkspace/image/package_databases.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxKeptBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxNameBytes = 512;
constexpr std::string_view kDpkgStatus = "var/lib/dpkg/status";
constexpr std::string_view kApkInstalled = "lib/apk/db/installed";
/// The two places of os-release(5); the first one is often a link to the second.
constexpr std::array<std::string_view, 2> kOsReleases = {"etc/os-release", "usr/lib/os-release"};
constexpr std::array<std::string_view, 2> kRpmFolders = {"var/lib/rpm/", "usr/lib/sysimage/rpm/"};

constexpr std::array<std::string_view, 2> kRpmDatabases = {"rpmdb.sqlite", "Packages"};
constexpr std::uint64_t kMaxDatabaseBytes = std::uint64_t{1} << 30;

/// The name of an RPM database's file; nothing for any other path.
std::string_view rpm_database_at(std::string_view path) {
  for (const auto& folder : kRpmFolders)
    for (const auto& name : kRpmDatabases)
      if (path.starts_with(folder) && path.substr(folder.size()) == name) return name;
  return "";
}

bool is_kept(std::string_view path) {
  return path == kDpkgStatus || path == kApkInstalled || path == kOsReleases[0] ||
         path == kOsReleases[1];
}

/// Keeps the one RPM database that counts: of the newer form where there are two, and of the
/// topmost layer.
class KeptDatabase {
 public:
  explicit KeptDatabase(int fd) : fd_(fd) {}

  void begin(std::string_view path) {
    const std::string_view found = rpm_database_at(path);
    taking_ = fd_ >= 0 && !found.empty() && (name_.empty() || found != kRpmDatabases[1]);
    if (!taking_) return;
    name_ = found;
    size_bytes_ = 0;
    if (::ftruncate(fd_, 0) != 0 || ::lseek(fd_, 0, SEEK_SET) != 0)
      throw_errno("keeping the RPM database");
  }

  void take(std::span<const char> bytes) {
    size_bytes_ += taking_ ? bytes.size() : 0;
    if (taking_ && size_bytes_ <= kMaxDatabaseBytes)
      write_all(fd_, {bytes.data(), bytes.size()}, "keeping the RPM database");
  }

  /// Empty when there is none, or one that is too large.
  [[nodiscard]] std::string name() const {
    return size_bytes_ <= kMaxDatabaseBytes ? std::string(name_) : "";
  }

 private:
  int fd_;
  bool taking_ = false;
  std::string_view name_;
  std::uint64_t size_bytes_ = 0;
};

/// Hashes each content and keeps the few that are read.
class Contents {
 public:
  explicit Contents(int database_fd) : database_(database_fd) {}

  void take(const TreeEntry& entry, std::span<const char> bytes) {
    if (!hash_) {
      hash_ = std::make_unique<Sha256>();
      kept_.erase(entry.path);  // a layer's below
      database_.begin(entry.path);
    }
    if (bytes.empty()) {
      sha256_[entry.path] = to_hex(hash_->finish());
      hash_.reset();
      return;
    }
    hash_->update({bytes.data(), bytes.size()});
    database_.take(bytes);
    if (!is_kept(entry.path)) return;
    std::string& kept = kept_[entry.path];
    if (kept.size() + bytes.size() <= kMaxKeptBytes) kept.append(bytes.data(), bytes.size());
  }

  [[nodiscard]] std::string sha256(const std::string& path) const {
    const auto found = sha256_.find(path);
    return found == sha256_.end() ? "" : found->second;
  }
  [[nodiscard]] const std::string& kept(std::string_view path) const {
    static const std::string nothing;
    const auto found = kept_.find(path);
    return found == kept_.end() ? nothing : found->second;
  }
  [[nodiscard]] std::string rpm_database() const { return database_.name(); }

 private:
  KeptDatabase database_;
  std::unique_ptr<Sha256> hash_;
  std::map<std::string, std::string, std::less<>> sha256_;
  std::map<std::string, std::string, std::less<>> kept_;
};

char letter_of(EntryType type) {
  switch (type) {
    case EntryType::kFolder:
      return 'd';
    case EntryType::kSymlink:
      return 'l';
    case EntryType::kFifo:
      return 'p';
    default:
      return 'f';
  }
}

std::string file_line(const std::string& path, const TreeNode& node, const std::string& first_path,
                      const Contents& contents) {
  const TreeEntry& entry = node.entry;
  Fields fields;
  fields.add("file", path);
  fields.add("type", std::string(1, letter_of(entry.type)));
  fields.add("mode", std::uint64_t{entry.mode});
  fields.add("uid", entry.uid);
  fields.add("gid", entry.gid);
  fields.add("mtime_s", static_cast<std::uint64_t>(std::max<std::int64_t>(entry.mtime_s, 0)));
  fields.add("size_bytes", entry.size_bytes);
  if (path != first_path) fields.add("target", first_path);
  if (path == first_path && !entry.target.empty()) fields.add("target", entry.target);
  if (path == first_path && entry.type == EntryType::kFile)
    fields.add("sha256", contents.sha256(path));
  return fields.to_line() + "\n";
}

std::string about_lines(const FileTree& tree, const Contents& contents) {
  std::string lines;
  const auto add = [&](const Fields& fields) { lines += fields.to_line() + "\n"; };
  for (const auto& path : kOsReleases) {
    const auto values = parse_os_release(contents.kept(path));
    for (const auto& [name, value] : values) {
      Fields fields;
      fields.add("os_release", name);
      fields.add("value", value.substr(0, kMaxNameBytes));
      add(fields);
    }
    if (!values.empty()) break;
  }
  std::string database;
  std::vector<ListedPackage> packages;
  if (tree.find(kDpkgStatus) != nullptr) {
    database = "dpkg";
    packages = dpkg_packages(contents.kept(kDpkgStatus));
  } else if (tree.find(kApkInstalled) != nullptr) {
    database = "apk";
    packages = apk_packages(contents.kept(kApkInstalled));
  } else {
    for (const auto& folder : kRpmFolders)
      if (tree.find(folder.substr(0, folder.size() - 1)) != nullptr) database = "rpm";
  }
  Fields fields;
  fields.add("database", database);
  if (database == "rpm") fields.add("rpm_database", contents.rpm_database());
  add(fields);
  for (const auto& package : packages) {
    Fields of_package;
    of_package.add("package", package.name.substr(0, kMaxNameBytes));
    of_package.add("version", package.version.substr(0, kMaxNameBytes));
    add(of_package);
  }
  return lines;
}

ListedFile take_file(Fields& fields) {
  ListedFile file;
  file.path = fields.take("file");
  const std::string type = fields.take("type");
  if (type.size() != 1 || std::string_view("fdlp").find(type) == std::string_view::npos)
    throw Error(ErrorKind::kInvalid, "a listing has an unknown type of file");
  file.type = type[0];
  file.mode = static_cast<std::uint32_t>(fields.take_number("mode", 07777));
  file.uid = fields.take_number("uid", UINT32_MAX);
  file.gid = fields.take_number("gid", UINT32_MAX);
  file.mtime_s = static_cast<std::int64_t>(fields.take_number("mtime_s", INT64_MAX));
  file.size_bytes = fields.take_number("size_bytes", INT64_MAX);
  file.target = fields.take_or("target", "");
  file.sha256 = fields.take_or("sha256", "");
  const auto digest = from_hex(file.sha256);
  if (!digest || (!digest->empty() && digest->size() != 32))
    throw Error(ErrorKind::kInvalid, "a listing has a digest that is none");
  return file;
}

}  // namespace

void list_tree(const std::vector<std::unique_ptr<EntrySource>>& sources, const TreeLimits& limits,
               int output_fd, int database_fd) {
  Contents contents(database_fd);
  FileTree tree(limits);
  const LeftOut nothing;
  LayerForm form = LayerForm::kNone;
  for (const auto& source : sources) {
    const auto take = [&](const TreeEntry& entry, std::span<const char> bytes) {
      contents.take(entry, bytes);
    };
    (void)read_tree(*source, {nothing, form, nullptr, take}, tree);
    form = LayerForm::kOverlay;
  }
  std::string lines = about_lines(tree, contents);
  const auto flush = [&] {
    write_all(output_fd, lines, "writing the listing");
    lines.clear();
  };
  tree.for_each([&](const std::string& path, const TreeNode& node, const std::string& first) {
    lines += file_line(path, node, first, contents);
    if (lines.size() > (1U << 20U)) flush();
  });
  flush();
}

TreeListing parse_listing(std::string_view lines) {
  TreeListing listing;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (end == std::string_view::npos)
      throw Error(ErrorKind::kInvalid, "a listing ends in the midst of a line");
    Fields fields = Fields::from_line(lines.substr(0, end));
    lines.remove_prefix(end + 1);
    if (fields.has("file")) {
      listing.files.push_back(take_file(fields));
    } else if (fields.has("package")) {
      const std::string name = fields.take("package");
      listing.packages.push_back({name, fields.take("version")});
    } else if (fields.has("os_release")) {
      const std::string name = fields.take("os_release");
      listing.os_release.emplace(name, fields.take("value"));
    } else {
      listing.package_database = fields.take("database");
      listing.rpm_database = fields.take_or("rpm_database", "");
      // It becomes a file's name.
      if (!listing.rpm_database.empty() && listing.rpm_database != kRpmDatabases[0] &&
          listing.rpm_database != kRpmDatabases[1])
        throw Error(ErrorKind::kInvalid, "a listing has an unknown kind of RPM database");
    }
    fields.expect_empty();
  }
  return listing;
}

}  // namespace workspace
