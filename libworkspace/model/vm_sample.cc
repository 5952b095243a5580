#include "libworkspace/model/vm_sample.h"

#include "libworkspace/base/fields.h"

namespace workspace {

std::string VmSample::to_line() const {
  Fields fields;
  fields.add("job", job.to_string());
  fields.add("uid", std::uint64_t{uid});
  fields.add("node", node);
  fields.add("state", state);
  fields.add("image", image);
  fields.add("vcpus", std::uint64_t{vcpus});
  fields.add("memory_mib", memory_mib);
  fields.add("disk_mib", disk_mib);
  fields.add("ready_unix_ms", ready_unix_ms);
  fields.add("time_unix_ms", time_unix_ms);
  add_usage(fields, usage);
  return fields.to_line() + "\n";
}

VmSample VmSample::parse(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  Fields fields = Fields::from_line(line);
  VmSample sample(JobId::parse(fields.take("job")));
  sample.uid = static_cast<std::uint32_t>(fields.take_number("uid", UINT32_MAX));
  sample.node = fields.take("node");
  sample.state = fields.take("state");
  sample.image = fields.take("image");
  sample.vcpus = static_cast<std::uint32_t>(fields.take_number("vcpus", UINT32_MAX));
  sample.memory_mib = fields.take_number("memory_mib");
  sample.disk_mib = fields.take_number("disk_mib");
  sample.ready_unix_ms = fields.take_number("ready_unix_ms");
  sample.time_unix_ms = fields.take_number("time_unix_ms");
  sample.usage = take_usage(fields);
  fields.expect_empty();
  return sample;
}

}  // namespace workspace
