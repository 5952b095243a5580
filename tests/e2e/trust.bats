# What boots is what an administrator approved, for whom the site says: refused at submission in words for
# the user, and on the node, where it counts, whatever the request says; the node stays in service.

bats_require_minimum_version 1.5.0
load support
load images

setup_file() { start_lab; }
teardown_file() { lab down >&2; }
teardown() { lab run timeout 60 scancel -u user1; }

# bats test_tags=xen
@test "an image that nobody approved is refused; once it is approved it is used, and the records tell of it" {
    local digest
    make_image fresh 1
    run as user1 sbatch --workspace=fresh --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains 'workspace: image fresh:1 is not approved: its manifest is not signed; images you may use: legacy-bullseye, tiny'
    run as user1 workspace list
    [[ $output != *fresh* ]]
    approve fresh
    digest=$(digest_of fresh)
    run on 1 workspace image cached
    [[ $output != *fresh:1* ]]
    run_job user1 --workspace=fresh --wrap 'echo it ran'
    expect_state COMPLETED
    expect_output 'it ran'
    run on 1 workspace image cached
    expect_output_contains 'fresh:1'
    run lab run timeout 60 scontrol -o show job "$job"
    expect_output_contains "AdminComment=workspace=fresh:1@$digest "
    run on 1 grep " job=$job " /var/log/workspace/audit.log
    expect_output_contains " uid=2001 user=user1 image=fresh:1 digest=$digest key=lab key_id="
    expect_output_contains ' outcome=granted'
    run on 1 stat -c %a /var/log/workspace/audit.log
    expect_output 600
}

@test "minisign signs elsewhere, approve takes its signature, and minisign verifies ours" {
    make_image elsewhere 1
    run lab run sh -c 'set -e; cd /root
        minisign -G -W -p m.pub -s m.key >/dev/null
        workspace image approve elsewhere --signature m.pub' 2>&1
    expect_output_contains 'a signature has 4 lines, not 2'
    lab run sh -c 'set -e; cd /root
        file=/var/lib/workspace/store/images/elsewhere/1/manifest.yaml
        minisign -S -s m.key -m "$file" -x m.minisig >/dev/null
        ! workspace image approve elsewhere --signature m.minisig 2>m.err
        grep -q "which this site does not trust" m.err
        printf "public_key: %s\nimages: [\"else*\"]\n" "$(tail -1 m.pub)" >/etc/workspace/keys/minisign.yaml
        workspace image approve elsewhere --signature m.minisig
        minisign -Vm "$file" -p m.pub -q
        key=$(workspace image key list --json | jq -r ".keys[] | select(.name == \"lab\") | .public_key")
        minisign -Vm /var/lib/workspace/store/images/tiny/1/manifest.yaml -P "$key" -q'
    # The node has not been given the key: where it counts, the image is not approved.
    run as user1 srun -Q --workspace=elsewhere true
    [ "$status" -ne 0 ]
    expect_output_contains 'image elsewhere:1 is not approved: its signature is by the key '
    lab run cat /etc/workspace/keys/minisign.yaml | on 1 sh -c 'cat >/etc/workspace/keys/minisign.yaml'
    run as user1 srun -Q --workspace=elsewhere echo 'it ran'
    expect_output 'it ran'
}

@test "a catalogue that was tampered with is refused by the node" {
    local line digest
    make_image tampered 1
    approve tampered
    job=$(hold tampered)
    line=$(as user1 workspace resolve --image tampered)
    lab run sh -c 'cd /var/lib/workspace/store/images/tampered/1
        sed -i "s/memory: 96M/memory: 95M/" manifest.yaml'
    release "$job"
    refused_by_node 'image tampered:1 is not the one the job was submitted with'
    # One who forges the request gets no further: what the digest covers is signed.
    digest=$(lab run sha256sum /var/lib/workspace/store/images/tampered/1/manifest.yaml | cut -d' ' -f1)
    refused_when_forged "$(sed "s/digest=[^ ]*/digest=sha256:$digest/" <<<"$line")" \
        'image tampered:1 is not approved: its signature is not one of this content by that key'
    lab run rm /var/lib/workspace/store/images/tampered/1/manifest.yaml.minisig
    refused_when_forged "$(sed "s/digest=[^ ]*/digest=sha256:$digest/" <<<"$line")" \
        'image tampered:1 is not approved: its manifest is not signed'
}

# forget DIGEST: what node 1 has of the file.
forget() { on 1 sh -c 'cd /var/cache/workspace && rm -f files/"$1" seals/"$1"' sh "$1"; }

# tamper DIGEST OTHER HOW: with a file of the store. restore DIGEST: as it was.
tamper() {
    lab run sh -ec 'cd /var/lib/workspace/store/files && cp -p "$1" /root/kept
        case $3 in
            changed) printf X | dd of="$1" bs=1 seek=100 conv=notrunc status=none && touch -r /root/kept "$1" ;;
            swapped) cp "$2" "$1" ;;
            linked) mv "$1" aside && ln -s aside "$1" ;;
        esac' sh "$@"
}
restore() { lab run sh -ec 'cd /var/lib/workspace/store/files && rm -f "$1" aside && cp -p /root/kept "$1"' sh "$1"; }

# bats test_tags=xen
@test "of an image whose root, kernel or initrd was tampered with in the store, none boots" {
    local line role other how
    local -a hows=(changed swapped linked)
    local -A digest reason=(
        [changed]=was%20changed%20after [swapped]=after%20its%20registration [linked]=it%20is%20a%20link)
    # Where the node is emulated, each prolog takes seconds.
    [ "$hypervisor" = qemu ] || hows=(changed)
    lab run sh -ec 'cp /var/lib/workspace/guest/vmlinux /var/lib/workspace/guest/initrd.img /root/
        echo of its own >>/root/vmlinux; dd if=/dev/zero bs=4 count=1 status=none >>/root/initrd.img
        mkdir -p /root/own-1; cp /root/vmlinux /root/initrd.img /root/own-1/'
    make_image own 1 'kernel: {file: vmlinux}' 'initrd: {file: initrd.img}'
    approve own
    for role in root kernel initrd; do
        digest[$role]=$(lab run workspace image show own --json | jq -r ".images[0].$role.digest" | sed s/:/-/)
    done
    line=$(as user1 workspace resolve --image own)
    job=$(start_job user1)
    for role in root kernel initrd; do
        [ "$role" = kernel ] && other=initrd || other=kernel
        for how in "${hows[@]}"; do
            tamper "${digest[$role]}" "${digest[$other]}" "$how"
            forget "${digest[$role]}"
            prolog "$line" || true
            restore "${digest[$role]}"
            run vms_on 1
            expect_output ''
            run on 1 cat "/run/workspace/$job/record"
            expect_output_contains 'state=failed'
            expect_output_contains "${reason[$how]}"
            epilog "$line"
        done
    done
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_nothing_left 1
}

@test "a copy in the cache that was tampered with, size and times as they were, is made anew" {
    local root
    root=$(lab run workspace image show own --json | jq -r '.images[0].root.digest' | sed s/:/-/)
    run as user1 srun -Q --workspace=own echo 'it ran'
    expect_output 'it ran'
    on 1 sh -ec 'cd /var/cache/workspace/files; cp -p "$1" /tmp/kept; chmod 0644 "$1"
        printf X | dd of="$1" bs=1 seek=100 conv=notrunc status=none; chmod 0444 "$1"; touch -r /tmp/kept "$1"' sh "$root"
    run on 1 workspace image verify own
    expect_output_contains 'DAMAGED'
    run as user1 srun -Q --workspace=own echo 'it ran'
    expect_output 'it ran'
    on 1 workspace image verify own
    expect_in_service 1
    expect_nothing_left 1
}

# refused_when_forged LINE REASON: the prolog by hand, for a plain job of user1, with a request of the
# user's own making.
refused_when_forged() {
    job=$(start_job user1)
    prolog "$1"
    run on 1 cat "/run/workspace/$job/record"
    expect_output_contains 'state=failed'
    run as user1 srun -Q --jobid="$job" --overlap true
    [ "$status" -ne 0 ]
    expect_output_contains "$2"
    run on 1 grep " job=$job " /var/log/workspace/audit.log
    expect_output_contains ' outcome=refused reason='
    epilog "$1"
    as user1 scancel "$job"
    wait_for_job "$job"
    expect_in_service 1
    expect_nothing_left 1
}

@test "who may not use an image is refused at submission, and by the node whatever the request says" {
    local line
    make_image theirs 1 'access: {allow: {users: [user2]}}'
    approve theirs
    run as user1 sbatch --workspace=theirs --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'theirs:1' is not for you: of users it is for user2; you have user 'user1'; images you may use: "
    line=$(as user2 workspace resolve --image theirs)
    refused_when_forged "$line" "image 'theirs:1' is not for you: of users it is for user2; you have user 'user1'"
    run_job user2 --workspace=theirs --wrap 'echo it ran'
    expect_output 'it ran'
}

@test "Unix groups: allowed and denied at submission, and by the node" {
    local line
    make_image grouped 1 'access: {allow: {groups: [user2, wheel]}}'
    make_image barred 1 'access: {deny: {groups: [legacy]}}'
    approve grouped
    approve barred
    # user1 has the groups legacy and lab, user2 lab.
    run as user1 sbatch --workspace=grouped --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'grouped:1' is not for you: of groups it is for user2, wheel; you have groups "
    run as user1 sbatch --workspace=barred --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'barred:1' is not for you: group 'legacy' is denied"
    line=$(as user2 workspace resolve --image grouped)
    refused_when_forged "$line" "image 'grouped:1' is not for you: of groups it is for user2, wheel; you have groups "
    line=$(as user2 workspace resolve --image barred)
    refused_when_forged "$line" "image 'barred:1' is not for you: group 'legacy' is denied"
    run as user2 srun -Q --workspace=grouped echo 'it ran'
    expect_output 'it ran'
    run as user2 srun -Q --workspace=barred echo 'it ran'
    expect_output 'it ran'
}

@test "account and partition are checked by the controller, and again by the node" {
    make_image taught 1 'access: {allow: {accounts: [course]}, deny: {partitions: [gpu]}}'
    approve taught
    run as user1 sbatch --workspace=taught -A physics --wrap true
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'taught' is not for you: of accounts it is for course; you have account 'physics'"
    run_job user1 --workspace=taught -A course --wrap 'echo it ran'
    expect_output 'it ran'
    # The site's own rules, which the login side has not heard of.
    in_config 1 'access: {"taught": {deny: {partitions: [main]}}}'
    run_job user1 --workspace=taught -A course --wrap 'echo it ran'
    in_config 1 ''
    refused_by_node "image 'taught:1' is not for you: partition 'main' is denied"
    in_config ctl 'access: {"taught": {deny: {partitions: [main]}}}'
    run as user1 sbatch --workspace=taught -A course --wrap true
    in_config ctl 'digest_shown_in: comment'
    [ "$status" -ne 0 ]
    expect_output_contains "workspace: image 'taught' is not for you: partition 'main' is denied"
    job=$(hold tiny --comment=mine)
    run lab run timeout 60 scontrol -o show job "$job"
    in_config ctl ''
    expect_output_contains " Comment=mine workspace=tiny:1@sha256:"
}

@test "an image or a key that is revoked while the job waits is refused with the reason" {
    local key
    make_image doomed 1
    approve doomed
    job=$(hold doomed)
    on 1 workspace image revoke "$(digest_of doomed)" --reason 'its sshd has a hole'
    release "$job"
    refused_by_node 'image doomed:1 is revoked: its sshd has a hole'

    job=$(hold tiny)
    on 1 workspace image key revoke lab --reason 'the laptop was stolen'
    release "$job"
    on 1 rm /etc/workspace/keys/revoked.yaml
    refused_by_node 'is revoked: the laptop was stolen'
}

was_used_twice() { start_requeued "$1" && [ "$(on 1 grep -c " job=$1 " /var/log/workspace/audit.log)" -eq 2 ]; }

@test "a job keeps the image it was submitted with, through requeue and array, when the name moves on" {
    local first second array task
    make_image moving 1
    approve moving
    first=$(digest_of moving)
    job=$(hold moving --requeue)
    array=$(hold moving --array=1-2)
    make_image moving 2
    [ "$(as user1 workspace resolve --image moving | grep -o 'digest=[^ ]*')" = "digest=$first" ] # not approved yet
    approve moving
    second=$(digest_of moving)
    [ "$first" != "$second" ]
    release "$job"
    expect_state COMPLETED
    lab run timeout 60 scontrol requeue "$job"
    eventually $((2 * kBootDeadlineS)) was_used_twice "$job"
    [ "$(wait_for_job "$job")" = COMPLETED ]
    run on 1 grep " job=$job " /var/log/workspace/audit.log
    [ "$(grep -c " image=moving:1 digest=$first " <<<"$output")" -eq 2 ]
    lab run timeout 60 scontrol release "$array"
    for task in 1 2; do [ "$(wait_for_job "${array}_$task")" = COMPLETED ]; done
    run on 1 grep -c " image=moving:1 digest=$first .* outcome=granted" /var/log/workspace/audit.log
    expect_output 4
    run_job user1 --workspace=moving --wrap true
    run on 1 grep " job=$job " /var/log/workspace/audit.log
    expect_output_contains " image=moving:2 digest=$second "
}
