#include "libworkspace/catalog/registration.h"

#include "cli/deed.h"
#include "cli/output.h"
#include "cli/subcommands.h"
#include "cli/terminal_progress.h"

namespace workspace::cli {

int run_image_register(const Arguments& arguments) {
  const SiteConfig config = site_config(arguments);
  const RegisteredImage image = [&] {
    TerminalProgress progress;
    return register_image(config.store, *arguments.word(0),
                          [&](const std::string& file, std::uint64_t done, std::uint64_t total) {
                            progress.show(file, done, total);
                          });
  }();
  const std::string title = image.manifest.name.text() + ":" + image.manifest.version.text();
  std::string text = "registered " + title + " as " + image.digest.to_string() + "\n";
  if (config.require_approval && !image.signature)
    text += "next, so that it may be used: workspace image approve " + title + "\n";
  return tell_deed(arguments, "image register", text, [&](Json& json) {
    json.field("image", title)
        .field("digest", image.digest.to_string())
        .field("size_bytes", total_bytes(image.manifest))
        .field("needs_approval", config.require_approval && !image.signature);
  });
}

}  // namespace workspace::cli
