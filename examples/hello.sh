#!/bin/sh
#SBATCH --job-name=hello
#SBATCH --workspace=tiny
#SBATCH --mem=200M
#SBATCH --time=5
# The smallest workspace job.
echo "hello from $(hostname): kernel $(uname -r), user $(id -un), in $(pwd)"
