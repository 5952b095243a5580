#include <array>

#include "cli/subcommand.h"
#include "cli/subcommands.h"

namespace workspace::cli {
namespace {

constexpr Option kSnapshot{"--snapshot", "NUMBER", "of this snapshot; without it the newest"};

constexpr std::array kPublishOptions = {
    Option{"--images", "PATTERN[,…]", "the image names; without it all that are approved"},
    Option{"--key", "NAME", "sign with this key; without it the only one there is"},
    Option{"--secret", "FILE", "the key's secret half, where it is not in the usual place"},
    kJson,
    kConfig,
    kHelp};
constexpr std::array kTrustOptions = {
    Option{"--images", "PATTERN[,…]", "the image names it may bring; without it all"},
    Option{"--expires", "DAY", "from then on it is not trusted; without it always"},
    Option{"--replace", "", "in place of the key that the catalogue has"},
    kJson,
    kConfig,
    kHelp};
constexpr std::array kListOptions = {kJson, kConfig, kHelp};
constexpr std::array kShowOptions = {kSnapshot, kJson, kConfig, kHelp};
constexpr std::array kUpdateOptions = {
    Option{"--images", "PATTERN[,…]", "the image names; without it all"},
    Option{"--max-size", "SIZE", "refuse an image whose files hold more; 64G without it"},
    Option{"--dry-run", "", "say what would be brought"},
    kSnapshot,
    kJson,
    kConfig,
    kHelp};

constexpr std::array kCommands = {
    Subcommand{"catalog publish", "DIR", "write a signed catalogue of this site's images",
               kPublishOptions, &run_catalog_publish},
    Subcommand{"catalog trust", "NAME KEY", "take the catalogue that another site's key signs",
               kTrustOptions, &run_catalog_trust},
    Subcommand{"catalog fetch", "URL", "take a snapshot of a catalogue, and tell what is new in it",
               kListOptions, &run_catalog_fetch},
    Subcommand{"catalog update", "NAME", "bring a snapshot's images into the store, unapproved",
               kUpdateOptions, &run_catalog_update},
    Subcommand{"catalog list", "", "the catalogues of other sites that are trusted here",
               kListOptions, &run_catalog_list},
    Subcommand{"catalog show", "NAME", "the images of a snapshot", kShowOptions, &run_catalog_show},
};

}  // namespace

std::span<const Subcommand> catalog_commands() { return kCommands; }

}  // namespace workspace::cli
