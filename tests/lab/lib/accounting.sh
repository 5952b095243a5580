# Slurm's accounting, in a lab that is started with --accounting: slurmdbd over a MariaDB in the controller's box.
# shellcheck shell=bash

slurm_conf_accounting() {
    if ! has_accounting "$1"; then
        echo 'AccountingStorageType=accounting_storage/none'
        return
    fi
    cat <<END
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=$kCtl
AccountingStorageEnforce=associations,qos
AccountingStoreFlags=job_comment
END
}

# slurmdbd wants it to be Slurm's user's alone. The database knows that user by its
# socket and asks for no password.
write_slurmdbd_conf() {
    local file=$1/slurmdbd.conf
    cat >"$file" <<END
AuthType=auth/munge
DbdHost=$kCtl
DebugLevel=info
LogFile=/var/log/slurm/slurmdbd.log
PidFile=/run/slurmdbd.pid
SlurmUser=slurm
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StorageLoc=slurm_acct_db
END
    chown slurm: "$file"
    chmod 0600 "$file"
}

accounting_up() {
    local lab=$1 users=${kUsers[*]}
    service_up "$lab" "$kCtl" mariadbd
    service_up "$lab" "$kCtl" slurmdbd
    step "$lab" "$kCtl" 'accounts and QOS are there' box_run "$lab" "$kCtl" sh -ec "
        sacctmgr='timeout 20 sacctmgr -i -Q'
        \$sacctmgr add cluster lab
        \$sacctmgr add qos teaching
        for account in lab course physics; do
            \$sacctmgr add account \$account
            \$sacctmgr add user ${users// /,} account=\$account defaultaccount=lab qos=normal,teaching defaultqos=normal
        done"
}
