# The options that verbs share. Each parser leaves its values in `option_…` and what follows the
# options in `arguments`.
# shellcheck shell=bash disable=SC2034

option_name=lab
option_hypervisor=qemu
option_nodes=1
option_user=root
option_keep_logs=no
option_accounting=no
arguments=()

# parse_options "--name --as" "$@": the first argument lists the options which this verb takes.
# They end at the first word that is not one, so that CMD keeps its own.
parse_options() {
    local allowed=" $1 " option value
    shift
    while [ $# -gt 0 ]; do
        option=${1%%=*}
        [[ $1 == --?* ]] || break
        [[ $allowed == *" $option "* ]] || die_usage "unknown option '$1'"
        case $1 in
            --keep-logs) option_keep_logs=yes && shift && continue ;;
            --accounting) option_accounting=yes && shift && continue ;;
        esac
        if [[ $1 == *=* ]]; then
            value=${1#*=}
            shift
        else
            [ $# -ge 2 ] || die_usage "$option needs a value"
            value=$2
            shift 2
        fi
        set_option "$option" "$value"
    done
    [ "${1:-}" != -- ] || shift
    arguments=("$@")
}

set_option() {
    case $1 in
        --name) check_lab_name "$2" && option_name=$2 ;;
        --nodes) check_count '--nodes' "$2" && option_nodes=$2 ;;
        --as) require_user "$2" && option_user=$2 ;;
        --hypervisor)
            [[ $2 =~ ^(xen|qemu)$ ]] || die_usage "--hypervisor is xen or qemu, not '$2'"
            option_hypervisor=$2
            ;;
    esac
}

# expect_arguments COUNT TEXT: exactly that many words after the options.
expect_arguments() { [ "${#arguments[@]}" -eq "$1" ] || die_usage "usage: lab $2"; }
expect_command() { [ "${#arguments[@]}" -ge "$1" ] || die_usage "usage: lab $2"; }
