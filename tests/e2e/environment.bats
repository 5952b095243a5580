# What of the environment goes in: the rules of workspace(1), ENVIRONMENT; the folder that tasks start
# in; and root inside, who on the user's folders is the user and no more.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    start_lab
    register_image <<'END'
name: env
version: "1"
description: busybox with an environment
root: {file: tiny.squashfs, format: squashfs}
needs: {memory: 96M, vcpus: 1}
env: {LANG: C.UTF-8, IMAGE_SAYS: "hello, you", LD_LIBRARY_PATH: /app/lib, SLURM_JOB_NAME: forged}
workdir: /usr/bin
allow_root: true
END
    plain=$(start_job user1 --workspace=tiny --mem=160M)
    ruled=$(start_job user1 --workspace=env --mem=160M --workspace-env=TZ,LANG --workspace-root)
    export plain ruled
}

teardown_file() { lab down >&2; }

# register_image <MANIFEST: one whose root is that of the image tiny.
register_image() {
    lab run sh -c 'mkdir -p /root/env && cd /root/env && cp /run/lab/images/tiny/tiny.squashfs . &&
        cat >manifest.yaml && chmod 0644 ./* && timeout 120 workspace image register manifest.yaml &&
        workspace image approve env' >&2
}

# with VARIABLE=VALUE… -- CMD…: a task of the job `plain`, which srun gives this environment and no other.
with() {
    local variables=()
    while [ "$1" != -- ]; do variables+=("$1") && shift; done
    shift
    as user1 env -i "${variables[@]}" /usr/bin/srun -Q --jobid="${in_job:-$plain}" --overlap -n1 "$@"
}

@test "what no rule names goes in byte for byte" {
    run with A='a b;"c"=' EMPTY= LC_ALL=xx $'LINES_=1\n2' -- \
        sh -c 'echo "$A|${EMPTY-unset}|$LC_ALL|$LINES_|$SLURM_JOB_ID"'
    expect_output $'a b;"c"=||xx|1\n2|'"$plain"
}

@test "PATH keeps what is in it and gets the system's folders" {
    run with PATH=/opt/of-the-node:/bin -- /bin/sh -c 'echo $PATH'
    expect_output '/opt/of-the-node:/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin'
}

@test "the loader's variables of the node do not go in" {
    run with LD_LIBRARY_PATH=/opt/lib LD_PROFILE_OUTPUT=/tmp -- sh -c 'echo "${LD_LIBRARY_PATH-unset} ${LD_PROFILE_OUTPUT-unset}"'
    expect_output 'unset unset'
}

@test "HOME and TMPDIR are folders that are there" {
    run with -- sh -c 'echo $HOME'
    expect_output /home/user1
    on 1 mkdir -p /opt/tmp-of-the-node
    run with TMPDIR=/opt/tmp-of-the-node -- sh -c 'echo $TMPDIR'
    expect_output_contains "cannot make TMPDIR '/opt/tmp-of-the-node'"
    # Before or behind it: srun has the two streams from two places.
    grep -qx /tmp <<<"$output"
    run with TMPDIR=/home/user1 -- sh -c 'echo $TMPDIR'
    expect_output /home/user1
}

@test "the job is told its image, whatever is outside" {
    run with WORKSPACE_IMAGE=forged -- sh -c 'echo $WORKSPACE_IMAGE'
    expect_output tiny:1
}

@test "the image's env wins, but for what --workspace-env names and for Slurm's own" {
    in_job=$ruled run with IMAGE_SAYS=outside TZ=UTC+3 -- \
        sh -c 'echo "$IMAGE_SAYS|$TZ|$LANG|$LD_LIBRARY_PATH|$SLURM_JOB_NAME"'
    expect_output 'hello, you|UTC+3|C.UTF-8|/app/lib|sh'
    in_job=$ruled run with LANG=de_DE.UTF-8 -- sh -c 'echo $LANG'
    expect_output de_DE.UTF-8
}

@test "the image's workdir is for tasks whose own is not there" {
    in_job=$ruled run with -- --chdir=/usr/libexec/workspace pwd
    expect_output /usr/bin
    in_job=$ruled run with -- --chdir=/home/user1 pwd
    expect_output /home/user1
}

@test "root inside is root inside and the user on their folders" {
    on 1 sh -c 'echo secret >/home/user1/of-root; chmod 0600 /home/user1/of-root'
    in_job=$ruled run with -- sh -c 'id -u; id -g; touch /etc/made-by-root && mkdir /mnt2 && ls -ld /mnt2 | cut -c1-10'
    expect_output $'0\n0\ndrwxr-xr-x'
    in_job=$ruled run with -- sh -c 'cd /home/user1 && rm -f by-root && echo x >by-root; cat of-root; chown 0:0 by-root; mknod dev b 8 0
        echo over'
    expect_output_contains "can't open 'of-root'"
    expect_output_contains 'chown: by-root: Operation not permitted'
    expect_output_contains 'mknod: dev: Operation not permitted'
    run as user1 stat -c %u:%g by-root
    expect_output 2001:2001
}

@test "what makes no sense is refused at submission, in one line" {
    local case arguments reason
    for case in \
        '--workspace-env=A=1|--workspace-env: '"'A=1'"' is not the name of a variable' \
        '--workspace-env=|--workspace-env: no variable is named' \
        '--workspace-workdir=usr|--workspace-workdir: workdir '"'usr'"' is not an absolute path' \
        "--workspace-root|image 'tiny:1' does not permit --workspace-root"; do
        arguments=${case%%|*} reason=${case#*|}
        run as user1 sbatch --workspace=tiny --mem=160M "$arguments" --wrap true
        expect_status 1
        [ "${#lines[@]}" = 1 ]
        expect_output_contains "sbatch: error: workspace: $reason"
        run as user1 sbatch "$arguments" --wrap true
        expect_status 1
    done
}

@test "the two jobs end, and the node is free for others" {
    as user1 scancel "$plain" "$ruled"
    expect_nothing_left 1
}

@test "what --export sets with a value wins over the image" {
    run_job user1 --workspace=env --mem=160M --export=IMAGE_SAYS=exported,LD_LIBRARY_PATH=/mine \
        --wrap 'echo "$IMAGE_SAYS|$LD_LIBRARY_PATH|$LANG|$HOME"'
    expect_output 'exported|/mine|C.UTF-8|/home/user1'
}

@test "what is set inside reaches the tasks of an srun from inside" {
    run_job user1 --workspace=env --mem=160M --workspace-workdir=/usr/sbin --wrap \
        'pwd; export IMAGE_SAYS=inside LD_LIBRARY_PATH=/mine PATH=/mine:/bin:/usr/bin; cd /usr/bin
         srun sh -c "echo \$IMAGE_SAYS \$LD_LIBRARY_PATH \$PATH \$(pwd) \$WORKSPACE_IMAGE"'
    expect_output $'/usr/sbin\ninside /mine /mine:/bin:/usr/bin /usr/bin env:1'
}

@test "--workspace-workdir that is not there is told" {
    run_job user1 --workspace=tiny --mem=160M --workspace-workdir=/no/such --wrap true
    expect_state FAILED
    expect_output_contains "workspace: the working directory '/no/such' does not exist inside the workspace"
}

@test "the options stand in scripts and have defaults" {
    as user1 sh -c 'printf "%s\n" "#!/bin/sh" "#SBATCH --workspace=env" "#SBATCH --mem=160M" \
        "#SBATCH --workspace-root" "#SBATCH --workspace-workdir=/usr/sbin" "id -u; pwd; echo \$LANG" >job.sh'
    run_job user1 job.sh
    expect_output $'0\n/usr/sbin\nC.UTF-8'
    job=$(as user1 env LANG=xx SBATCH_WORKSPACE_ENV=LANG SBATCH_WORKSPACE_ROOT=false sbatch --parsable -o 'out-%j' job.sh)
    wait_for_job "$job"
    run as user1 cat "out-$job"
    expect_output $'2001\n/usr/sbin\nxx'
}

@test "a forged request gives no root that the image does not permit" {
    local line
    line=$(as user1 workspace resolve --image tiny)
    job=$(start_job user1)
    prolog "$line root=1"
    run as user1 srun -Q --jobid="$job" --overlap id -u
    expect_status 1
    expect_output_contains "workspace: image 'tiny:1' does not permit --workspace-root"
    epilog "$line root=1"
    as user1 scancel "$job"
}
