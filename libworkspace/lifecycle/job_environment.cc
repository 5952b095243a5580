#include "libworkspace/lifecycle/job_environment.h"

#include <cstdlib>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"

namespace workspace {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string required(const char* name) {
  auto value = variable(name);
  if (!value) {
    throw Error(ErrorKind::kHost, std::string(name) +
                                      " is not in the environment; this program is called by "
                                      "slurmd, as Prolog or Epilog in slurm.conf");
  }
  return *value;
}

std::uint32_t number(const char* name, const std::string& text) {
  const auto value = parse_decimal(text, UINT32_MAX);
  if (!value)
    throw Error(ErrorKind::kHost,
                std::string(name) + " is '" + printable(text, 32) + "', no number");
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

JobEnvironment JobEnvironment::take() {
  const auto job = parse_job_id(required("SLURM_JOB_ID"));
  if (!job) throw Error(ErrorKind::kHost, "SLURM_JOB_ID is not the number of a job");
  JobEnvironment environment{
      *job, number("SLURM_JOB_UID", required("SLURM_JOB_UID")),
      number("SLURM_JOB_RESTART_COUNT", variable("SLURM_JOB_RESTART_COUNT").value_or("0")),
      required("SLURMD_NODENAME"), variable("SPANK_WORKSPACE")};
  const auto slurm_conf = variable("SLURM_CONF");
  ::clearenv();
  ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  if (slurm_conf) ::setenv("SLURM_CONF", slurm_conf->c_str(), 1);
  return environment;
}

}  // namespace workspace
