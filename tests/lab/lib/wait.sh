# Waiting: always with a deadline, always by polling.
# shellcheck shell=bash

# wait_until SECONDS CMD…: polls until CMD succeeds; fails at the deadline.
wait_until() {
    local deadline_ms=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$deadline_ms" ] || return 1
        sleep 0.05
    done
}
