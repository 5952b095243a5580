#include "cli/deed.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "libworkspace/base/error.h"
#include "libworkspace/catalog/removal.h"

namespace workspace::cli {

int run_image_remove(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const ImageRef ref = ImageRef::parse(*arguments.word(0));
  if (ref.version.empty())
    throw Error(ErrorKind::kUsage, "say which version: NAME:VERSION, see `workspace image list`");
  const RemovedImage removed =
      remove_image(config.store, ref.name, ImageVersion::parse(ref.version));
  const std::string title = ref.name.text() + ":" + ref.version;
  return tell_deed(
      arguments, "image remove",
      "removed " + title + "; " + format_bytes(removed.size_bytes) + " are free again\n",
      [&](Json& json) {
        json.field("image", title)
            .field("removed_files", removed.files)
            .field("removed_bytes", removed.size_bytes);
      });
}

}  // namespace workspace::cli
