# What a job's VM took: written when the job has ended, for its user and for root.

bats_require_minimum_version 1.5.0
load support

setup_file() { start_lab; }
teardown_file() { lab down >&2; }
teardown() { lab run timeout 60 sh -c "scancel -u user1; scancel -u user2"; }

# The reports are the node's.
report_as() { on 1 setpriv --reuid="$1" --regid="$1" --clear-groups workspace report "${@:2}"; }

# value KEY…: of the JSON in `output`.
value() { python3 -c 'import json, sys
at = json.loads(sys.argv[1])["reports"][0]
for key in sys.argv[2:]: at = at[int(key) if key.isdigit() else key]
print(at)' "$output" "$@"; }

@test "the report of a job that ran" {
    run_job user1 --workspace=tiny --wrap '
        dd if=/dev/zero of=/tmp/much bs=1M count=20 2>/dev/null; sync
        dd if=/dev/zero of="$HOME/some" bs=1M count=4 2>/dev/null
        i=0; while [ "$i" -lt 200000 ]; do i=$((i + 1)); done; sleep 2'
    expect_state COMPLETED
    expect_nothing_left 1
    run on 1 workspace report "$job" --json
    expect_status 0
    [ "$(value outcome)" = ran ]
    [ "$(value node)" = node1 ]
    [ "$(value image)" = tiny:1 ]
    [ "$(value uid)" = 2001 ]
    [ "$(value run_ms)" -ge 2000 ]
    [ "$(value boot_ms)" -gt 0 ]
    [ "$(value teardown_ms)" -gt 0 ]
    [ "$(value boot_steps 0 name)" = authorise ]
    # The run is not the boot and not the teardown.
    [ $(($(value start_unix_ms) + $(value boot_ms))) -le $(($(value ready_unix_ms) + 1000)) ]
    [ "$(value usage cpu_time_ms)" -gt 100 ]
    [ "$(value usage memory_peak_kib)" -gt 65536 ]
    [ "$(value usage disk_written_bytes)" -ge $((20 << 20)) ]
    [ "$(value usage disk_read_bytes)" -gt 0 ]
    [ "$(value usage network_sent_bytes)" -ge $((4 << 20)) ]
    [ "$(value usage network_received_bytes)" -gt 1000 ]
}

# For all that comes after it, too.
kMetrics=/var/lib/workspace/metrics
metric() { on 1 sh -c "sed -n 's/^$1 //p' $kMetrics/workspace-jobs.prom"; }

@test "what jobs took is in the metrics, as Prometheus wants them, and with the site's program" {
    on 1 sh -c "echo 'metrics: $kMetrics' >>/etc/workspace/workspace.yaml"
    on 1 sh -c 'echo "report_program: /etc/workspace/report" >>/etc/workspace/workspace.yaml
        printf "%s\n" "#!/bin/sh" "umask 022; echo \"\$1 \$2 \$(id -u) \$WORKSPACE_IMAGE \$WORKSPACE_USAGE\" >>/run/reported" >/etc/workspace/report
        chmod 755 /etc/workspace/report'
    run_job user1 --workspace=tiny --wrap 'dd if=/dev/zero of=/tmp/much bs=1M count=3 2>/dev/null; sync'
    expect_nothing_left 1
    run on 1 cat /run/reported
    [[ $output =~ ^"$job node1 0 tiny:1 boot:"[0-9]+\.[0-9]+s,run:[0-9.]+s,teardown:[0-9.]+s,cpu: ]]
    [[ $output =~ ,memory:[0-9]+K,read:[0-9]+B,written:[0-9]+B,received:[0-9]+B,sent:[0-9]+B$ ]]
    [ "$(metric 'workspace_jobs_total{outcome="ran"}')" = 1 ]
    [ "$(metric workspace_disk_written_bytes_total)" -ge $((3 << 20)) ]
    run_job user1 --workspace=tiny --wrap true
    expect_nothing_left 1
    [ "$(metric 'workspace_jobs_total{outcome="ran"}')" = 2 ]
    [ "$(metric workspace_boot_duration_seconds_count)" = 2 ]
    on 1 cat $kMetrics/workspace-jobs.prom >"$BATS_TEST_TMPDIR/metrics"
    run -0 promtool check metrics <"$BATS_TEST_TMPDIR/metrics"
    expect_output ""
    job=$(start_job user1 --workspace=tiny)
    on 1 workspace node metrics --write
    on 1 cat $kMetrics/workspace-vms.prom >"$BATS_TEST_TMPDIR/metrics"
    run -0 promtool check metrics <"$BATS_TEST_TMPDIR/metrics"
    expect_output ""
    run -0 grep -c "^workspace_vm_cpu_seconds_total{jobid=\"$job\",uid=\"2001\"} [1-9]" "$BATS_TEST_TMPDIR/metrics"
    as user1 scancel "$job"
    expect_nothing_left 1
    # A program of others is not root's to run.
    on 1 sh -c 'chmod 777 /etc/workspace/report; rm /run/reported'
    run_job user1 --workspace=tiny --wrap true
    expect_nothing_left 1
    [ "$(metric 'workspace_jobs_total{outcome="ran"}')" = 4 ]
    run -1 on 1 test -e /run/reported
    on 1 sed -i /report_program/d /etc/workspace/workspace.yaml
}

@test "a report is its user's to read, and nobody else's" {
    run_job user1 --workspace=tiny --wrap true
    expect_nothing_left 1
    run report_as 2001 "$job"
    expect_status 0
    expect_output_contains "tiny:1"
    expect_output_contains "CPU time"
    run report_as 2001 "$job" --svg
    expect_status 0
    expect_output_contains '<svg xmlns="http://www.w3.org/2000/svg"'
    run report_as 2002 "$job"
    expect_status 77
    expect_output_contains "job $job is not yours; only its owner and root may see its report"
    run report_as 2001 999999
    expect_status 66
    expect_output_contains 'there is no report of job 999999 on this machine'
}

@test "the time that a job was suspended is not its run time" {
    job=$(start_job user1 --workspace=tiny)
    lab run scontrol suspend "$job"
    eventually 60 suspended "$job"
    sleep 5
    lab run scontrol resume "$job"
    eventually 60 running "$job"
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_nothing_left 1
    run on 1 workspace report "$job" --json
    [ "$(value suspended_ms)" -ge 5000 ]
    [ "$(value run_ms)" -le $(($(value end_unix_ms) - $(value ready_unix_ms) - 5000)) ]
}
suspended() { on 1 workspace ps "$1" | grep -q 'state *suspended'; }
running() { on 1 workspace ps "$1" | grep -q 'state *running'; }

@test "a job whose workspace failed has a report with the reason" {
    # What the submission let pass: the login side reckons with less than this node does.
    on 1 sh -c 'echo "memory_overhead: 128M" >>/etc/workspace/workspace.yaml'
    run_job user1 --workspace=tiny --mem=200M --wrap true
    on 1 sed -i /memory_overhead/d /etc/workspace/workspace.yaml
    expect_state FAILED
    expect_nothing_left 1
    run on 1 workspace report "$job" --json
    [ "$(value outcome)" = failed ]
    [[ $(value reason) == *memory* ]]
}

@test "no more reports than the site wants, and none where it wants none" {
    local first
    on 1 sh -c 'echo "reports_max: 1" >>/etc/workspace/workspace.yaml'
    run_job user1 --workspace=tiny --wrap true
    first=$job
    expect_nothing_left 1
    run_job user1 --workspace=tiny --wrap true
    expect_nothing_left 1
    run on 1 sh -c 'ls /var/lib/workspace/reports'
    expect_output "$job.node1.report"
    on 1 sed -i 's/reports_max: 1/reports_max: 0/' /etc/workspace/workspace.yaml
    run_job user1 --workspace=tiny --wrap true
    expect_nothing_left 1
    run on 1 sh -c 'ls /var/lib/workspace/reports'
    [[ $output != *"$job.node1"* ]]
    on 1 sed -i /reports_max/d /etc/workspace/workspace.yaml
}

@test "a report that cannot be written keeps no node and no job" {
    on 1 sh -c 'mv /var/lib/workspace/reports /var/lib/workspace/reports.kept; echo >/var/lib/workspace/reports'
    run_job user1 --workspace=tiny --wrap true
    expect_state COMPLETED
    expect_nothing_left 1
    on 1 sh -c 'rm /var/lib/workspace/reports; mv /var/lib/workspace/reports.kept /var/lib/workspace/reports'
}
