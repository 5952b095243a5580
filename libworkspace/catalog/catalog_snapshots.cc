#include "libworkspace/catalog/catalog_snapshots.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fd.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/sha256.h"
#include "libworkspace/base/text.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/catalog/manifest_file.h"

namespace workspace {
namespace {

constexpr std::size_t kMaxFactsBytes = 8192;

std::string read_trusted(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd = open_trusted_file(path);
  return read_all(fd.get(), max_bytes, path);
}

std::string listed(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::string> texts;
  for (const auto number : numbers) texts.push_back(std::to_string(number));
  return texts.empty() ? "there is none" : "there are " + join(texts, ", ");
}

/// What was seen last.
struct Seen {
  std::uint64_t number = 0;
  std::optional<Digest> digest;
};

Seen read_seen(const std::string& path) {
  try {
    Fields fields = Fields::from_lines(read_trusted(path, kMaxFactsBytes));
    Seen seen{fields.take_number("number"), Digest::parse(fields.take("digest"))};
    fields.expect_empty();
    return seen;
  } catch (Error& e) {
    if (e.kind() == ErrorKind::kNotFound) return {};
    throw e.in(path);
  }
}

}  // namespace

Digest CatalogSnapshot::digest() const { return Digest(sha256_of(index_bytes)); }

CatalogSnapshots::CatalogSnapshots(const std::string& folder, const std::string& name)
    : name_(name), folder_(folder + "/" + name) {
  check_key_name(name);
}

void CatalogSnapshots::make_folder() const { make_trusted_folder(folder_, 0755); }

std::string CatalogSnapshots::folder_of(std::uint64_t number) const {
  return folder_ + "/" + std::to_string(number);
}

std::vector<std::uint64_t> CatalogSnapshots::numbers() const {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const auto number = parse_decimal(entry.path().filename().string(), UINT32_MAX);
    if (number) numbers.push_back(*number);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw_errno("reading " + folder_, error.value());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::optional<CatalogSnapshot> CatalogSnapshots::newest() const {
  const auto all = numbers();
  if (all.empty()) return std::nullopt;
  return read(all.back());
}

CatalogSnapshot CatalogSnapshots::read(std::uint64_t number) const {
  const auto all = numbers();
  if (!std::binary_search(all.begin(), all.end(), number)) {
    throw Error(ErrorKind::kNotFound, "the catalogue '" + name_ + "' has no snapshot " +
                                          std::to_string(number) + "; " + listed(all));
  }
  const std::string folder = folder_of(number);
  CatalogSnapshot snapshot;
  snapshot.number = number;
  Fields facts = Fields::from_lines(read_trusted(folder + "/facts", kMaxFactsBytes));
  snapshot.source = facts.take("source");
  snapshot.fetched = parse_utc_time(facts.take("fetched"), "fetched");
  facts.expect_empty();
  snapshot.index_bytes = read_trusted(folder + "/index", kMaxIndexBytes);
  snapshot.signature = read_trusted(folder + "/index.minisig", minisign::kMaxFileBytes);
  for (const auto& entry : CatalogIndex::parse(snapshot.index_bytes).images) {
    const std::string path = folder + "/manifests/" + entry.manifest.file_name();
    snapshot.manifests.emplace(entry.manifest, read_trusted(path, kMaxManifestBytes));
  }
  return snapshot;
}

void CatalogSnapshots::check_not_older(const CatalogIndex& index, const Digest& digest) const {
  const std::string path = folder_ + "/seen";
  const Seen seen = read_seen(path);
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kDenied, "the index of the catalogue '" + name_ + "' has the number " +
                                        std::to_string(index.number) + why);
  };
  if (index.number < seen.number) {
    refuse(", and " + std::to_string(seen.number) +
           " was seen before: somebody shows an older catalogue than there is");
  }
  if (index.number == seen.number && seen.digest && *seen.digest != digest) {
    refuse(", and another index of this number was seen before; its site must publish again");
  }
  Fields fields;
  fields.add("number", index.number);
  fields.add("digest", digest.to_string());
  write_file_atomic(path, fields.to_lines(), 0644);
}

std::uint64_t CatalogSnapshots::add(const CatalogSnapshot& snapshot) const {
  const auto all = numbers();
  const std::uint64_t number = all.empty() ? 1 : all.back() + 1;
  const std::string made = folder_ + "/.new";
  std::error_code error;
  std::filesystem::remove_all(made, error);
  if (error) throw_errno("removing " + made, error.value());
  make_trusted_folder(made, 0755);
  make_trusted_folder(made + "/manifests", 0755);
  for (const auto& [digest, bytes] : snapshot.manifests)
    write_file_atomic(made + "/manifests/" + digest.file_name(), bytes, 0444);
  Fields facts;
  facts.add("source", snapshot.source);
  facts.add("fetched", format_utc_time(snapshot.fetched));
  write_file_atomic(made + "/facts", facts.to_lines(), 0444);
  write_file_atomic(made + "/index", snapshot.index_bytes, 0444);
  write_file_atomic(made + "/index.minisig", snapshot.signature, 0444);
  const std::string target = folder_of(number);
  if (std::rename(made.c_str(), target.c_str()) != 0) throw_errno("renaming to " + target);
  sync_folder(folder_);
  return number;
}

CatalogDifference difference_of(const CatalogIndex& before, const CatalogIndex& after) {
  CatalogDifference difference;
  for (const auto& entry : after.images) {
    const CatalogEntry* earlier = before.find(entry.name, entry.version);
    if (earlier == nullptr) {
      difference.added.push_back(entry.title());
    } else if (earlier->manifest != entry.manifest) {
      difference.changed.push_back(entry.title());
    }
  }
  for (const auto& entry : before.images)
    if (after.find(entry.name, entry.version) == nullptr) difference.gone.push_back(entry.title());
  return difference;
}

}  // namespace workspace
