#include <array>

#include "cli/subcommand.h"
#include "cli/subcommands.h"

namespace workspace::cli {
namespace {

constexpr Option kReason{"--reason", "TEXT", "one line, which refusals tell"};

constexpr std::array kApproveOptions = {
    Option{"--key", "NAME", "sign with this key; without it the only one there is"},
    Option{"--secret", "FILE", "the key's secret half, where it is not in the usual place"},
    Option{"--signature", "FILE", "take this signature, made by minisign -S, and sign nothing"},
    Option{"--digest", "DIGEST", "refuse an image of another digest than the one you looked at"},
    kJson,
    kConfig,
    kHelp};
constexpr std::array kNewKeyOptions = {
    Option{"--images", "PATTERN[,…]", "the image names it may approve; without it all"},
    Option{"--expires", "DAY", "from then on it approves nothing; without it never"},
    Option{"--secret", "FILE", "where its secret half goes"},
    Option{"--keys", "DIR", "the folder of keys, in place of the site's"},
    kJson,
    kConfig,
    kHelp};
constexpr std::array kKeyListOptions = {kJson, kConfig, kHelp};
constexpr std::array kRevokeOptions = {kReason, kJson, kConfig, kHelp};
constexpr std::array kCheckOptions = {kJson, kHelp};

constexpr std::array kCommands = {
    Subcommand{"image approve", "NAME[:VERSION]", "sign an image, so that it may be used",
               kApproveOptions, &run_image_approve},
    Subcommand{"image revoke", "IMAGE", "let nobody use an image (NAME:VERSION, or a digest)",
               kRevokeOptions, &run_image_revoke},
    Subcommand{"image key new", "NAME", "make a key that approves images", kNewKeyOptions,
               &run_image_key_new},
    Subcommand{"image key list", "", "the keys that this machine trusts", kKeyListOptions,
               &run_image_key_list},
    Subcommand{"image key revoke", "KEY", "trust a key (its name, or its id) no more",
               kRevokeOptions, &run_image_key_revoke},
    Subcommand{"image lint", "MANIFEST", "all that is wrong with a manifest and its files",
               kCheckOptions, &run_image_lint},
    Subcommand{"config check", "[FILE]", "all that is wrong with the site's configuration",
               kCheckOptions, &run_config_check},
};

}  // namespace

std::span<const Subcommand> trust_commands() { return kCommands; }

}  // namespace workspace::cli
