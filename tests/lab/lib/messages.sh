# What the lab says to people: progress on stdout, errors on stderr, one line each.
# shellcheck shell=bash

# The lab could not do what it was asked; the status is one no command inside is likely to have,
# so that a caller of `lab run` can tell the two apart.
readonly kLabFailed=125

say() { printf '%s\n' "$*"; }

die() {
    printf 'lab: %s\n' "$*" >&2
    exit "$kLabFailed"
}

die_usage() {
    printf 'lab: %s\n' "$*" >&2
    exit 2
}

usage() { sed -n '/^# A throw-away/,/^# The lab.s name/{s/^# \{0,1\}//;p}' "$here/lab"; }

require_root() { [ "$(id -u)" = 0 ] || die "needs root: it makes namespaces and mounts"; }

# Milliseconds since boot: steady, unlike the wall clock.
now_ms() {
    local uptime
    read -r uptime _ </proc/uptime
    printf '%d' "$((10#${uptime/./} * 10))"
}

# say_since START_MS TEXT: "TEXT (0.8 s)".
say_since() {
    local took_ms=$(($(now_ms) - $1))
    say "$2 ($((took_ms / 1000)).$((took_ms % 1000 / 100)) s)"
}

# Shows the end of a log, for the reader of a failure.
show_log() {
    local log=$1
    [ -s "$log" ] || return 0
    printf 'lab: the last lines of %s:\n' "$log" >&2
    tail -n 15 "$log" | sed 's/^/    /' >&2
}
