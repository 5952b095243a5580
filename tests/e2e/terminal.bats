# A real terminal inside: what people do at one, done through tmux, which draws the screen.

bats_require_minimum_version 1.5.0
load support

setup_file() {
    start_lab
    as user1 cp /bin/busybox .
    job=$(start_job user1 --workspace=legacy-bullseye --mem=400M)
    export job
}

teardown_file() { lab down >&2; }

# Each test has a tmux of its own, that of the one before may still be ending.
setup() { tmux_name=$lab_name-$BATS_TEST_NUMBER; }
teardown() { tmux -L "$tmux_name" kill-server 2>/dev/null || true; }

# terminal COMMAND: starts it as user1 on the login side, on a terminal of 100 columns and 30 rows.
terminal() {
    LC_ALL=C.UTF-8 tmux -L "$tmux_name" -f /dev/null new-session -d -x 100 -y 30 \
        "'$repository/tests/lab/lab' run --name $lab_name --as user1 $1; echo \"over: \$?\"; exec sleep 1000"
}

press() { tmux -L "$tmux_name" send-keys "$@"; }
line() { tmux -L "$tmux_name" send-keys -l "$1" && press Enter; }
screen() { tmux -L "$tmux_name" capture-pane -p; }
shows() { screen | grep -qE -- "$1"; }
# order COMMAND: at the shell's prompt, once it is there. What is typed while a shell sets its terminal's modes
# anew, after a program or ^C, may be dropped with them. A key that is to end a program comes once the program
# itself has said something: at the moment of a fork it is the shell's.
order() {
    eventually "$kBootDeadlineS" at_prompt || { screen && return 1; }
    line "$1"
}
# The terminal shows a key that it took for a signal when it comes to it, be it after the shell's prompt.
at_prompt() { [[ $(screen | sed -n 's/ *$//; /./h; ${x;p;}') =~ ^(\^[A-Z\\])?ready\>$ ]]; }
# expect_screen REGEX: a line of the screen comes to match it.
expect_screen() { eventually "$kBootDeadlineS" shows "$1" || { screen && return 1; }; }

# shell COMMAND: a terminal with a shell by COMMAND whose prompt has come.
shell() {
    terminal "$1"
    expect_screen '[$#] *$'
    line "PS1='ready> '; clear"
    expect_screen '^ready> *$'
}

interactive_shell() { shell "srun -Q --jobid=$job --overlap -n1 --pty bash"; }

@test "a shell inside has a terminal of the right size, which follows" {
    interactive_shell
    order 'tty; . /etc/os-release; echo "$VERSION_CODENAME"; stty size'
    expect_screen '^/dev/pts/'
    expect_screen '^bullseye$'
    expect_screen '^30 100$'
    # What the prompt alone would not tell where the echo is slow: whether the trap is set.
    order 'trap "echo resized to \$(stty size)" WINCH; echo "trap set"'
    expect_screen '^trap set$'
    tmux -L "$tmux_name" resize-window -x 120 -y 40
    # The trap's line may come before the next prompt or after it.
    line 'stty size'
    expect_screen '^40 120$'
    expect_screen 'resized to 40 120'
}

@test "a storm of resizes ends at the last size, and the shell lives" {
    interactive_shell
    local step
    for step in $(seq 100); do tmux -L "$tmux_name" resize-window -x $((60 + step % 50)) -y $((20 + step % 20)); done
    tmux -L "$tmux_name" resize-window -x 90 -y 35
    eventually "$kBootDeadlineS" size_is '35 90'
}

size_is() {
    order 'clear; stty size'
    sleep 0.5
    shows "^$1\$"
}

@test "Ctrl-C ends the program and not the shell" {
    interactive_shell
    order 'sh -c "echo goes; sleep 1000"; echo "status $?"'
    expect_screen '^goes$'
    press C-c
    order 'echo "after $?"'
    expect_screen '^after 130$'
}

@test "Ctrl-\\ and Ctrl-D are the terminal's too" {
    interactive_shell
    order 'sh -c "echo goes; cat"; echo "cat ended $?"'
    expect_screen '^goes$'
    press C-d
    expect_screen '^cat ended 0$'
    order 'sh -c "echo again; sleep 1000"'
    expect_screen '^again$'
    press 'C-\'
    expect_screen 'Quit'
    order 'exit 7'
    expect_screen '^over: 7$'
}

@test "Ctrl-Z stops, bg and fg go on: job control" {
    interactive_shell
    order 'sleep 1001'
    eventually "$kBootDeadlineS" runs_inside 'sleep 1001'
    press C-z
    expect_screen 'Stopped +sleep 1001'
    order 'bg; jobs'
    expect_screen 'Running +sleep 1001'
    order 'fg'
    eventually "$kBootDeadlineS" shows '^sleep 1001$'
    press C-c
    order 'jobs; echo "none left"'
    expect_screen '^none left$'
    run runs_inside 'sleep 1001'
    expect_status 1
}

runs_inside() {
    as user1 srun -Q --jobid="$job" --overlap -n1 sh -c 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" " "' |
        grep -q "$1"
}

@test "full-screen programs: vi and less" {
    interactive_shell
    order '/home/user1/busybox vi /home/user1/written'
    expect_screen '^~$'
    tmux -L "$tmux_name" send-keys -l 'iwritten in vi'
    expect_screen '^written in vi'
    press Escape
    # Out of the insertion: a key that follows at once would be one with Alt.
    expect_screen '^- /home/user1/written'
    line ':wq'
    expect_screen '^ready> '
    run as user1 cat written
    expect_output 'written in vi'
    order 'seq 1000 >/tmp/numbers; clear; /home/user1/busybox less /tmp/numbers'
    expect_screen '^29$'
    press G
    expect_screen '^1000$'
    tmux -L "$tmux_name" resize-window -x 80 -y 20
    press g
    expect_screen '^1$'
    press q
    expect_screen 'ready> *$'
}

@test "what is not echoed is not shown" {
    interactive_shell
    order 'stty -echo; echo hidden now; read -r secret; stty echo; echo "got ${#secret}"'
    expect_screen '^hidden now$'
    line 'password'
    expect_screen '^got 8$'
    run shows password
    expect_status 1
}

@test "workspace enter has a terminal" {
    shell "workspace enter $job"
    order 'tty; stty size; id -un'
    expect_screen '^/dev/pts/'
    expect_screen '^30 100$'
    expect_screen '^user1$'
    order 'sh -c "echo goes; sleep 1000"'
    expect_screen '^goes$'
    press C-c
    order 'echo "after $?"'
    expect_screen '^after 130$'
    order 'exit 3'
    expect_screen '^over: 3$'
}

@test "workspace enter runs a full-screen command" {
    terminal "workspace enter $job /home/user1/busybox less /etc/os-release"
    expect_screen 'bullseye'
    press q
    expect_screen '^over: 0$'
}

@test "salloc's interactive step is a shell inside" {
    shell 'salloc -Q --workspace=tiny --mem=160M'
    order 'tty; stty size; . /etc/os-release; echo "$ID"'
    expect_screen '^/dev/pts/'
    expect_screen '^30 100$'
    expect_screen '^tiny$'
    order 'sh -c "echo goes; sleep 1000"'
    expect_screen '^goes$'
    press C-c
    order 'srun -n1 echo "a step $SLURM_JOB_ID"'
    expect_screen '^a step [0-9]+$'
    order 'exit'
    expect_screen 'over: 0$'
}
