#include "libworkspace/model/resized_vm.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/fields.h"
#include "libworkspace/base/trusted_path.h"

namespace workspace {
namespace {

std::uint32_t take_u32(Fields& fields, std::string_view name) {
  return static_cast<std::uint32_t>(fields.take_number(name, UINT32_MAX));
}

}  // namespace

std::string ResizedVm::to_lines() const {
  Fields fields;
  fields.add("vcpus", std::uint64_t{vcpus});
  fields.add("memory_mib", memory_mib);
  fields.add("most_vcpus", std::uint64_t{most_vcpus});
  fields.add("most_memory_mib", most_memory_mib);
  return fields.to_lines();
}

ResizedVm ResizedVm::parse(std::string_view text) {
  try {
    Fields fields = Fields::from_lines(text);
    ResizedVm resized;
    resized.vcpus = take_u32(fields, "vcpus");
    resized.memory_mib = fields.take_number("memory_mib");
    resized.most_vcpus = take_u32(fields, "most_vcpus");
    resized.most_memory_mib = fields.take_number("most_memory_mib");
    fields.expect_empty();
    return resized;
  } catch (Error& e) {
    throw e.in("the VM's size");
  }
}

ResizedVm read_resized(const std::string& job_folder) {
  std::string text;
  try {
    text = read_trusted_file(job_folder + "/" + ResizedVm::kFileName, ResizedVm::kMaxBytes);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kNotFound) throw;
    return {};
  }
  return ResizedVm::parse(text);
}

}  // namespace workspace
