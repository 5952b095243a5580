#include "libworkspace/lifecycle/job_ssh_keys.h"

#include "libworkspace/base/ssh_key.h"

namespace workspace {
namespace {

SshKey make_key(JobId job, const std::string& secret, const std::string& purpose) {
  const std::string name = "workspace job " + job.to_string() + " " + purpose;
  return ssh_key_from_seed(sha256_of(name + "\n" + secret), name);
}

}  // namespace

std::optional<GuestSshKeys> make_job_ssh_keys(JobId job, const std::string& secret) {
  if (secret.empty()) return std::nullopt;
  const SshKey user = make_key(job, secret, "user");
  const SshKey host = make_key(job, secret, "host");
  return GuestSshKeys{user.private_text, user.public_text, host.private_text, host.public_text};
}

}  // namespace workspace
