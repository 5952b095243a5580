#include "libworkspace/hypervisor/domain_xml.h"

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

#include "libworkspace/base/error.h"
#include "libworkspace/base/text.h"
#include "libworkspace/model/control_link.h"

namespace workspace {
namespace {

using pugi::xml_node;

/// pugixml escapes `<`, `&` and quotes; what XML cannot hold at all is refused here, together with
/// what no path or option has a need for.
const char* plain(const std::string& text, std::string_view what) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f;
  });
  if (!is_plain)
    throw Error(ErrorKind::kInvalid,
                "the " + std::string(what) + " '" + printable(text, 256) + "' is not plain text");
  return text.c_str();
}

void add_text(xml_node parent, const char* name, const std::string& text, std::string_view what) {
  parent.append_child(name).text().set(plain(text, what));
}

xml_node add(xml_node parent, const char* name,
             std::initializer_list<std::pair<const char*, const char*>> attributes) {
  xml_node child = parent.append_child(name);
  for (const auto& [attribute, value] : attributes)
    child.append_attribute(attribute).set_value(value);
  return child;
}

void add_metadata(xml_node domain, const DomainOwner& owner) {
  xml_node element = domain.append_child("metadata").append_child("workspace:domain");
  element.append_attribute("xmlns:workspace").set_value(kMetadataUri);
  element.append_attribute("job").set_value(owner.job.number());
  element.append_attribute("uid").set_value(owner.uid);
  element.append_attribute("image").set_value(plain(owner.image, "image's name"));
  element.append_attribute("digest").set_value(owner.digest.to_string().c_str());
}

void add_size(xml_node domain, const DomainDescription& description) {
  xml_node memory = add(domain, "memory", {{"unit", "MiB"}});
  memory.text().set(static_cast<unsigned long long>(description.memory_mib));
  domain.append_child("vcpu").text().set(description.vcpus);
}

void add_pinning(xml_node domain, const DomainDescription& description, HypervisorKind kind) {
  if (description.pinned_cpus.empty()) return;
  if (description.pinned_cpus.size() != description.vcpus)
    throw Error(ErrorKind::kInvalid, "the domain's vCPUs and their pinned CPUs differ in number");
  xml_node tune = domain.append_child("cputune");
  std::string all;
  for (std::uint32_t vcpu = 0; vcpu < description.vcpus; ++vcpu) {
    const std::string cpu = std::to_string(description.pinned_cpus[vcpu]);
    xml_node pin = tune.append_child("vcpupin");
    pin.append_attribute("vcpu").set_value(vcpu);
    pin.append_attribute("cpuset").set_value(cpu.c_str());
    all += (all.empty() ? "" : ",") + cpu;
  }
  // QEMU's own threads do the guest's input and output: they belong on the job's CPUs too.
  if (kind == HypervisorKind::kQemu)
    tune.append_child("emulatorpin").append_attribute("cpuset").set_value(all.c_str());
}

/// Not `strict`: Slurm counts memory by the machine, and a job with more of it than its NUMA node
/// has left would be killed for want of memory that the machine has.
void add_memory_place(xml_node domain, const DomainDescription& description, HypervisorKind kind) {
  if (!description.numa_node || kind != HypervisorKind::kQemu) return;
  xml_node memory = add(domain.append_child("numatune"), "memory", {{"mode", "preferred"}});
  memory.append_attribute("nodeset").set_value(*description.numa_node);
}

/// What an emulated guest need not find out: that its timer works, and which interrupt lines ACPI
/// gives to virtio, whose interrupts are messages. What it cannot find out: how fast its TSC, which
/// is the host's, goes. It measures that by a timer that QEMU emulates, and where the host has much
/// else to do it may be wrong 30 times over; its clock is then as wrong, and with it every timeout
/// inside. (`tsc=reliable`: nor does it watch the TSC later by such a timer.) And it need not lay
/// programs at other addresses each time: QEMU keeps the code that it has translated by address,
/// and would translate a program and its libraries anew at every start.
std::string emulated_guest_options(const DomainHost& host) {
  std::string words =
      " no_timer_check tsc=reliable pci=noacpi norandmaps mitigations=off init_on_alloc=0";
  if (host.tsc_khz != 0) words += " tsc_early_khz=" + std::to_string(host.tsc_khz);
  return words;
}

/// `panic=-1`: a guest that panics ends at once, and the prolog need not wait for its deadline.
/// Mitigations are left to the guest's kernel where its CPU is a real one: the guest may hold
/// several users' data.
std::string command_line(const DomainDescription& description, const DomainHost& host) {
  const bool is_xen = host.kind == HypervisorKind::kXen;
  std::string words = is_xen ? "console=hvc0" : "console=ttyS0";
  // The crypto self-tests cost every boot half a second under emulation and prove nothing new.
  words += " quiet panic=-1 cryptomgr.notests";
  if (!is_xen && !host.hardware_virtualization) words += emulated_guest_options(host);
  if (!description.kernel_options.empty()) words += " " + description.kernel_options;
  return words;
}

/// A device is passed through to no PVH guest (Xen 4.17, xl.cfg(5), pci): with one it is PV.
void add_boot(xml_node domain, const DomainDescription& description, const DomainHost& host) {
  xml_node os = domain.append_child("os");
  xml_node type = add(os, "type", {{"arch", "x86_64"}});
  if (host.kind == HypervisorKind::kQemu) {
    type.append_attribute("machine").set_value("pc");
    type.text().set("hvm");
  } else if (host.hardware_virtualization && description.pci_devices.empty()) {
    type.append_attribute("machine").set_value("xenpvh");
    type.text().set("xenpvh");
  } else {
    type.append_attribute("machine").set_value("xenpv");
    type.text().set("linux");
  }
  add_text(os, "kernel", description.kernel, "kernel's path");
  add_text(os, "initrd", description.initrd, "initrd's path");
  add_text(os, "cmdline", command_line(description, host), "kernel's command line");
}

/// A guest that powers off or reboots has ended. On Xen one that crashes or reboots (a panic with
/// panic=-1 does) stays as a stopped domain until destroy(), for its console goes with it.
void add_ends(xml_node domain, HypervisorKind kind) {
  const char* const kept = kind == HypervisorKind::kXen ? "preserve" : "destroy";
  domain.append_child("on_poweroff").text().set("destroy");
  domain.append_child("on_reboot").text().set(kept);
  domain.append_child("on_crash").text().set(kept);
}

void add_qemu_machine(xml_node domain, bool kvm) {
  domain.append_child("features").append_child("acpi");
  // The job's VM never moves to another machine, so it may have all that this CPU has.
  xml_node cpu =
      add(domain, "cpu", {{"mode", kvm ? "host-passthrough" : "maximum"}, {"check", "none"}});
  // Five levels of page tables are a quarter of an emulated guest's boot, for memory it has not.
  if (!kvm) add(cpu, "feature", {{"policy", "disable"}, {"name", "la57"}});
  // Told that its CPU moves bytes well one by one, a kernel copies and clears pages so; QEMU
  // executes each byte of that as an instruction. Without the promise it moves eight at a time.
  if (!kvm) add(cpu, "feature", {{"policy", "disable"}, {"name", "erms"}});
  xml_node clock = add(domain, "clock", {{"offset", "utc"}});
  add(clock, "timer", {{"name", "hpet"}, {"present", "no"}});
}

/// The disks of a group have its bounds together (QEMU's throttle-group).
void add_disk_caps(xml_node disk, const DiskCaps& caps) {
  if (!caps.any()) return;
  xml_node tune = disk.append_child("iotune");
  const auto add_bound = [&](const char* name, std::uint64_t bound) {
    if (bound != 0) tune.append_child(name).text().set(static_cast<unsigned long long>(bound));
  };
  add_bound("total_bytes_sec", caps.bytes_per_s);
  add_bound("total_iops_sec", caps.iops);
  tune.append_child("group_name").text().set("disks");
}

void add_qemu_disk(xml_node devices, const DomainDescription& description, std::size_t index) {
  const DomainDisk& disk = description.disks[index];
  const std::string device = disk_device(HypervisorKind::kQemu, index);
  xml_node element = add(devices, "disk", {{"type", "file"}, {"device", "disk"}});
  xml_node driver = add(element, "driver", {{"name", "qemu"}, {"type", "raw"}});
  // The node's page cache holds the image once for all its VMs. A scratch disk dies with its job,
  // so nothing on it has to survive the node.
  driver.append_attribute("cache").set_value(disk.read_only ? "writeback" : "unsafe");
  driver.append_attribute("discard").set_value(disk.gives_back ? "unmap" : "ignore");
  element.append_child("source").append_attribute("file").set_value(
      plain(disk.path, "disk's path"));
  add(element, "target", {{"dev", device.c_str()}, {"bus", "virtio"}});
  add_disk_caps(element, description.disk_caps);
  if (disk.read_only) element.append_child("readonly");
}

/// `phy`, the kernel's own backend, over a block device; or QEMU's, which alone knows bounds. An
/// image is then shown by a view in qcow2 (xen_qdisks.h): of a disk that is to be read-only libxl's
/// QEMU quietly leaves the guest without.
void add_xen_disk(xml_node devices, const DomainDescription& description, std::size_t index) {
  const DomainDisk& disk = description.disks[index];
  const std::string device = disk_device(HypervisorKind::kXen, index);
  xml_node element = add(devices, "disk", {{"type", "block"}, {"device", "disk"}});
  const bool is_qemus = description.disk_caps.any();
  const bool is_view = is_qemus && disk.read_only;
  xml_node driver = add(element, "driver",
                        {{"name", is_qemus ? "qemu" : "phy"}, {"type", is_view ? "qcow2" : "raw"}});
  driver.append_attribute("discard").set_value(disk.gives_back ? "unmap" : "ignore");
  element.append_child("source").append_attribute("dev").set_value(plain(disk.path, "disk's path"));
  add(element, "target", {{"dev", device.c_str()}, {"bus", "xen"}});
  if (disk.read_only && !is_view) element.append_child("readonly");
}

/// `tap` is QEMU's alone: Xen's NICs are numbered, and the script knows them by their number.
void add_nic(xml_node devices, const char* mac, const std::string& tap, const DomainHost& host) {
  xml_node nic = add(devices, "interface", {{"type", "ethernet"}});
  add(nic, "mac", {{"address", mac}});
  if (host.kind == HypervisorKind::kXen) {
    nic.append_child("script").append_attribute("path").set_value(
        plain(host.vif_script, "vif script's path"));
    return;
  }
  // managed='no': the tap is the prolog's, and stays down until it is in the job's namespace.
  add(nic, "target", {{"dev", tap.c_str()}, {"managed", "no"}});
  add(nic, "model", {{"type", "virtio"}});
}

void add_nics(xml_node devices, const DomainDescription& description, const DomainHost& host) {
  const JobId job = description.owner.job;
  add_nic(devices, control_link::guest_mac(host.kind), tap_name(job), host);
  if (description.private_mac.empty()) return;
  add_nic(devices, plain(description.private_mac, "second NIC's address"), private_tap_name(job),
          host);
}

void add_console(xml_node devices, const DomainDescription& description, HypervisorKind kind) {
  if (kind == HypervisorKind::kXen) {
    add(add(devices, "console", {{"type", "pty"}}), "target", {{"type", "xen"}, {"port", "0"}});
    return;
  }
  xml_node serial = add(devices, "serial", {{"type", "file"}});
  serial.append_child("source").append_attribute("path").set_value(
      plain(description.console_log, "console log's path"));
  add(serial, "target", {{"port", "0"}});
}

/// By it the VM gives memory back and takes it again; the guest's driver comes with the first time.
void add_balloon(xml_node devices) { add(devices, "memballoon", {{"model", "virtio"}}); }

/// Each device that libvirt would add by itself costs boot time, and is one more to attack.
void refuse_default_devices(xml_node devices) {
  add(devices, "controller", {{"type", "usb"}, {"model", "none"}});
}

/// QEMU's user is told, and libvirt changes no file's owner: the image and the kernel are shared by
/// many domains and must stay root's. The job's own files are handed over by create().
void add_qemu_user(xml_node domain, const QemuUser& user) {
  xml_node label =
      add(domain, "seclabel", {{"type", "static"}, {"model", "dac"}, {"relabel", "no"}});
  const std::string text = "+" + std::to_string(user.uid) + ":+" + std::to_string(user.gid);
  label.append_child("label").text().set(text.c_str());
}

/// libvirt asks QEMU for each of some 400 properties of the CPU with a call of its own, before the
/// guest may run: a fifth of a second of each boot, for a list that nobody here reads. Without this
/// capability it asks once, as it did QEMUs that have it not. (libvirt's "Domain XML format", QEMU
/// capabilities; qemuProcessFetchGuestCPU in its src/qemu/qemu_process.c.)
void ask_cpu_once(xml_node domain) {
  domain.append_attribute("xmlns:qemu").set_value("http://libvirt.org/schemas/domain/qemu/1.0");
  add(domain.append_child("qemu:capabilities"), "qemu:del",
      {{"capability", "cpu-unavailable-features"}});
}

/// The kernel's vfio-pci on QEMU, xen-pciback on Xen.
void add_pci_device(xml_node devices, const PciAddress& address, HypervisorKind kind) {
  xml_node element =
      add(devices, "hostdev", {{"mode", "subsystem"}, {"type", "pci"}, {"managed", "yes"}});
  add(element, "driver", {{"name", kind == HypervisorKind::kXen ? "xen" : "vfio"}});
  xml_node source = element.append_child("source").append_child("address");
  source.append_attribute("domain").set_value(address.domain);
  source.append_attribute("bus").set_value(address.bus);
  source.append_attribute("slot").set_value(address.slot);
  source.append_attribute("function").set_value(address.function);
}

void add_devices(xml_node domain, const DomainDescription& description, const DomainHost& host) {
  xml_node devices = domain.append_child("devices");
  for (std::size_t i = 0; i < description.disks.size(); ++i) {
    if (host.kind == HypervisorKind::kXen)
      add_xen_disk(devices, description, i);
    else
      add_qemu_disk(devices, description, i);
  }
  if (host.kind == HypervisorKind::kQemu) {
    refuse_default_devices(devices);
    add_balloon(devices);
  }
  add_nics(devices, description, host);
  for (const auto& address : description.pci_devices) add_pci_device(devices, address, host.kind);
  add_console(devices, description, host.kind);
}

const char* domain_type(const DomainHost& host) {
  if (host.kind == HypervisorKind::kXen) return "xen";
  return host.hardware_virtualization ? "kvm" : "qemu";
}

}  // namespace

std::string domain_xml(const DomainDescription& description, const DomainHost& host) {
  pugi::xml_document document;
  xml_node domain = add(document, "domain", {{"type", domain_type(host)}});
  domain.append_child("name").text().set(domain_name(description.owner.job).c_str());
  add_metadata(domain, description.owner);
  add_size(domain, description);
  add_pinning(domain, description, host.kind);
  add_memory_place(domain, description, host.kind);
  add_boot(domain, description, host);
  if (host.kind == HypervisorKind::kQemu) add_qemu_machine(domain, host.hardware_virtualization);
  add_ends(domain, host.kind);
  add_devices(domain, description, host);
  if (host.kind == HypervisorKind::kQemu && host.qemu_user) add_qemu_user(domain, *host.qemu_user);
  if (host.kind == HypervisorKind::kQemu) ask_cpu_once(domain);

  std::ostringstream xml;
  document.save(xml, "  ", pugi::format_indent | pugi::format_no_declaration);
  return xml.str();
}

std::optional<DomainOwner> owner_in_metadata(std::string_view element_xml) {
  pugi::xml_document document;
  if (!document.load_buffer(element_xml.data(), element_xml.size())) return std::nullopt;
  // libvirt gives the element back with or without its prefix.
  const xml_node element = document.document_element();
  const auto uid = parse_decimal(element.attribute("uid").value(), UINT32_MAX);
  if (!uid) return std::nullopt;
  try {
    return DomainOwner{JobId::parse(element.attribute("job").value()),
                       static_cast<std::uint32_t>(*uid), element.attribute("image").value(),
                       Digest::parse(element.attribute("digest").value())};
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace workspace
