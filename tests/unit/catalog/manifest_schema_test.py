"""Holds the manifest's JSON schema and `workspace image lint` to the same judgement, and the manual
to the schema's keys.

Usage: manifest_schema_test.py SCHEMA WORKSPACE MANUAL
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

BASE = {"name": "tiny", "version": "1", "root": {"file": "root.squashfs", "format": "squashfs"}}
# What a manifest has, or one that it inherits from.
NEEDED = {"name", "version", "root"}
GOOD = [
    {},
    {"description": "for tests", "maintainer": "Ada", "licence": "GPL-2.0-only"},
    {"created": "2026-01-31", "expires": "2027-01-31T12:00:00Z"},
    {"needs": {"memory": "2G", "vcpus": 2, "disk": 100, "architecture": "aarch64", "gpu": 1}},
    {"env": {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}, "workdir": "/opt"},
    {"mounts": ["/sw:/opt/sw:ro"], "allow_root": True, "network": "none", "host_commands": ["squeue"]},
    {"access": {"allow": {"groups": ["a b"], "qos": []}, "deny": {"users": ["eve"]}}},
    {"layers": {"1": {"file": "root.squashfs"}, "2": {"file": "root.squashfs"}}, "allow_save": True},
    {"caps": {"disk_iops": 100, "disk_bandwidth": "20M", "network_in": 5, "network_out": "1G"}},
    {"owner": "ann", "base": "tiny:1@sha256:" + "0" * 64},
    {"version": "2026.1-rc1", "kernel_options": "quiet"},
]
BAD = [
    {"name": "Tiny"},
    {"name": "none"},
    {"name": "a" * 65},
    {"version": "-1"},
    {"colour": "red"},
    {"root": {"file": "root.squashfs", "format": "xfs"}},
    {"root": {"format": "squashfs"}},
    {"root": {"file": "root.squashfs", "format": "squashfs", "digest": "sha256:00"}},
    {"root": "root.squashfs"},
    {"kernel": {"file": "vmlinux", "format": "elf"}},
    {"layers": {"2": {"file": "root.squashfs"}}},
    {"layers": {"9": {"file": "root.squashfs"}}},
    {"layers": {"1": "root.squashfs"}},
    {"allow_save": "perhaps"},
    {"created": "yesterday"},
    {"needs": {"memory": "much"}},
    {"needs": {"vcpus": 65536}},
    {"needs": {"cpus": 1}},
    {"needs": {"architecture": "sparc"}},
    {"caps": {"disk_iops": 0}},
    {"caps": {"disk_bandwidth": "none"}},
    {"caps": {"disk_bandwidth": "0M"}},
    {"caps": {"network": "1M"}},
    {"caps": {"qos": {}}},
    {"env": {"1A": "x"}},
    {"workdir": "opt"},
    {"mounts": ["sw"]},
    {"network": "public"},
    {"boot": "pygrub"},
    {"host_commands": ["rm -rf"]},
    {"access": {"allow": {"user": ["ann"]}}},
    {"access": {"permit": {"users": ["ann"]}}},
    {"access": {"allow": {"users": ["a,b"]}}},
    {"access": {"allow": {"users": "ann"}}},
    {"description": "x" * 257},
    {"kernel_options": "caf\u00e9"},
]


def without_example(manual: str, keys: list[str]) -> list[str]:
    """Of the keys those that the manual's list does not have, or gives no example of."""
    entries = manual.split(".SH KEYS\n")[1].split("\n.SH ")[0].split(".TP\n")
    has_example = set()
    for entry in entries:
        names, _, text = entry.partition("\n")
        if "Example:" in text:
            has_example |= set(re.findall(r"[a-z_]+", re.sub(r'" \(.*', "", names)))
    return [key for key in keys if key not in has_example]


def without_default(manual: str, schema: dict) -> list[str]:
    """Of the keys that may be left out those whose heading does not say what counts then."""
    headings = re.findall(r"^\.TP\n\.BR? (.*)$", manual.split(".SH KEYS\n")[1].split("\n.SH ")[0], re.M)
    told = {key for line in headings if '" (' in line for key in re.findall(r"[a-z_]+", line.split('" (')[0])}
    return [key for key in schema["properties"] if key not in told | NEEDED]


def main() -> int:
    schema = json.loads(Path(sys.argv[1]).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    manual = Path(sys.argv[3]).read_text()
    faults = [f"{key}: the manual has no example of it" for key in without_example(manual, list(schema["properties"]))]
    faults += [f"{key}: the manual does not say what counts without it" for key in without_default(manual, schema)]
    for fault in faults:
        print(fault)
    failures = len(faults)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "root.squashfs").write_bytes(b"hsqs")
        manifest = Path(folder) / "manifest.yaml"
        for changes, expected in [(case, True) for case in GOOD] + [(case, False) for case in BAD]:
            text = yaml.safe_dump({**BASE, **changes}, allow_unicode=True)
            manifest.write_text(text)
            by_schema = validator.is_valid({**BASE, **changes})
            by_lint = subprocess.run([sys.argv[2], "image", "lint", manifest], capture_output=True, text=True)
            if (by_schema, by_lint.returncode == 0) != (expected, expected):
                failures += 1
                print(f"{changes}: schema {by_schema}, lint {by_lint.returncode} {by_lint.stderr.strip()}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
