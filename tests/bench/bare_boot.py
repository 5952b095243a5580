"""Boots a machine like the one kept in FOLDER with qemu-system alone, until its agent answers, and
prints how many seconds that took.

Runs on a node. FOLDER has the job's initrd and record, and the domain's XML.
"""

import ctypes
import os
import select
import socket
import struct
import subprocess
import sys
import time
import xml.etree.ElementTree

BOOT_DEADLINE_S = 120
ATTEMPT_S, ATTEMPTS_AT_ONCE = 0.15, 4  # libworkspace/guest/agent_connection.cc
HELLO, READY = 1, 35  # libworkspace/guest/protocol.h
NETNS, TAP = "bare-boot", "bare0"


def main(folder):
    domain = xml.etree.ElementTree.parse(f"{folder}/domain.xml").getroot()
    record = dict(line.rstrip("\n").split("=", 1) for line in open(f"{folder}/record", encoding="ascii"))
    make_network()
    try:
        scratch = f"{folder}/scratch"
        make_scratch(scratch)
        start = time.monotonic()
        machine = subprocess.Popen(command(domain, folder, scratch))
        try:
            await_agent(record)
            print(time.monotonic() - start)
        finally:
            machine.kill()
            machine.wait()
            os.unlink(scratch)
    finally:
        ip(f"netns del {NETNS}")


def make_scratch(path):
    subprocess.run(["truncate", "-s", "2G", path], check=True)
    subprocess.run(
        ["mke2fs", "-q", "-F", "-t", "ext4", "-E", "nodiscard,lazy_itable_init=1", path], check=True
    )


def cpu_of(domain):
    """The job's VM's CPU: a bare one that emulates another is no measure for it."""
    model = "host" if domain.attrib["type"] == "kvm" else "max"
    off = [f"{feature.attrib['name']}=off" for feature in domain.iterfind("cpu/feature[@policy='disable']")]
    return ",".join([model, *off])


def command(domain, folder, scratch):
    os_element = domain.find("os")
    image = domain.find("devices/disk/source").attrib["file"]
    memory_mib = int(domain.find("memory").text) // 1024
    # The job's domain has the job's CPUs alone, so this one has no more.
    pinned = sorted({pin.attrib["cpuset"] for pin in domain.iterfind("cputune/vcpupin")})
    return [
        *(["taskset", "-c", ",".join(pinned)] if pinned else []),
        "ip", "netns", "exec", NETNS, domain.find("devices/emulator").text,
        "-machine", os_element.find("type").attrib["machine"],
        "-accel", "kvm" if domain.attrib["type"] == "kvm" else "tcg",
        "-cpu", cpu_of(domain),
        "-m", str(memory_mib), "-smp", domain.find("vcpu").text,
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-kernel", os_element.find("kernel").text, "-initrd", f"{folder}/initrd",
        "-append", os_element.find("cmdline").text,
        "-drive", f"if=none,id=image,file={image},format=raw,readonly=on",
        "-device", "virtio-blk-pci,drive=image",
        "-drive", f"if=none,id=scratch,file={scratch},format=raw",
        "-device", "virtio-blk-pci,drive=scratch",
        "-netdev", f"tap,id=net,ifname={TAP},script=no,downscript=no",
        "-device", f"virtio-net-pci,netdev=net,mac={domain.find('devices/interface/mac').attrib['address']}",
        "-serial", "file:/dev/null",
    ]


def ip(arguments):
    subprocess.run(["ip", *arguments.split()], check=True)


def make_network():
    ip(f"netns add {NETNS}")
    ip(f"-n {NETNS} tuntap add dev {TAP} mode tap")
    ip(f"-n {NETNS} addr add 169.254.77.1/30 dev {TAP}")
    ip(f"-n {NETNS} link set {TAP} up")
    ip(f"-n {NETNS} neigh replace 169.254.77.2 lladdr 52:54:00:77:00:02 nud permanent dev {TAP}")


def await_agent(record):
    """As the prolog does: attempts that overlap, until a probe is answered."""
    with open(f"/run/netns/{NETNS}", "rb") as namespace:
        libc_setns(namespace.fileno())
    deadline = time.monotonic() + BOOT_DEADLINE_S
    attempts = {}
    while time.monotonic() < deadline:
        connection = next_connected(attempts, (record["guest_address"], int(record["port"])))
        if connection and answers(connection, record):
            return
    raise SystemExit("the agent does not answer")


def next_connected(attempts, address):
    """Begins one more attempt, and gives the first that connects before it is time for the next, if one does."""
    now = time.monotonic()
    for attempt in [one for one, until in attempts.items() if until < now]:
        del attempts[attempt]
        attempt.close()
    attempt = socket.socket()
    attempt.setblocking(False)
    attempt.connect_ex(address)
    attempts[attempt] = now + ATTEMPT_S
    while (left := now + ATTEMPT_S / ATTEMPTS_AT_ONCE - time.monotonic()) > 0:
        for ready in select.select([], list(attempts), [], left)[1]:
            del attempts[ready]
            if ready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                return ready
            ready.close()
    return None


def libc_setns(descriptor):
    """Python 3.11, Debian 12's, has no os.setns yet."""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def answers(connection, record):
    fields = f"version=1 token={record['token']} purpose=probe uid=0 gid=0 job={record['job_id']} step=0 task=0"
    payload = (fields.replace(" ", "\n") + "\n").encode()
    try:
        with connection:
            connection.settimeout(10)
            connection.sendall(struct.pack("<IBBH", len(payload), HELLO, 0, 0) + payload)
            header = connection.recv(8, socket.MSG_WAITALL)
            return len(header) == 8 and header[4] == READY
    except OSError:
        return False


main(sys.argv[1])
