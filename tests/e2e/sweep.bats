# Faults at any point of prolog, epilog and reconcile: a few of the points here, all of them by `make sweep`.

bats_require_minimum_version 1.5.0
load support

@test "killed at any call, they leave nothing that what comes next does not remove" {
    run ../sweep/run --fault kill --points 3
    expect_status 0
    expect_output_contains 'reconcile, kill'
}

@test "whatever call of theirs fails, they say so, and what comes next puts the node right" {
    run ../sweep/run --fault error --points 3
    expect_status 0
    expect_output_contains 'reconcile, error'
}
