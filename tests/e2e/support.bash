# What all end-to-end tests share. Loaded with: load support

repository=$(readlink -f "$BATS_TEST_DIRNAME/../..")
hypervisor=${WORKSPACE_E2E_HYPERVISOR:-qemu}
labs_root=${WORKSPACE_LAB_DIR:-/var/tmp/workspace-lab}

# A name of this test run's own, so that a developer's lab can be up beside it.
lab_name=${BATS_TEST_FILENAME##*/}
lab_name=${lab_name%.bats}
lab_name=${lab_name//[^a-z0-9]/}
lab_name=${lab_name:0:6}$((BATS_ROOT_PID % 10000))

# lab VERB …: on this test file's lab.
lab() { timeout "${LAB_TIMEOUT_S:-600}" "$repository/tests/lab/lab" "$1" --name "$lab_name" "${@:2}"; }

# as USER CMD…: on the login side. on N CMD…: on node N, as root.
as() { LAB_TIMEOUT_S=${LAB_TIMEOUT_S:-120} lab run --as "$@"; }
on() { LAB_TIMEOUT_S=${LAB_TIMEOUT_S:-120} lab node "$@"; }

# expect_status STATUS and expect_output TEXT: of the last `run`; they say what came instead.
expect_status() {
    [ "$status" -eq "$1" ] && return
    echo "status $status instead of $1; output: $output"
    return 1
}

expect_output() {
    [ "$output" = "$1" ] && return
    printf 'expected: %s\ngot:      %s\n' "$1" "$output"
    return 1
}

expect_output_contains() {
    [[ $output == *"$1"* ]] && return
    printf 'expected it to contain: %s\ngot: %s\n' "$1" "$output"
    return 1
}

# eventually SECONDS CMD…: polls until CMD succeeds.
eventually() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "not within the deadline: $*"
            return 1
        fi
        sleep 0.2
    done
}
