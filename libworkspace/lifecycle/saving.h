#pragma once

#include <string>

#include "libworkspace/lifecycle/node.h"
#include "libworkspace/model/manifest.h"

namespace workspace {

/// Refuses a job that is to be saved (--workspace-save) where the site or the image does not permit
/// it, the name is not this user's, or the user has as many saved images as the site keeps. Asked
/// at submission, and by the node. Errors: kDenied, kExceeded.
void check_save(const SiteConfig& site, const Catalog& catalog, const Manifest& image,
                const ImageName& save_as, const std::string& user);

/// Keeps what a job has changed in its VM as an image, in three steps around the teardown's own: a
/// save never fails a teardown. How it went is in the log, and in the store for the job's user
/// (catalog/save_log.h).
///
/// The scratch disk is what a hostile guest has made of it: it is read as a file, by workspace-tree
/// alone, which has no rights (image/sandbox.h); nothing of it is mounted or parsed here.
class Saving {
 public:
  /// `record` is the job's as it was before its end began; one that is not to be saved, or never
  /// ran, makes all of this do nothing.
  Saving(Node& node, const JobRecord& record);

  /// While the VM lives: ends the tasks and has all that they wrote on the disk.
  void settle();
  /// When the VM is gone and its disk is still there: makes the layer and registers the image.
  void keep();

 private:
  void fail(const std::string& why);
  void tell(const std::string& fault, std::uint64_t size_bytes);
  std::uint64_t register_layer();

  Node& node_;
  const JobRecord& record_;
  bool wanted_;
  std::string image_;  ///< NAME:VERSION of the new one
  Deadline deadline_;
};

}  // namespace workspace
