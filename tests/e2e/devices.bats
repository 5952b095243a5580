# A job's generic resources (GRES) and the devices of its VM. The machine has none to give: its devices are
# files for Slurm, and for libvirt folders of a made-up /sys. What is seen is the description that libvirt is
# given of each job's VM, and what is said where a device cannot be passed through.

bats_require_minimum_version 1.5.0
load support
load images

setup_file() {
    start_lab
    on 1 touch /tmp/gpu0 /tmp/gpu1
    give_devices 'lab run'
    give_devices 'on 1'
    restart_slurm
    describe_domains
}
teardown_file() { lab down >&2; }
teardown() {
    lab run timeout 60 scancel -u user1
    on 1 sh -c 'if mountpoint -q /sys/bus/pci/devices; then umount /sys/bus/pci/devices; fi
        sed -i /^devices:/d /etc/workspace/workspace.yaml'
    if is_drained 1; then resume_node 1; fi
    expect_nothing_left 1
}

# give_devices PLACE: to that machine's Slurm.
give_devices() {
    $1 sh -c 'cd /etc/slurm; echo "GresTypes=gpu" >>slurm.conf; sed -i "s/^NodeName.*/& Gres=gpu:2/" slurm.conf
        echo "NodeName=node1 Name=gpu File=/tmp/gpu[0-1]" >gres.conf'
}

# libvirt shows each domain's description to this program before it looks for the domain's devices.
describe_domains() {
    on 1 sh -c 'mkdir -p /etc/libvirt/hooks; cat >/etc/libvirt/hooks/qemu; chmod 755 /etc/libvirt/hooks/qemu' <<'END'
#!/bin/sh
[ "$2" != prepare ] || cat >"/root/described-$1"
END
    lab service 1 libvirtd stop
    lab service 1 libvirtd start
}

# made_up_devices IOMMU-GROUP: 00fe:86:00.0 and 00fe:86:00.1, in that group, which is a folder, or in none.
made_up_devices() {
    on 1 sh -c 'mount -t tmpfs none /sys/bus/pci/devices
        for function in 0 1; do
            mkdir "/sys/bus/pci/devices/00fe:86:00.$function"
            [ -z "$1" ] || ln -s "$1" "/sys/bus/pci/devices/00fe:86:00.$function/iommu_group"
        done' sh "$1"
}

# devices_of JOB: of its domain, as libvirt was told.
devices_of() {
    on 1 python3 - "/root/described-workspace-$1" <<'END'
import sys
from xml.etree import ElementTree

for device in ElementTree.parse(sys.argv[1]).iterfind("devices/hostdev"):
    at = [int(device.find("source/address").get(key), 16) for key in ("domain", "bus", "slot", "function")]
    print("{:04x}:{:02x}:{:02x}.{}".format(*at), device.get("managed"))
END
}

# fails_by_host USER ARGUMENTS…: a job whose prolog fails and drains the node.
fails_by_host() {
    job=$(submit "$1" --workspace=tiny "${@:2}" --wrap true)
    expect_drained 1
    as user1 scancel "$job"
    output=$(on 1 grep '^workspace prolog: error: ' /var/log/slurm/slurmd.log | tail -n 1)
}

@test "a name that the site's table lacks gives the VM nothing" {
    run_job user1 --gres=gpu:1 --workspace=tiny --wrap 'echo it runs'
    expect_output 'it runs'
    run devices_of "$job"
    expect_output ''
}

@test "an image that needs more GPUs than its VM would have is refused by the node" {
    make_image learning 1 'needs: {memory: 96M, gpu: 2}'
    approve learning
    run as user1 srun -Q --gres=gpu:1 --workspace=learning true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'learning:1' needs 2 GPUs on each node, but the job's VM has 0 on node1; ask for --gpus-per-node=2, where the site passes GPUs to VMs"
    expect_nothing_left 1
}

@test "a device that the node does not have is the host's fault, and is told with what to do" {
    set_config 1 'devices: {gpu: ["00fe:86:00.0", "00fe:86:00.1"]}'
    fails_by_host user1 --gres=gpu:1
    expect_output_contains 'the node has no PCI device 00fe:86:00.0 (gpu 0); correct devices in workspace.yaml by lspci -D'
    resume_node 1
    # A job without any is not touched by it, and the node's check tells of both.
    run as user1 srun -Q --workspace=tiny echo 'it runs'
    expect_output 'it runs'
    run on 1 workspace node check
    expect_status 2
    expect_output_contains 'the node has no PCI device 00fe:86:00.0 (gpu 0)'
    expect_output_contains 'the node has no PCI device 00fe:86:00.1 (gpu 1)'
}

@test "a job has more devices than the table names" {
    made_up_devices /tmp
    set_config 1 'devices: {gpu: ["00fe:86:00.0"]}'
    fails_by_host user1 --gres=gpu:2
    expect_output_contains 'the job has gpu 1 of node1, but devices in workspace.yaml names only 1 there'
}

@test "a device without an IOMMU is the host's fault, and is told with what to do" {
    made_up_devices ''
    set_config 1 'devices: {gpu: ["00fe:86:00.0", "00fe:86:00.1"]}'
    fails_by_host user1 --gres=gpu:2
    expect_output_contains 'PCI device 00fe:86:00.0 (gpu 0) cannot be passed to a VM without an IOMMU; turn it on'
}

@test "the devices that Slurm gave, and no others, are in the description of the job's VM" {
    made_up_devices /tmp
    set_config 1 'devices: {gpu: ["00fe:86:00.0", "00fe:86:00.1"]}'
    local first
    # The first one is another job's.
    first=$(as user1 sbatch --parsable -n1 --gres=gpu:1 --wrap 'sleep 1000')
    eventually 60 is_running "$first"
    fails_by_host user1 -n1 --gres=gpu:1
    # There is no such device after all.
    expect_output_contains 'creating the domain: '
    run devices_of "$job"
    expect_output '00fe:86:00.1 yes'
    as user1 scancel "$first"
    resume_node 1
    fails_by_host user1 -n1 --gres=gpu:2
    run devices_of "$job"
    expect_output $'00fe:86:00.0 yes\n00fe:86:00.1 yes'
}

is_running() { [ "$(job_field "$1" JobState)" = RUNNING ]; }
