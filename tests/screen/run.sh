#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The screen: the program on a virtual terminal (libvterm) and, a few times, in a real tmux.
#
# usage: tests/screen/run.sh [NAME...]   without names: everything
#   NAME       of a case, of a tmux_* script, or: self (the driver itself), generated (captures),
#              sizes (properties at many sizes)
#   MIRRORTOP  the program (default $BUILD/mirrortop)
#   BUILD      where things are built (default build); got screens are left in BUILD/screen
#   CC         the compiler of the driver (default cc)
#   GENERATE=1 takes what the program shows for right: look at every difference before committing it
#
# A case is cases/NAME.steps (the steps are explained in driver/script.h) and cases/NAME.expected.
# The driver is compiled here and not with the program's flags: it is never what is being tested.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
build=$(mkdir -p "${BUILD:-build}" && readlink -f "${BUILD:-build}")
MIRRORTOP=$(readlink -f "${MIRRORTOP:-$build/mirrortop}")
SCREEN_TESTS=$PWD/tests
export MIRRORTOP SCREEN_TESTS
generate=${GENERATE:-}
[ -z "${SANITIZE:-}" ] || export SCREEN_TIMEOUT="${SCREEN_TIMEOUT:-60}"
got=$build/screen
driver=$got/driver
passed=0 failed=0 skipped=0

finish() {
    [ $((passed + failed)) -gt 0 ] || echo 'screen: nothing ran'
    echo "screen: $passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ] && [ $passed -gt 0 ]
    exit
}

if [ ! -x "$MIRRORTOP" ]; then
    echo "screen: no program at $MIRRORTOP: build it first (make)" >&2
    failed=1
    finish
fi
mkdir -p "$got"
work=$(mktemp -d) || exit 1
# A program that root starts goes on as somebody else.
chmod 777 "$work"
trap 'rm -rf "$work"' EXIT

build_driver() {
    local sources=(tests/screen/driver/*.c src/utf8.c) flags
    [ -x "$driver" ] &&
        [ -z "$(find tests/screen/driver src/utf8.[ch] -newer "$driver" -name '*.[ch]')" ] && return
    flags=$(pkg-config --cflags --libs vterm) || return
    # shellcheck disable=SC2086 # flags are words
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra "${sources[@]}" -o "$driver" $flags -lutil
}

# count STATUS NAME
count() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        echo "screen: FAILED $2"
        failed=$((failed + 1))
    fi
}

run_case() {
    local name=$1 expected=tests/screen/cases/$1.expected
    local steps=tests/screen/cases/$1.steps
    local needs
    needs=$(sed -n 's/^# needs: //p' "$steps")
    if [ -n "$needs" ] && ! command -v "$needs" >/dev/null; then
        echo "screen: skipped $name: there is no $needs"
        skipped=$((skipped + 1))
        return
    fi
    mkdir -p "$work/home/$name"
    # Whoever the program has become, its files go there and not to /tmp.
    ! grep -q '^# writes files' "$steps" || chmod 777 "$work/home/$name"
    rm -f "$got/$name.got"
    if ! SCREEN_HOME=$work/home/$name "$driver" case "$steps" "$got/$name.got"; then
        count 1 "$name"
        return
    fi
    if [ -n "$generate" ]; then
        if [ -s "$got/$name.got" ]; then
            cp "$got/$name.got" "$expected"
        else
            rm -f "$expected"
        fi
    fi
    # A case that shows nothing consists of its checks alone.
    [ -s "$got/$name.got" ] || [ -e "$expected" ] || {
        count 0 "$name"
        return
    }
    diff -u --label "$name.expected" --label 'on the screen' "$expected" "$got/$name.got"
    count $? "$name"
}

# The captures that are committed are those that the generators make.
run_generated() {
    local generator=$build/tests/screen/gen_wide
    if [ ! -x "$generator" ]; then
        echo "screen: skipped generated: no $generator (make test-programs)"
        skipped=$((skipped + 1))
        return
    fi
    "$generator" "$work/wide.pcap"
    [ -z "$generate" ] || cp "$work/wide.pcap" tests/screen/wide.pcap
    cmp "$work/wide.pcap" tests/screen/wide.pcap
    count $? generated
}

# The driver's own modes say "ok NAME" or "FAILED NAME" for every test.
run_mode() {
    local line good=0 bad=0
    mkdir -p "$work/home/$1"
    while read -r line; do
        case $line in
        ok\ *) good=$((good + 1)) ;;
        FAILED\ *)
            bad=$((bad + 1))
            echo "screen: $line"
            ;;
        esac
    done < <(SCREEN_HOME=$work/home/$1 "$driver" "$1")
    [ $((good + bad)) -gt 0 ] || {
        echo "screen: FAILED $1: it tested nothing"
        bad=1
    }
    passed=$((passed + good)) failed=$((failed + bad))
}

# 0 passed, 77 skipped (and it says why), anything else failed.
run_tmux() {
    local name status
    name=$(basename "$1" .sh)
    "$1" >"$got/$name.log" 2>&1
    status=$?
    if [ $status = 77 ]; then
        sed 's/^/screen: skipped /' "$got/$name.log"
        skipped=$((skipped + 1))
        return
    fi
    [ $status = 0 ] || cat "$got/$name.log"
    count $status "$name"
}

run() {
    case $1 in
    generated) run_generated ;;
    self | sizes) run_mode "$1" ;;
    tmux_*) run_tmux "tests/screen/$1.sh" ;;
    *) run_case "$1" ;;
    esac
}

if ! build_driver; then
    echo 'screen: the driver cannot be built (make deps-check installs what it needs)'
    failed=1
    finish
fi
if command -v tic >/dev/null; then
    tic -x -o "$work/terminfo" tests/screen/terminals.ti || failed=1
    export SCREEN_TERMINFO=$work/terminfo: # the end means: and the system's
fi
if [ $# = 0 ]; then
    set -- self generated
    for path in tests/screen/cases/*.steps; do
        set -- "$@" "$(basename "$path" .steps)"
    done
    set -- "$@" sizes
    for path in tests/screen/tmux_*.sh; do
        [ "$path" = tests/screen/tmux_lib.sh ] || set -- "$@" "$(basename "$path" .sh)"
    done
fi

# Most of a case is waiting for the screen, so several run at a time; what they say stays in order.
apart() {
    passed=0 failed=0 skipped=0
    run "$1" >"$work/said.$1" 2>&1
    echo "$passed $failed $skipped" >"$work/counts.$1"
}

at_once=4
for name in "$@"; do
    [ "$(jobs -rp | wc -l)" -lt $at_once ] || wait -n
    apart "$name" &
done
wait
for name in "$@"; do
    cat "$work/said.$name"
    read -r p f s <"$work/counts.$name" || p=0 f=1 s=0
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
finish
