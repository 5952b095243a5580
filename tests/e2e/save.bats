# What a job changed inside is kept as an image where site, image and name permit it: of the first node, not
# approved, for its owner alone. A save that fails costs nobody more than itself.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    start_lab --nodes 2
    local where
    for where in ctl 1 2; do set_config "$where" 'save_max: 8M'; done
    lab run sh -c '
        set -e
        mkdir -p /root/kept && cd /root/kept
        cp /run/lab/images/tiny/tiny.squashfs root.squashfs
        printf "name: kept\nversion: \"1\"\nneeds: {memory: 96M}\nallow_root: true\nallow_save: true\n" >manifest.yaml
        echo "root: {file: root.squashfs, format: squashfs}" >>manifest.yaml
        timeout 60 workspace image register manifest.yaml
        timeout 60 workspace image approve kept' >&2
}
teardown_file() { lab down >&2; }
teardown() { lab run timeout 60 scancel -u user1; }

# save_job NAME ARGUMENTS…: a job of user1 that is saved under the name, root inside.
save_job() { run_job user1 --workspace-root --workspace-save="$1" "${@:2}"; }

was_told() { [ -n "$(told "$1")" ]; }
# told JOB: how its save went, as its user is told.
told() {
    as user1 workspace image saves --json |
        jq -r ".saves[] | select(.job == $1) | if .saved then \"saved \" + .image else .fault end"
}

# expect_told TEXT: of the last job; what a save has to say comes when its epilog ends.
expect_told() {
    eventually "$kBootDeadlineS" was_told "$job"
    run told "$job"
    expect_output_contains "$1"
    expect_nothing_left 1 2
}

approve() { lab run timeout 60 workspace image approve "$@" >&2; }

@test "what a job changed is an image of its own, once it is approved, and of its owner alone" {
    local first
    save_job mine --workspace=kept --wrap 'echo kept >/etc/kept; rm /usr/bin/env; mkdir -p /opt/made
        echo deep >/opt/made/file; echo gone >/tmp/gone; chmod 0750 /opt/made'
    expect_state COMPLETED
    first=$job
    expect_told "saved mine:$job"
    run as user1 sbatch --workspace=mine --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image mine:$first is not approved: its manifest is not signed"
    approve mine
    run as user2 sbatch --workspace=mine --wrap true
    expect_output_contains "image 'mine:$first' is not for you: of users it is for user1"
    run lab run timeout 60 workspace image show mine
    expect_output_contains 'saved by     user1'
    expect_output_contains 'saved from   kept:1@sha256:'

    # It has what was made and not what was taken away; and it can be saved in turn.
    save_job mine --workspace=mine --wrap 'cat /etc/kept /opt/made/file; stat -c %a /opt/made; ls /tmp /usr/bin/env 2>&1
        rm -r /opt/made; mkdir /opt/made; echo second >/opt/made/other'
    expect_output_contains $'kept\ndeep\n750\n'
    expect_output_contains 'ls: /usr/bin/env: No such file or directory'
    [[ $output != *gone* ]]
    expect_told "saved mine:$job"
    approve "mine:$job"
    run_job user1 --workspace=mine --wrap 'cat /etc/kept; ls /opt/made'
    expect_output $'kept\nother'

    # Administrators look at it, and make one file of it.
    run lab run timeout 60 workspace image diff kept mine
    expect_output_contains '+  etc/kept'
    expect_output_contains '+  opt/made/other'
    [[ $output != *made/file* && $output != *slurm_script* ]]
    lab run sh -c 'set -e; cd /root; timeout 60 workspace image flatten mine --name flat --version 1 --out flat
        timeout 60 workspace image register flat/manifest.yaml' >&2
    approve flat
    run lab run sh -c 'timeout 60 workspace image diff mine flat --json'
    [ "$(jq '.files | length' <<<"$output")" -eq 0 ]
    run_job user1 --workspace=flat --wrap 'cat /etc/kept; ls /opt/made'
    expect_output $'kept\nother'
}

@test "of a job on several nodes the first one's changes are kept" {
    # shellcheck disable=SC2016  # expanded inside
    save_job pair --workspace=kept -N2 --wrap 'srun sh -c "echo \$SLURMD_NODENAME >/etc/which"'
    expect_state COMPLETED
    expect_told "saved pair:$job"
    approve pair
    run_job user1 --workspace=pair --wrap 'cat /etc/which'
    expect_output node1
}

@test "a job that is cancelled is saved as well" {
    job=$(start_job user1 --workspace=kept --workspace-root --workspace-save=early)
    as user1 srun --jobid="$job" --overlap sh -c 'echo half >/etc/half'
    as user1 scancel "$job"
    expect_told "saved early:$job"
    approve early
    run_job user1 --workspace=early --wrap 'cat /etc/half'
    expect_output half
}

@test "a save that fails is told and harms neither job nor node" {
    save_job large --workspace=kept --wrap 'head -c 9000000 /dev/urandom >/etc/large'
    expect_state COMPLETED
    expect_told 'the files hold more than 8 MiB'
    save_job ended --workspace=kept --wrap 'echo bye; reboot -f || kill -9 -1'
    expect_told 'its virtual machine did not write out what it had: it had ended before the job did'
    save_job strange --workspace=kept --wrap 'mknod /etc/device b 7 0'
    expect_told "'etc/device' is a device, which an image may not hold"
    run as user1 workspace image list
    [[ $output != *large* && $output != *ended* && $output != *strange* ]]
}

@test "what may not be saved is refused at submission, and by the node" {
    run as user1 sbatch --workspace=tiny --workspace-save=mine --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'tiny:1' does not permit --workspace-save (allow_save in its manifest)"
    run as user1 sbatch --workspace=kept --workspace-save=tiny --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "the name 'tiny' is that of an image of the site's; save under another name"
    run as user1 sbatch --workspace=kept --workspace-save=../x --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "image name '../x' has the character '.'"
    # More than two images are there, of the tests above.
    set_config ctl 'user_saves_max: 2'
    run as user1 sbatch --workspace=kept --workspace-save=mine --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains 'saved images, and this site keeps 2 of a user (user_saves_max); `workspace image saves` lists them'
    run as user1 workspace image saves
    expect_output_contains ' of 2 images, '
    set_config ctl 'user_saves_max: 20'
    set_config 1 'user_saves_max: 2'
    save_job mine --workspace=kept -w node1 --wrap true
    set_config 1 'user_saves_max: 20'
    expect_state FAILED
    expect_output_contains 'this site keeps 2 of a user (user_saves_max)'
    set_config 1 'save_max: 0'
    save_job mine --workspace=kept -w node1 --wrap true
    set_config 1 'save_max: 8M'
    expect_state FAILED
    expect_output_contains 'this site does not permit --workspace-save (save_max)'
    expect_nothing_left 1
}
