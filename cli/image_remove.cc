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
  return print("removed " + ref.name.text() + ":" + ref.version + "; " +
               format_bytes(removed.size_bytes) + " are free again\n");
}

}  // namespace workspace::cli
