#!/bin/bash
#SBATCH --job-name=mpi-ring
#SBATCH --workspace=course-mpi
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --mem=600M
#SBATCH --time=10
#SBATCH --output=mpi-ring.%j.out
# Four ranks in two VMs. The script runs in the VM of the job's first node; mpirun starts the ranks of
# the others by ssh, which works between the VMs of a job without any set-up, and they talk over the
# job's private network. mpi-ring.c lies beside this script, in the folder that the job is submitted from.
set -e
mpicc.openmpi -O2 -o mpi-ring mpi-ring.c
mpirun.openmpi ./mpi-ring
