# An image's way from a folder to the nodes: imported, registered, approved, brought to the nodes' caches.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    start_lab --nodes 2
    # A whole system starts dozens of programs: emulated, on a machine that has other work, it takes its time.
    if [ "$hypervisor" = qemu ]; then
        for node in 1 2; do set_config "$node" 'boot_timeout: 150s'; done
    fi
    lab run sh -ec '
        cd /root
        mkdir -p tree && sqfs2tar /run/lab/images/tiny/tiny.squashfs | tar -x -C tree
        echo "from a folder" >tree/etc/motto' >&2
}
teardown_file() { lab down >&2; }

@test "an image that was imported from a folder boots once it is approved" {
    lab run sh -ec '
        cd /root
        workspace image import /root/tree --name motto --version 1
        workspace image register motto-1/manifest.yaml'
    run as user1 timeout 60 srun -Q --workspace=motto cat /etc/motto
    [ "$status" -ne 0 ]
    expect_output_contains "srun: error: workspace: image motto:1 is not approved: its manifest is not signed"
    lab run workspace image approve motto
    run as user1 timeout "$kBootDeadlineS" srun -Q --workspace=motto cat /etc/motto
    expect_output 'from a folder'
}

@test "it is brought to the caches of the nodes that are named" {
    lab run sh -ec '
        cd /root
        echo second >tree/etc/motto
        workspace image import /root/tree --name motto --version 2
        workspace image register motto-2/manifest.yaml
        workspace image approve motto:2'
    run lab run timeout 120 workspace image prefetch motto:2 --nodes 'node[1-2]'
    expect_status 0
    [ "$(sort <<<"$output")" = $'0: motto:2 is in this node\'s cache\n1: motto:2 is in this node\'s cache' ]
    for node in 1 2; do
        run on "$node" workspace image cached
        expect_output_contains motto:2
    done
    run lab run workspace image prefetch motto:2 --nodes 'node1;id'
    expect_status 64
    expect_output_contains "--nodes: 'node1;id' is no list of nodes, such as node[1-8]"
}

shown_on() { lab run timeout 60 scontrol show node "node$1" | sed -n 's/^ *ActiveFeatures=//p'; }
place_of() { as user1 timeout "$kBootDeadlineS" srun -Q --workspace=legacy-bullseye printenv SLURMD_NODENAME; }

@test "Slurm shows what a node has, and jobs are placed there" {
    local where blocker
    for where in ctl 1 2; do set_config "$where" 'prefer_cached: true'; done
    on 1 workspace image gc --keep 0 >&2
    on 2 workspace image prefetch legacy-bullseye >&2
    [ "$(shown_on 2)" = ws_legacy-bullseye,ws_motto ]
    run as user1 workspace image show legacy-bullseye
    expect_output_contains $'cached       not on this machine\ncached on    node2\n'
    # Slurm would take the first node.
    [ "$(place_of)" = node2 ]
    expect_nothing_left 2
    # A job that waits while the image goes: it is placed as one that prefers nothing.
    blocker=$(submit user1 --exclusive -N2 --workspace=none --wrap 'sleep 3000')
    job=$(submit user1 -N2 --workspace=legacy-bullseye -o 'out-%j' --wrap 'srun -Q printenv SLURMD_NODENAME')
    [ "$(job_field "$job" Prefer)" = ws_legacy-bullseye ]
    on 2 workspace image gc --keep 0 >&2
    [[ $(shown_on 2) != *ws_* ]]
    as user1 scancel "$blocker"
    state=$(wait_for_job "$job")
    output=$(as user1 sort "out-$job")
    expect_state COMPLETED
    expect_output $'node1\nnode2'
    # The jobs' own prologs have told it, and what Slurm has forgotten is told again.
    [ "$(shown_on 1)" = ws_legacy-bullseye ]
    lab run timeout 60 scontrol update nodename=node1 availablefeatures=site activefeatures=site
    run on 1 workspace node features --update
    expect_output $'FEATURE             ACTIVE\nsite                yes\nws_legacy-bullseye  yes'
    [ "$(shown_on 1)" = site,ws_legacy-bullseye ]
}

@test "its history tells both versions" {
    run lab run workspace image history motto
    expect_status 0
    [[ ${lines[1]} == "2 "*" by 'lab' "* ]]
    [[ ${lines[2]} == "1 "*" by 'lab' "* ]]
}

# there ARGUMENTS…: `workspace` of another site, whose store and key are in a folder of the login side.
there() { lab run workspace "$@" --config /srv/there/workspace.yaml; }

set_up_there() {
    lab run sh -ec 'mkdir /srv/there && cd /srv/there
        printf "store: %s/store\nkeys: %s/keys\n" "$PWD" "$PWD" >workspace.yaml'
    there image key new there --secret /srv/there/secret.key >&2
}

# lend VERSION: the other site approves its image `lent` in this version, and publishes all it has.
lend() {
    lab run sh -ec 'mkdir "/srv/there/lent-$1" && cd "/srv/there/lent-$1"
        cp /run/lab/images/tiny/tiny.squashfs root.squashfs
        echo "lent $1" >>root.squashfs
        printf "name: lent\nversion: \"%s\"\nneeds: {memory: 96M}\n" "$1" >manifest.yaml
        echo "root: {file: root.squashfs, format: squashfs}" >>manifest.yaml' sh "$1"
    there image register "/srv/there/lent-$1/manifest.yaml" >&2
    there image approve "lent:$1" --secret /srv/there/secret.key >&2
    there catalog publish /srv/there/www --secret /srv/there/secret.key >&2
}

# run_lent VERSION: refused until this site approves it, whatever the other one says of it; sets `output`.
run_lent() {
    run as user1 srun -Q --workspace="lent:$1" true
    [ "$status" -ne 0 ]
    expect_output_contains "image lent:$1 is not approved: its manifest is not signed"
    lab run workspace image approve "lent:$1" >&2
    run as user1 timeout "$kBootDeadlineS" srun -Q --workspace="lent:$1" echo 'it ran'
    expect_output 'it ran'
    run on 1 grep -h " image=lent:$1 digest=$(there image show "lent:$1" | sed -n 's/^digest *//p') key=lab " \
        /var/log/workspace/audit.log
    expect_output_contains ' outcome=granted'
}

@test "another site's catalogue comes from a folder once its key is trusted, and its images at this site's pace" {
    set_up_there
    lend 1
    run lab run workspace catalog fetch /srv/there/www
    [ "$status" -ne 0 ]
    expect_output_contains 'the index is not trusted: it is signed by the key '
    lab run workspace catalog trust partner \
        "$(there image key list --json | jq -r '.keys[0].public_key')" --images 'lent*' >&2
    run lab run workspace catalog fetch /srv/there/www
    expect_output_contains "snapshot 1 of the catalogue 'partner', made "
    expect_output_contains 'new  lent:1'
    # The other site goes on. What was fetched stays what it was.
    lend 2
    run lab run workspace catalog update partner
    expect_output_contains 'registered lent:1 as sha256:'
    [[ $output != *lent:2* ]]
    run_lent 1
}

fetch_by_http() { lab run workspace catalog fetch http://127.0.0.1:8000; }
answers_by_http() { lab run curl -sf -o /dev/null http://127.0.0.1:8000/index; }

@test "by HTTP as well; an index or an image that was tampered with is refused" {
    local file
    lab run sh -c 'setsid python3 -m http.server --bind 127.0.0.1 --directory /srv/there/www 8000 \
        </dev/null >/dev/null 2>&1 3>&- &'
    eventually 60 answers_by_http
    lab run sh -ec 'cd /srv/there/www && cp index /root/index && sed -i s/lent/lend/ index'
    run fetch_by_http
    [ "$status" -ne 0 ]
    expect_output_contains 'the index is not trusted: its signature is not one of this content'
    lab run cp /root/index /srv/there/www/index
    run fetch_by_http
    expect_output_contains "snapshot 2 of the catalogue 'partner', made "
    expect_output_contains 'new  lent:2'

    file=/srv/there/www/files/$(there image show lent:2 --json | jq -r '.images[0].root.digest' | sed s/:/-/)
    lab run sh -ec 'cp "$1" /root/kept && printf X | dd of="$1" bs=1 seek=100 conv=notrunc status=none' sh "$file"
    run lab run workspace catalog update partner
    [ "$status" -ne 0 ]
    expect_output_contains 'image lent:2 is not what the index says: '
    lab run cp /root/kept "$file"
    run lab run workspace catalog update partner
    expect_output_contains 'registered lent:2 as sha256:'
    run_lent 2
}

# build_recipe LINE…: on node 1, of a recipe with these lines; --out is /root/built.
build_recipe() {
    on 1 sh -ec 'mkdir -p /root/recipe && cd /root/recipe && rm -rf /root/built
        printf "manifest: {name: built, version: 1, needs: {memory: 96M}}\ndate: 2026-01-31\n" >recipe.yaml
        for line in "$@"; do echo "$line" >>recipe.yaml; done
        exec workspace image build recipe.yaml --out /root/built' sh "$@"
}

@test "a recipe's script runs as root of a virtual machine, and makes the same bytes twice" {
    local vm='vm: {image: tiny, script: set-up.sh, memory: 128M, disk: 256M}' first
    on 1 sh -ec 'mkdir -p /root/recipe && cd /root/recipe && echo hello >motd && cat >set-up.sh' <<'END'
#!/bin/sh -e
id -u >/etc/built-by
ls /sys/class/net >/etc/built-with
hostname >>/etc/built-with
test ! -e /run/lab
! sbatch --wrap true
mkdir -p /opt/made /var/log
date >/var/log/now
echo tools >/opt/made/tools
rm /usr/bin/env
END
    build_recipe "$vm" 'copy: {/etc/motd: motd}' 'run: ["echo from run >/etc/run"]'
    expect_nothing_left 1
    first=$(on 1 sha256sum /root/built/built.squashfs)
    build_recipe "$vm" 'copy: {/etc/motd: motd}' 'run: ["echo from run >/etc/run"]'
    [ "$(on 1 sha256sum /root/built/built.squashfs)" = "$first" ]
    run on 1 grep ' user=root image=tiny:1 ' /var/log/workspace/audit.log
    expect_output_contains ' outcome=granted'
    on 1 workspace image register /root/built/manifest.yaml
    run lab run timeout 60 workspace image diff tiny built --json
    output=$(jq -r '.files[] | .sign + .name' <<<"$output" | LC_ALL=C sort)
    expect_output "$(LC_ALL=C sort <<'END'
+etc/built-by
+etc/built-with
+etc/motd
+etc/run
+opt
+opt/made
+opt/made/tools
-usr/bin/env
+var/log
END
    )"
    lab run workspace image approve built
    run as user1 timeout "$kBootDeadlineS" srun -Q --workspace=built \
        cat /etc/built-by /etc/built-with /etc/motd /etc/run /opt/made/tools
    expect_output $'0\nlo\nbuild\nhello\nfrom run\ntools'
}

build_vm_runs() { on 1 grep -q ^state=running /run/workspace/67043329/record; }

@test "a build that fails or is interrupted leaves nothing, and reconcile leaves one alone that goes on" {
    local builder
    run build_recipe 'vm: {image: tiny, memory: 128M, disk: 256M}' 'run: ["echo no such thing; exit 3"]'
    expect_status 65
    expect_output_contains "workspace: error: the recipe's commands failed: command 1 of run ended with status 3 (no such thing)"
    expect_nothing_left 1
    run build_recipe 'vm: {image: nothing, memory: 128M}' 'run: ["true"]'
    expect_status 66
    build_recipe 'vm: {image: tiny, memory: 128M, disk: 256M}' 'run: ["exec sleep 4321"]' 3>&- &
    builder=$!
    eventually "$kBootDeadlineS" build_vm_runs
    run on 1 workspace node reconcile
    expect_status 0
    on 1 virsh -q -c "$hypervisor:///system" domid workspace-67043329
    on 1 pkill -TERM -f 'workspace image build recipe.yaml'
    ! wait "$builder" || return 1
    expect_nothing_left 1
}

@test "an image with systemd starts its own services, and the job's tasks run beside them" {
    "$repository/images/build" teaching-systemd >&2
    lab run workspace image register /run/lab/images/teaching-systemd/manifest.yaml >&2
    lab run workspace image approve teaching-systemd
    as user1 sh -c 'cat >teaching-systemd.sh' <"$repository/examples/teaching-systemd.sh"
    run_job user1 --workspace=teaching-systemd --mem=400M --export=ALL,MARK=7 \
        --wrap 'bash teaching-systemd.sh && echo "$(id -un) $MARK"; exit 37'
    expect_state FAILED
    [ "$(job_field "$job" ExitCode)" = 37:0 ]
    expect_output_contains 'PID 1 is systemd, the system is running
sshd is active, and answers: SSH-2.0
sshd is inactive now; its journal says:'
    [ "${output##*$'\n'}" = 'user1 7' ]
    expect_nothing_left 1 2
}

@test "with systemd on two nodes, cancelled while it runs and while it boots" {
    local system='echo "$SLURMD_NODENAME $(cat /proc/1/comm) $(systemctl is-system-running)"'
    job=$(submit user1 -N2 --workspace=teaching-systemd --mem=400M -o 'out-%j' \
        --wrap "srun -Q sh -c '$system'; echo done; exec sleep 3000")
    eventually $((2 * kBootDeadlineS)) as user1 grep -q done "out-$job" 2>/dev/null
    run as user1 sort "out-$job"
    expect_output $'done\nnode1 systemd running\nnode2 systemd running'
    as user1 scancel "$job"
    [ "$(wait_for_job "$job")" = CANCELLED ]
    expect_nothing_left 1 2
    job=$(submit user1 -N2 --workspace=teaching-systemd --mem=400M --wrap true)
    eventually "$kBootDeadlineS" on 2 virsh -q -c "$hypervisor:///system" domid "workspace-$job"
    as user1 scancel "$job"
    [ "$(wait_for_job "$job")" = CANCELLED ]
    expect_nothing_left 1 2
}
