#!/bin/bash
#SBATCH --job-name=teaching-systemd
#SBATCH --workspace=teaching-systemd
#SBATCH --mem=400M
#SBATCH --time=10
#SBATCH --output=teaching-systemd.%j.out
# A machine with services of its own: systemd is its PID 1, and the job's tasks run beside it as you. When the
# job ends the machine is gone, whatever was broken in it.
set -e
echo "PID 1 is $(cat /proc/1/comm), the system is $(systemctl is-system-running)"
echo "sshd is $(systemctl is-active ssh), and answers: $(head -c 7 </dev/tcp/127.0.0.1/22)"
sudo systemctl stop ssh
echo "sshd is $(systemctl is-active ssh || true) now; its journal says:"
sudo journalctl --quiet --unit=ssh --output=cat | tail -n 1
