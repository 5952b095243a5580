"""What bounds the disks of a Xen domain, as its QEMU tells it. Usage: qdisk_caps.py DOMAIN_ID
Prints for each disk what libvirt calls it in a QEMU domain: `total_bytes_sec N` and `total_iops_sec N`.
"""

import json
import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(20)
    connection.connect(f"/var/run/xen/qmp-libxenstat-{sys.argv[1]}")
    monitor = connection.makefile("rw")
    monitor.readline()
    for command in ("qmp_capabilities", "query-block"):
        monitor.write(json.dumps({"execute": command}) + "\n")
        monitor.flush()
        answer = json.loads(monitor.readline())
for disk in answer["return"]:
    for ours, theirs in (("total_bytes_sec", "bps"), ("total_iops_sec", "iops")):
        if disk["inserted"][theirs]:
            print(ours, disk["inserted"][theirs])
