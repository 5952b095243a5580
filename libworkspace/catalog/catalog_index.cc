#include "libworkspace/catalog/catalog_index.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/manifest_file.h"

namespace workspace {
namespace {

constexpr std::string_view kFormat = "workspace-catalog-1";
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 50;

Error invalid(const std::string& why) { return {ErrorKind::kInvalid, why}; }

void read_header(Fields& fields, CatalogIndex& index) {
  if (!fields.has("format")) throw invalid("this is no index of a catalogue");
  const std::string format = fields.take("format");
  if (format != kFormat)
    throw invalid("the format '" + printable(format, 32) + "' is not known; there is " +
                  std::string(kFormat));
  index.number = fields.take_number("number");
  index.made = parse_utc_time(fields.take("made"), "made");
}

void read_file(Fields& fields, CatalogIndex& index) {
  if (!index.images.empty()) throw invalid("a file stands behind an image");
  const Digest digest = Digest::parse(fields.take("file"));
  if (!index.files.empty() && digest <= index.files.rbegin()->first)
    throw invalid("the files are not in order, or one is given twice");
  index.files.emplace(digest, fields.take_number("size_bytes", kMaxFileBytes));
}

auto order_of(const CatalogEntry& entry) { return std::tie(entry.name, entry.version); }

void read_image(Fields& fields, CatalogIndex& index) {
  CatalogEntry entry{
      ImageName::parse(fields.take("image")), ImageVersion::parse(fields.take("version")),
      Digest::parse(fields.take("manifest")), fields.take_number("size_bytes", kMaxManifestBytes)};
  if (!index.images.empty() && order_of(entry) <= order_of(index.images.back()))
    throw invalid("the images are not in order, or one is given twice");
  index.images.push_back(std::move(entry));
}

void read_line(const std::string& line, bool first, CatalogIndex& index) {
  Fields fields = Fields::from_line(line);
  if (first) {
    read_header(fields, index);
  } else if (fields.has("file")) {
    read_file(fields, index);
  } else {
    read_image(fields, index);
  }
  fields.expect_empty();
}

[[noreturn]] void distrust(const std::string& why) {
  throw Error(ErrorKind::kDenied, "the index is not trusted: " + why);
}

minisign::Signature parse_signature(std::string_view text) {
  try {
    return minisign::Signature::parse(text);
  } catch (const Error& e) {
    distrust("its signature is malformed: " + e.text());
  }
}

}  // namespace

CatalogIndex CatalogIndex::parse(std::string_view text) {
  if (text.size() > kMaxIndexBytes) {
    throw invalid("index: it has " + std::to_string(text.size()) + " bytes; at most " +
                  std::to_string(kMaxIndexBytes) + " are allowed");
  }
  if (!text.ends_with('\n')) throw invalid("index: it does not end with a line's end");
  const std::string_view whole = text;
  CatalogIndex index;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t length = text.find('\n');
    ++number;
    try {
      read_line(std::string(text.substr(0, length)), number == 1, index);
    } catch (Error& e) {
      throw e.in("index:" + std::to_string(number));
    }
    text.remove_prefix(length + 1);
  }
  // Other bytes of the same meaning would be another index of the same number.
  if (index.to_text() != whole) throw invalid("index: it is not in the form of an index");
  return index;
}

std::string CatalogIndex::to_text() const {
  Fields header;
  header.add("format", kFormat);
  header.add("number", number);
  header.add("made", format_utc_time(made));
  std::string text = header.to_line() + "\n";
  for (const auto& [digest, size_bytes] : files) {
    Fields line;
    line.add("file", digest.to_string());
    line.add("size_bytes", size_bytes);
    text += line.to_line() + "\n";
  }
  for (const auto& entry : images) {
    Fields line;
    line.add("image", entry.name.text());
    line.add("version", entry.version.text());
    line.add("manifest", entry.manifest.to_string());
    line.add("size_bytes", entry.manifest_bytes);
    text += line.to_line() + "\n";
  }
  return text;
}

const CatalogEntry* CatalogIndex::find(const ImageName& name, const ImageVersion& version) const {
  const auto at = std::find_if(images.begin(), images.end(), [&](const CatalogEntry& entry) {
    return entry.name == name && entry.version == version;
  });
  return at == images.end() ? nullptr : &*at;
}

const TrustedKey& check_index_signature(std::string_view index, std::string_view signature,
                                        const TrustedKeys& keys, UtcTime now) {
  const auto parsed = parse_signature(signature);
  const std::string id = parsed.key_id.to_string();
  const auto revoked = keys.revocations.keys.find(parsed.key_id);
  if (revoked != keys.revocations.keys.end())
    distrust("its key " + id + " is revoked: " + revoked->second);
  const TrustedKey* key = keys.find(parsed.key_id);
  if (key == nullptr) {
    distrust("it is signed by the key " + id +
             ", which this site does not trust for catalogues; see `workspace catalog trust`");
  }
  if (const auto fault = minisign::fault_of(parsed, key->key, index))
    distrust("its signature " + *fault);
  // A clock that was set back makes no key young again.
  const UtcTime time = std::max(now, parsed.signed_at().value_or(now));
  if (key->expires && *key->expires <= time)
    distrust("key '" + key->name + "' expired at " + format_utc_time(*key->expires));
  return *key;
}

namespace {

/// What is wrong with a manifest of the right digest; nothing when it is fine.
std::optional<std::string> fault_of(const CatalogEntry& entry, std::string_view bytes,
                                    const Manifest& manifest, const CatalogIndex& index,
                                    const TrustedKey& key) {
  if (manifest.name != entry.name || manifest.version != entry.version)
    return "its manifest is that of " + manifest.name.text() + ":" + manifest.version.text();
  if (format_manifest(manifest) != bytes) return "its manifest is not in the canonical form";
  if (!manifest.owner.empty()) return "it is what a user's job has saved there";
  if (!key.covers(entry.name)) {
    return "the catalogue '" + key.name + "' may bring " + join(key.images, ", ");
  }
  std::optional<std::string> fault;
  for_each_file(manifest, [&](const std::string& role, const ImageFile& file) {
    if (fault) return;
    const auto listed = file.digest ? index.files.find(*file.digest) : index.files.end();
    if (listed == index.files.end()) {
      fault = "the index does not have its " + role;
    } else if (listed->second != file.size_bytes) {
      fault = "its manifest says that its " + role + " has " + std::to_string(file.size_bytes) +
              " bytes, the index " + std::to_string(listed->second);
    }
  });
  return fault;
}

}  // namespace

Manifest check_entry(const CatalogEntry& entry, std::string_view bytes, const CatalogIndex& index,
                     const TrustedKey& key) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kDenied, "image " + entry.title() + " of the catalogue: " + why);
  };
  const Digest digest = manifest_digest(bytes);
  if (bytes.size() != entry.manifest_bytes || digest != entry.manifest) {
    refuse("its manifest has the digest " + digest.to_string() + ", not " +
           entry.manifest.to_string());
  }
  try {
    Manifest manifest = parse_manifest(bytes, "manifest");
    if (const auto fault = fault_of(entry, bytes, manifest, index, key)) refuse(*fault);
    return manifest;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kInvalid) refuse(e.text());
    throw;
  }
}

}  // namespace workspace
