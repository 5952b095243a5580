#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace workspace::agent {

/// Makes a folder and its missing parents, each with mode 0755. Errors: kGuest.
void make_folders(const std::string& path);

/// Makes an empty file where nothing is, and its missing parents. Errors: kGuest.
void make_file(const std::string& path);

/// Replaces a file by rename(2), so that a link in the image is replaced and not followed. Nothing
/// is synced: what is written here lives as long as the guest. Errors: kGuest.
void replace_file(const std::string& path, std::string_view content, mode_t mode);

/// The content of a small file; empty when it is not there. Errors: kGuest.
std::string read_small_file(const std::string& path);

/// mount(2). Errors: kGuest, naming the target.
void mount_at(const std::string& source, const std::string& target, const char* type,
              unsigned long flags, const std::string& options);

/// Like throw_errno, but the blame is the image's or the guest's: kGuest.
[[noreturn]] void throw_guest_errno(std::string_view what);

}  // namespace workspace::agent
