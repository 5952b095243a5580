# A job that asked for a workspace runs nothing on the node, whatever its owner tries. Each attempt
# is to leave a mark in the node's /tmp, which the VM does not share, and to say which system it is on.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    start_lab
    as user1 tee attempt >/dev/null <<'END'
#!/bin/sh
touch "/tmp/ran-$1" 2>/dev/null
. /etc/os-release
echo "$1 on $ID"
END
    as user1 chmod 0755 attempt
    job=$(start_job user1 --workspace=tiny -n1 --mem=400M)
    export job
}

teardown_file() { lab down >&2; }

setup() { on 1 sh -c 'rm -f /tmp/ran-*'; }

# outside ARGUMENTS…: a step of the job, asked for on the login node.
outside() { as user1 srun -Q --jobid="$job" --overlap -n1 "$@"; }

# expect_ran_inside NAME…: each attempt ran, and in the VM.
expect_ran_inside() {
    local name
    for name in "$@"; do expect_output_contains "$name on tiny"; done
    expect_nothing_ran_on_the_node
}

expect_nothing_ran_on_the_node() {
    [[ $output != *' on debian'* ]] || { echo "$output" && return 1; }
    marks=$(on 1 sh -c 'ls /tmp/ran-* 2>/dev/null || true')
    [ -z "$marks" ] || { echo "on the node: $marks" && return 1; }
}

@test "the mark shows what runs on the node" {
    run as user1 srun -Q -n1 ./attempt plain
    expect_output 'plain on debian'
    run on 1 ls /tmp/ran-plain
    expect_status 0
    run expect_nothing_ran_on_the_node
    [ "$status" -ne 0 ]
}

@test "a step without the option" {
    run as user1 srun -Q --jobid="$job" --overlap ./attempt overlap
    expect_ran_inside overlap
    run as user1 srun -Q --jobid="$job" --overlap --workspace=none ./attempt none
    [ "$status" -ne 0 ] || expect_output_contains 'none on tiny'
    expect_nothing_ran_on_the_node
}

@test "a step without the variables" {
    run as user1 env -i PATH=/usr/bin:/bin srun -Q --jobid="$job" --overlap ./attempt bare-environment
    expect_ran_inside bare-environment
    run outside sh -c 'for name in $(env | sed -n "s/^\([A-Za-z_]*SPANK[A-Za-z_]*\)=.*/\1/p"); do unset "$name"; done
        srun -Q --overlap -n1 ./attempt unset-inside'
    expect_ran_inside unset-inside
}

@test "a batch script that removes its variables" {
    as user1 tee unset.sh >/dev/null <<'END'
#!/bin/sh
for name in $(env | sed -n 's/^\([A-Za-z_]*SPANK[A-Za-z_]*\)=.*/\1/p'); do unset "$name"; done
./attempt script
srun -Q ./attempt step
END
    run_job user1 --workspace=tiny --mem=300M -t5 --overcommit unset.sh
    expect_state COMPLETED
    expect_ran_inside script step
}

@test "forged variables of options" {
    local forged
    for forged in _SLURM_SPANK_OPTION_workspace_workspace=none SPANK_WORKSPACE= SLURM_SPANK_WORKSPACE= \
        SLURM_WORKSPACE=none SLURM_SPANK__SLURM_SPANK_OPTION_workspace_workspace=none; do
        run as user1 env "$forged" srun -Q --jobid="$job" --overlap -n1 ./attempt forged
        [ "$status" -ne 0 ] || expect_output_contains 'forged on tiny'
        expect_nothing_ran_on_the_node
    done
    # A workspace that was never booted is claimed: the task is refused.
    plain=$(submit user1 -n1 --mem=300M -o /dev/null --wrap 'sleep 3000')
    eventually "$kBootDeadlineS" job_runs "$plain"
    run as user1 env _SLURM_SPANK_OPTION_workspace_workspace=tiny \
        srun -Q --jobid="$plain" --overlap -n1 ./attempt claimed
    [ "$status" -ne 0 ]
    as user1 scancel "$plain"
    expect_nothing_ran_on_the_node
}

job_runs() { [ "$(job_field "$1" JobState)" = RUNNING ]; }

@test "the user's own slurm.conf, without plugins" {
    as user1 sh -c 'sed "/Plugstack/Id" /etc/slurm/slurm.conf >own.conf
        echo "PlugStackConfig=/dev/null" >>own.conf'
    run as user1 env SLURM_CONF=/home/user1/own.conf srun -Q --jobid="$job" --overlap -n1 ./attempt conf
    expect_ran_inside conf
    run outside sh -c 'SLURM_CONF=/home/user1/own.conf srun -Q --overlap -n1 ./attempt conf-inside'
    [ "$status" -ne 0 ]
    expect_output_contains 'SLURM_CONF'
    expect_nothing_ran_on_the_node
}

# own_plugin VALUE: one that hands the node any request, and more.
own_plugin() {
    as user1 sh -c 'cat >own.c && gcc -shared -fPIC -DREQUEST="$(cat request)" -o own.so own.c &&
        echo "required /home/user1/own.so" >own-plugstack.conf &&
        sed "/Plugstack/Id" /etc/slurm/slurm.conf >own.conf &&
        echo "PlugStackConfig=/home/user1/own-plugstack.conf" >>own.conf' <<'END'
#include <slurm/spank.h>
SPANK_PLUGIN(own, 1)
int slurm_spank_init_post_opt(spank_t spank, int argc, char** argv) {
  if (spank_remote(spank)) return 0;
  spank_job_control_setenv(spank, "WORKSPACE", REQUEST, 1);
  spank_job_control_setenv(spank, "LD_PRELOAD", "/home/user1/evil.so", 1);
  spank_job_control_setenv(spank, "PATH", "/home/user1", 1);
  return 0;
}
END
}

@test "the user's own plugin, which forges the request" {
    local request
    as user1 sh -c 'echo "#include <fcntl.h>
__attribute__((constructor)) static void mark(void) { open(\"/tmp/ran-preload\", O_CREAT | O_WRONLY, 0666); }" \
        | gcc -shared -fPIC -x c -o evil.so -'
    for request in '"../../etc"' '"a\nb=c"' '"$(touch /tmp/ran-request)"' '"name=tiny"' \
        '"version=1 name=tiny version=1 digest=sha256:0000"'; do
        as user1 tee request <<<"$request" >/dev/null
        own_plugin
        run as user1 env SLURM_CONF=/home/user1/own.conf srun -Q -n1 --mem=300M ./attempt request
        expect_nothing_ran_on_the_node
        [ "$status" -ne 0 ]
        expect_in_service 1
    done
}

@test "--multi-prog" {
    as user1 sh -c 'printf "0 ./attempt first\n1 /home/user1/attempt second\n" >multi.conf
        printf "* ./attempt %%t-of-all\n" >all.conf'
    as user1 tee odd.conf >/dev/null <<'END'
0 sh -c './attempt quoted'
1 \
 ./attempt joined
END
    run as user1 srun -Q --jobid="$job" --overlap -O -n2 --multi-prog multi.conf
    expect_ran_inside first second
    run as user1 srun -Q --jobid="$job" --overlap -O -n2 --multi-prog all.conf
    expect_ran_inside 0-of-all 1-of-all
    run as user1 srun -Q --jobid="$job" --overlap -O -n2 --multi-prog odd.conf
    expect_ran_inside quoted joined
    run as user1 sh -c "cp multi.conf gone.conf; srun -Q --jobid=$job --overlap -O -n2 --multi-prog gone.conf & rm gone.conf; wait"
    expect_nothing_ran_on_the_node
}

@test "sbcast and --bcast bring files to the node, and none of them runs there" {
    as user1 sbcast --jobid="$job" attempt /tmp/sent </dev/null || as user1 env SLURM_JOB_ID="$job" sbcast attempt /tmp/sent
    run on 1 ls /tmp/sent
    expect_status 0
    run -127 outside /tmp/sent sent # which is not there inside
    expect_nothing_ran_on_the_node
    run -127 outside --bcast=/tmp/sent-too ./attempt bcast
    expect_nothing_ran_on_the_node
    on 1 rm -f /tmp/sent /tmp/sent-too
}

@test "scontrol update" {
    local change
    for change in Comment=none Name=plain Nice=5 Requeue=0 TimeLimit=60 AdminComment=none; do
        as user1 scontrol update "JobId=$job" "$change" || true
    done
    run outside ./attempt updated
    expect_ran_inside updated
}

@test "libraries and start-up files of the user's" {
    as user1 sh -c 'echo "#include <fcntl.h>
__attribute__((constructor)) static void mark(void) { open(\"/tmp/ran-preload\", O_CREAT | O_WRONLY, 0666); }" \
        | gcc -shared -fPIC -x c -o evil.so -'
    run as user1 env LD_PRELOAD= srun -Q --jobid="$job" --overlap -n1 \
        --export=ALL,LD_PRELOAD=/home/user1/evil.so,LD_AUDIT=/home/user1/evil.so ./attempt preload
    expect_nothing_ran_on_the_node
    # With a TaskProlog of the site's, which is a script that calls programs.
    on 1 sh -c 'printf "#!/bin/bash\nid >/dev/null\necho export PROLOG=ran\n" >/etc/slurm/task_prolog
        chmod 0755 /etc/slurm/task_prolog; echo TaskProlog=/etc/slurm/task_prolog >>/etc/slurm/slurm.conf'
    lab run sh -c 'echo TaskProlog=/etc/slurm/task_prolog >>/etc/slurm/slurm.conf; scontrol reconfigure'
    as user1 sh -c 'mkdir -p bin; cp attempt bin/id; echo "touch /tmp/ran-bash-env" >rc'
    prepared=$(start_job user1 --workspace=tiny --mem=300M)
    run as user1 srun -Q --jobid="$prepared" --overlap -n1 \
        --export=ALL,PATH=/home/user1/bin:/usr/bin:/bin,BASH_ENV=/home/user1/rc,LD_PRELOAD=/home/user1/evil.so \
        sh -c './attempt "prolog-$PROLOG"'
    as user1 scancel "$prepared"
    expect_ran_inside prolog-ran
    run as user1 srun -Q --jobid="$job" --overlap -n1 --task-prolog=/home/user1/attempt ./attempt task
    expect_nothing_ran_on_the_node
}

@test "a task epilog of the user's" {
    local refusal='(SLURM_TASK_EPILOG) would run on the node; it may not be used with a workspace'
    run as user1 srun -Q -n1 --workspace=tiny --mem=160M --task-epilog=/home/user1/attempt ./attempt epilog
    expect_status 1
    expect_output_contains "$refusal"
    expect_nothing_ran_on_the_node
    # A step: Slurm itself says that the launch failed, with status 0.
    run outside --task-ep /home/user1/attempt ./attempt epilog
    expect_output_contains "$refusal"
    expect_nothing_ran_on_the_node
    run as user1 env SLURM_TASK_EPILOG=/home/user1/attempt srun -Q --jobid="$job" --overlap -n1 ./attempt epilog
    expect_output_contains "$refusal"
    expect_nothing_ran_on_the_node
    run outside ./attempt after
    expect_ran_inside after
    # Without a workspace it is Slurm's, and leaves no variable.
    run as user1 srun -Q -n1 --task-epilog=/home/user1/attempt sh -c 'env | grep WORKSPACE; ./attempt task'
    expect_output_contains 'task on debian'
}

@test "the site's TaskEpilog sees nothing of the user's that could move it" {
    on 1 sh -c 'printf "#!/bin/bash\nid >/dev/null\nenv | sort >/tmp/task-epilog-saw\n" >/etc/slurm/task_epilog
        chmod 0755 /etc/slurm/task_epilog; echo TaskEpilog=/etc/slurm/task_epilog >>/etc/slurm/slurm.conf'
    lab run sh -c 'echo TaskEpilog=/etc/slurm/task_epilog >>/etc/slurm/slurm.conf; scontrol reconfigure'
    run as user1 srun -Q --jobid="$job" --overlap -O -n2 \
        --export=ALL,PATH=/home/user1/bin:/usr/bin:/bin,BASH_ENV=/home/user1/rc,LD_PRELOAD=/home/user1/evil.so,OWN=1 \
        sh -c 'echo "$OWN $BASH_ENV"'
    expect_output $'1 /home/user1/rc\n1 /home/user1/rc'
    expect_nothing_ran_on_the_node
    run on 1 cat /tmp/task-epilog-saw
    expect_output_contains "SLURM_JOB_ID=$job"
    expect_output_contains PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
    [[ $output != *OWN=* && $output != *LD_PRELOAD* && $output != *BASH_ENV* ]]
}
