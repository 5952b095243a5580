# Faults at any point of the prolog and the epilog: a few of the points here, all of them by `make sweep`.

bats_require_minimum_version 1.5.0
load support

@test "killed at any call, prolog and epilog leave nothing that the next epilog does not remove" {
    run ../sweep/run --fault kill --points 4
    expect_status 0
    expect_output_contains 'epilog, kill'
}

@test "whatever call of theirs fails, they say so, and the next epilog puts the node right" {
    run ../sweep/run --fault error --points 4
    expect_status 0
    expect_output_contains 'epilog, error'
}
