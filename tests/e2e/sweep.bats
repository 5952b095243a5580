# Faults at any point of the programs on a job's way: a few of the points here, all of them by `make sweep`.

bats_require_minimum_version 1.5.0
load support

@test "killed at any call, or failing in it, they leave node, job and neighbour right" {
    run ../sweep/run --points 2 --nodes 2 --deaths 0 --losses 0
    expect_status 0
    expect_output_contains 'nothing left, nobody harmed, no job lost'
}
