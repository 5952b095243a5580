#pragma once

#include <string>
#include <string_view>

#include "libworkspace/model/guest_config.h"

namespace workspace {

/// One file as a cpio archive of the `newc` form, which the kernel unpacks behind any other archive
/// (Documentation/driver-api/early-userspace/buffer-format.rst). The parents of `name` are in it.
std::string cpio_archive(std::string_view name, std::string_view content, unsigned mode);

/// Writes the job's initrd: the site's, zeros up to a multiple of four bytes, and the guest's
/// configuration as one more archive. The file is readable by its owner alone, since it holds the
/// job's token. Errors: kHost.
void write_job_initrd(const std::string& site_initrd, const GuestConfig& config,
                      const std::string& path);

/// Where a job's initrd lies while its VM boots: beside its scratch disk, not in the memory that
/// /run is made of.
std::string job_initrd_path(const std::string& scratch_folder, JobId job);

/// Removes it; one that is gone already is fine. Errors: kHost.
void remove_job_initrd(const std::string& scratch_folder, JobId job);

}  // namespace workspace
