#include "libworkspace/lifecycle/vm_build.h"

#include "libworkspace/base/error.h"
#include "libworkspace/base/trusted_path.h"
#include "libworkspace/lifecycle/build_machine.h"

namespace workspace {
namespace {

/// Of what the commands say, the last is kept.
constexpr std::size_t kKeptOutputBytes = std::size_t{64} << 10;
constexpr std::chrono::hours kImportTime{6};

/// What the agent made, or makes anew in each guest.
LeftOut left_out_of_machine() {
  LeftOut left_out = left_out_of_images();
  left_out.add(LeftOut({"tmp/*", "var/tmp/*", "etc/hosts", "etc/hostname", "etc/machine-id"}));
  return left_out;
}

class Build {
 public:
  Build(Node& node, const VmBuild& build, ImportOptions options, const ImportProgress& progress)
      : node_(node), build_(build), options_(std::move(options)), progress_(progress) {}

  ImportedTree run() {
    const RegisteredImage base = node_.catalog.resolve(vm().image);
    BuildMachine machine(node_, build_.node_name);
    progress_("booting the virtual machine", 0, 0);
    machine.boot(base, vm());
    run_script(machine);
    progress_("reading what has changed", 0, 0);
    return lay_over(base, changes_of(machine));
  }

 private:
  [[nodiscard]] const VmSource& vm() const { return *build_.recipe.vm; }

  void run_script(BuildMachine& machine) {
    std::string said;
    std::uint64_t said_bytes = 0;
    const auto take_output = [&](std::string_view bytes) {
      said_bytes += bytes.size();
      said += bytes;
      if (said.size() > 2 * kKeptOutputBytes) said.erase(0, said.size() - kKeptOutputBytes);
      progress_("running the recipe's commands, which have said", said_bytes, 0);
    };
    const TaskExit end =
        machine.run(vm_script(build_.recipe, build_.files, build_.script),
                    {"SOURCE_DATE_EPOCH=" + std::to_string(build_.recipe.date_unix_s)},
                    Deadline::in(vm().timeout), take_output);
    if (!end.signaled && end.code == 0) return;
    const std::string fault = first_fault(said);
    throw Error(ErrorKind::kInvalid,
                "the recipe's commands failed" + (fault.empty() ? "" : ": " + fault) +
                    (end.out_of_memory ? " (the virtual machine's memory ran out)" : ""));
  }

  /// A squashfs of them, as overlayfs has them.
  UniqueFd changes_of(BuildMachine& machine) {
    ImportSource source;
    source.kind = SourceKind::kUpper;
    source.name = "the virtual machine's disk";
    source.fd = machine.take_disk();
    ImportOptions options = options_;
    options.work_folder = node_.site.scratch;
    options.left_out = left_out_of_machine();
    return import_tree(source, options, Deadline::in(kImportTime), progress_).squashfs;
  }

  ImportedTree lay_over(const RegisteredImage& base, UniqueFd changes) {
    const auto open = [&](const ImageFile& file) {
      return open_trusted_file(node_.catalog.file_path(*file.digest));
    };
    const Manifest& image = base.manifest;
    ImportSource source;
    source.kind = image.root_format == RootFormat::kExt4 ? SourceKind::kExt : SourceKind::kSquashfs;
    source.name = "image " + image.name.text() + ":" + image.version.text();
    source.fd = open(image.root);
    source.size_bytes = image.root.size_bytes;
    for (const auto& layer : image.layers) source.layers.push_back(open(layer));
    source.layers.push_back(std::move(changes));
    options_.left_out = left_out_of(build_.recipe);
    options_.newest_mtime_s = build_.recipe.date_unix_s;
    return import_tree(source, options_, Deadline::in(kImportTime), progress_);
  }

  Node& node_;
  const VmBuild& build_;
  ImportOptions options_;
  const ImportProgress& progress_;
};

}  // namespace

ImportedTree build_in_vm(Node& node, const VmBuild& build, ImportOptions options,
                         const ImportProgress& progress) {
  return Build(node, build, std::move(options), progress).run();
}

}  // namespace workspace
