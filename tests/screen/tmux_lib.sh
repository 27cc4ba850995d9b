# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests in a real tmux share. Each has a server of its own (socket and process), a shell
# with a known environment, and polls for what it waits for.
#
#   MIRRORTOP  the program      SCREEN_TESTS  the folder of tests

set -u
command -v tmux >/dev/null || {
    echo "$(basename "$0" .sh): there is no tmux"
    exit 77
}
: "${MIRRORTOP:?}" "${SCREEN_TESTS:?}"
home=$(mktemp -d) || exit 1
socket=mirrortop-test-$$
server=''

# Only this one: by its process id.
cleanup() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        while kill -0 "$server" 2>/dev/null; do
            sleep 0.02
        done
    fi
    rm -rf "$home"
}
trap cleanup EXIT

in_tmux() {
    env -i LC_ALL=C.UTF-8 PATH="$PATH" HOME="$home" TZ=UTC TMUX_TMPDIR="$home" TERM=xterm-256color \
        XDG_CONFIG_HOME="$home" MIRRORTOP="$MIRRORTOP" SCREEN_TESTS="$SCREEN_TESTS" \
        ASAN_OPTIONS="${ASAN_OPTIONS:-}" tmux -L "$socket" -f /dev/null "$@"
}

# start COLUMNS LINES: a shell whose prompt is "ready$ ".
start() {
    printf "PS1='ready\$ '\nPS2='more '\nunset HISTFILE\n" >"$home/.rc"
    in_tmux new-session -d -x "$1" -y "$2" "/bin/bash --norc --rcfile $home/.rc -i" || {
        echo 'tmux does not start'
        exit 1
    }
    server=$(in_tmux display-message -p '#{pid}')
    in_tmux set-option -g window-size manual >/dev/null
    in_tmux set-option -g status off >/dev/null
    in_tmux resize-window -x "$1" -y "$2"
    # --norc keeps the system's file out; ours is read by hand
    type_line ". $home/.rc"
    type_line clear
    wait_for '^ready\$'
}

screen() {
    in_tmux capture-pane -p
}

keys() {
    in_tmux send-keys "$@"
}

type_line() {
    in_tmux send-keys -l "$1"
    in_tmux send-keys Enter
}

asked() {
    in_tmux display-message -p "#{$1}"
}

fail() {
    echo "$(basename "$0" .sh): $1"
    echo 'the screen then:'
    screen
    exit 1
}

# until TEXT COMMAND...: polls; TEXT says what never came.
until_true() {
    local text=$1 end=$((SECONDS + ${SCREEN_TIMEOUT:-20}))
    shift
    while ! "$@"; do
        [ $SECONDS -lt $end ] || fail "$text"
        sleep 0.03
    done
}

shows() {
    screen | grep -qE -- "$1"
}

lacks() {
    ! shows "$1"
}

is() {
    [ "$(asked "$1")" = "$2" ]
}

wait_for() {
    until_true "never shown: $1" shows "$1"
}

wait_gone() {
    until_true "still shown: $1" lacks "$1"
}

# The process in the foreground of the pane's terminal that has the program's name.
program_pid() {
    local tty
    tty=$(asked pane_tty)
    ps -t "${tty#/dev/}" -o pid=,comm= | awk '$2 == "mirrortop" { print $1 }'
}

has_program() {
    [ -n "$(program_pid)" ]
}

# The shell has the terminal again, and it is as a shell wants it.
check_shell() {
    wait_for '^ready\$ *$'
    until_true 'the alternate screen is still there' is alternate_on 0
    until_true 'the cursor is still hidden' is cursor_flag 1
    until_true 'the mouse is still reported' is mouse_any_flag 0
    until_true 'the keypad is still in application mode' is keypad_cursor_flag 0
    # echo: what is typed is seen before it runs
    in_tmux send-keys -l 'echo one''two'
    wait_for '^ready\$ echo onetwo'
    keys Enter
    wait_for '^onetwo$'
    type_line 'stty -a | tr " " "\n" | grep -xE -- "-?(echo|icanon|isig|icrnl|opost|onlcr);?" | xargs echo modes'
    wait_for '^modes isig icanon echo$|^modes icrnl opost onlcr isig icanon echo$'
}
