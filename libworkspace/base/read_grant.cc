#include "libworkspace/base/read_grant.h"

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/xattr.h>

#include <array>

#include "libworkspace/base/error.h"

namespace workspace {

void grant_reading(const std::string& path, uid_t uid) {
  // As the kernel takes it (linux/posix_acl_xattr.h), in the order of the tags. All little endian,
  // as is every machine that this runs on.
  struct {
    posix_acl_xattr_header header;
    std::array<posix_acl_xattr_entry, 5> entries;
  } const list = {{POSIX_ACL_XATTR_VERSION},
                  {{{ACL_USER_OBJ, ACL_READ | ACL_WRITE, static_cast<__u32>(ACL_UNDEFINED_ID)},
                    {ACL_USER, ACL_READ, uid},
                    {ACL_GROUP_OBJ, 0, static_cast<__u32>(ACL_UNDEFINED_ID)},
                    {ACL_MASK, ACL_READ, static_cast<__u32>(ACL_UNDEFINED_ID)},
                    {ACL_OTHER, 0, static_cast<__u32>(ACL_UNDEFINED_ID)}}}};
  if (::setxattr(path.c_str(), "system.posix_acl_access", &list, sizeof list, 0) != 0)
    throw_errno("letting user " + std::to_string(uid) + " read " + path);
}

}  // namespace workspace
