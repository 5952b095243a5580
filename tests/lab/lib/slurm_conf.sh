# Slurm's configuration files. The project's lines appear when its programs are installed, so that
# the lab also runs a plain Slurm.
# shellcheck shell=bash

# Generic resources that a site may count the caps of disk and network by; every node has 1000 of each.
readonly kCountedGres=(wsiops wsdisk wsin wsout)

# write_slurm_conf LABDIR ETC
write_slurm_conf() {
    local lab=$1 directory=$2/slurm
    mkdir -p "$directory"
    {
        slurm_conf_cluster
        slurm_conf_timing "$lab"
        slurm_conf_accounting "$lab"
        slurm_conf_project "$lab"
        slurm_conf_nodes "$lab"
    } >"$directory/slurm.conf"
    plugstack_conf "$lab" >"$directory/plugstack.conf"
    # No cgroups: the boxes share this machine's, and those belong to its owner.
    echo 'CgroupPlugin=cgroup/v1' >"$directory/cgroup.conf"
    printf 'Name=%s Count=1000 Flags=CountOnly\n' "${kCountedGres[@]}" >"$directory/gres.conf"
    if [ -f "$lab/install/usr/share/workspace/job_submit.lua" ]; then
        cp "$lab/install/usr/share/workspace/job_submit.lua" "$directory/job_submit.lua"
    fi
}

slurm_conf_cluster() {
    cat <<END
ClusterName=lab
SlurmctldHost=$kCtl($kCtlAddress)
SlurmUser=slurm
AuthType=auth/munge
StateSaveLocation=/var/spool/slurmctld
SlurmctldPidFile=/run/slurmctld.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdPidFile=/run/slurmd.pid
SlurmdLogFile=/var/log/slurm/slurmd.log
SlurmdSpoolDir=/var/spool/slurmd
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=320
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
LaunchParameters=use_interactive_step
END
}

# Scheduling at once instead of every few seconds, and time enough for a VM to boot in the prolog:
# minutes where the node itself is emulated.
slurm_conf_timing() {
    local prolog_s=180 node_silent_s=30
    if is_xen "$1"; then prolog_s=420 node_silent_s=300; fi
    cat <<END
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0,ignore_prefer_validation
PrologFlags=Alloc,DeferBatch
PrologEpilogTimeout=$prolog_s
BatchStartTimeout=$((prolog_s + 20))
MessageTimeout=60
KillWait=5
SlurmdTimeout=$node_silent_s
END
}

slurm_conf_project() {
    local lab=$1 program
    for program in prolog epilog; do
        if [ -x "$lab/install/usr/libexec/workspace/$program" ]; then
            echo "${program^}=/usr/libexec/workspace/$program"
        fi
    done
    if [ -f "$lab/install/usr/share/workspace/job_submit.lua" ]; then echo 'JobSubmitPlugins=lua'; fi
}

# The nodes' size is stated, not found: two nodes share this machine, and a Xen node's dom0 does
# not see what the hypervisor has.
slurm_conf_nodes() {
    local lab=$1 number gres memory_mib=2000
    if is_xen "$lab"; then memory_mib=1200; fi
    echo 'TaskPlugin=task/affinity'
    echo 'SlurmdParameters=config_overrides'
    echo "GresTypes=$(IFS=, && echo "${kCountedGres[*]}")"
    gres=$(printf ',%s:1000' "${kCountedGres[@]}")
    for number in $(seq "$(lab_setting "$lab" nodes)"); do
        echo "NodeName=$(node_name "$number") NodeAddr=$(node_address "$number") CPUs=2 RealMemory=$memory_mib Gres=${gres#,}"
    done
    echo 'PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP'
}

# `required`: where the plugin cannot load, nothing runs, rather than on the host.
plugstack_conf() {
    local plugin=/usr/lib/workspace/spank_workspace.so
    if [ -f "$1/install$plugin" ]; then echo "required $plugin"; fi
}
