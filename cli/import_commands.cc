#include <array>

#include "cli/subcommand.h"
#include "cli/subcommands.h"

namespace workspace::cli {
namespace {

constexpr Option kCompression{"--compression", "NAME", "zstd (without it), lz4, gzip or xz"};

constexpr std::array kImportOptions = {
    Option{"--name", "NAME", "the image's name"},
    Option{"--version", "VERSION", "the image's version"},
    Option{"--description", "TEXT", "one line that tells users what it is for"},
    Option{"--out", "DIR", "where manifest and squashfs go; without it NAME-VERSION"},
    Option{"--dry-run", "", "read and check all of the source, write nothing"},
    Option{"--exclude", "PATTERN[,…]", "leave these out as well, such as opt/old,*.log"},
    Option{"--exclude-from", "FILE", "the same, a pattern on each line"},
    Option{"--no-default-excludes", "", "leave out only what --exclude says"},
    Option{"--max-size", "SIZE", "refuse a source whose files hold more; 64G without it"},
    kCompression,
    Option{"--partition", "NUMBER", "the partition of a disk that is the root"},
    Option{"--rsh", "COMMAND", "what reaches a running machine, in place of ssh"},
    kJson,
    kHelp};
constexpr std::array kBuildOptions = {
    Option{"--out", "DIR", "where manifest and squashfs go; without it NAME-VERSION"},
    Option{"--dry-run", "", "check the recipe and say what would be done"},
    Option{"--max-size", "SIZE", "refuse an image whose files hold more; 64G without it"},
    kCompression,
    kJson,
    kHelp};
constexpr std::array kFlattenOptions = {
    Option{"--name", "NAME", "the new image's name; without it the same"},
    Option{"--version", "VERSION", "the new image's version; without it the same and -flat"},
    Option{"--out", "DIR", "where manifest and squashfs go; without it NAME-VERSION"},
    kJson,
    kConfig,
    kHelp};
constexpr std::array kLookOptions = {kJson, kConfig, kHelp};

constexpr std::array kGcOptions = {
    Option{"--keep", "SIZE", "keep this much; without it what cache_max permits"},
    Option{"--dry-run", "", "say what would be removed"}, kJson, kConfig, kHelp};
constexpr std::array kNodeOptions = {kJson, kConfig, kHelp};
constexpr std::array kPrefetchOptions = {
    Option{"--nodes", "LIST", "into the caches of these nodes, by a job of Slurm's"}, kJson,
    kConfig, kHelp};

constexpr std::array kCommands = {
    Subcommand{"image import", "SOURCE",
               "make an image from a folder, archive, container, disk or machine", kImportOptions,
               &run_image_import},
    Subcommand{"image build", "RECIPE",
               "make an image of a distribution's packages, or by commands in a VM", kBuildOptions,
               &run_image_build},
    Subcommand{"image flatten", "NAME[:VERSION]",
               "make one file of an image's root and its layers, as a new image", kFlattenOptions,
               &run_image_flatten},
    Subcommand{"image saves", "", "what your jobs have saved, and what failed", kLookOptions,
               &run_image_saves},
    Subcommand{"image remove", "NAME:VERSION", "take an image out of the site's store (root)",
               kNodeOptions, &run_image_remove},
    Subcommand{"image inspect", "NAME[:VERSION]",
               "what an image holds: system, packages, sizes, kernel modules", kLookOptions,
               &run_image_inspect},
    Subcommand{"image diff", "NAME[:VERSION] NAME[:VERSION]",
               "packages and files in which two images differ", kLookOptions, &run_image_diff},
    Subcommand{"image verify", "[NAME[:VERSION]]",
               "hash the files of one image, or of all, in the store and in this node's cache",
               kLookOptions, &run_image_verify},
    Subcommand{"image history", "NAME", "the versions of an image, and who approved each",
               kLookOptions, &run_image_history},
    Subcommand{"image search", "WORD", "the images with a word in name, version or description",
               kLookOptions, &run_image_search},
    Subcommand{"image cached", "", "what this node's cache holds, the least recently used first",
               kLookOptions, &run_image_cached},
    Subcommand{"image prefetch", "NAME[:VERSION]", "bring an image into this node's cache (root)",
               kPrefetchOptions, &run_image_prefetch},
    Subcommand{"image gc", "", "remove from this node's cache what no job uses (root)", kGcOptions,
               &run_image_gc},
    Subcommand{"image pin", "NAME[:VERSION]", "keep an image in this node's cache (root)",
               kNodeOptions, &run_image_pin},
    Subcommand{"image unpin", "NAME[:VERSION]", "no longer keep it there (root)", kNodeOptions,
               &run_image_unpin},
};

}  // namespace

std::span<const Subcommand> import_commands() { return kCommands; }

}  // namespace workspace::cli
