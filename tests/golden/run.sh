#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Golden captures: what mirrortop says about small captures of which the truth is known.
#
# usage: tests/golden/run.sh [CASE...]
#   MIRRORTOP  the program (default $BUILD/mirrortop)
#   BUILD      where the generators were built (default build)
#   GENERATE=1 makes the captures anew and takes what the program says for right: look at the
#              difference before committing it
#
# A case is a folder:
#   why            one line on what it is there for
#   args           one line of arguments; {} stands for the case's folder
#   capture.pcap   made by gen_*.c (or the case needs none)
#   expected.json  the report: adds --batch=json        (at least one of these four)
#   expected.csv   the flows; --export=csv:FILE is always added
#   expected.txt   the text report: adds --batch=text
#   expected.err   standard error; without it, there must be none
#   status         exit status; without it, 0
#   truth          facts that were known beforehand (truth.py); GENERATE=1 leaves them alone
set -u

cd "$(dirname "$0")" || exit 1
here=$PWD
# The Makefile hands in absolute paths; by hand, they are relative to the project.
cd ../.. || exit 1
build=$(readlink -f "${BUILD:-build}")
program=$(readlink -f "${MIRRORTOP:-$build/mirrortop}")
cd "$here" || exit 1
generate=${GENERATE:-}
passed=0
failed=0
skipped=0

if [ ! -x "$program" ]; then
    echo "golden: no program at $program: build it first (make)" >&2
    exit 1
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C TZ=UTC XDG_CONFIG_HOME=$work/no-config
unset COLUMNS

pass() {
    passed=$((passed + 1))
}

fail() {
    echo "golden: FAILED $1"
    failed=$((failed + 1))
}

# same EXPECTED GOT: shows what differs.
same() {
    if [ -n "$generate" ]; then
        cp "$2" "$1"
        return 0
    fi
    cmp -s "$1" "$2" && return 0
    diff -u --label "$1" --label got "$1" "$2" | head -n 60 | cat -v
    return 1
}

# One run of the program; its output goes to $work/out, $work/err and $work/status.
run() {
    "$program" "$@" </dev/null >"$work/out" 2>"$work/err"
    echo $? >"$work/status"
}

# The captures that are committed are those that the generators make.
check_generated() {
    local generator name out made file
    for generator in gen_*.c ../sample/gen_sample.c; do
        name=$(basename "$generator" .c)
        case $name in
        gen_sample) made=$build/tests/sample/$name ;;
        *) made=$build/tests/golden/$name ;;
        esac
        if [ ! -x "$made" ]; then
            echo "golden: skipped $name: not built at $made (make test-programs)"
            skipped=$((skipped + 1))
            continue
        fi
        out=$work/$name
        mkdir -p "$out"
        if [ "$name" = gen_sample ]; then
            mkdir -p "$out/sample"
            "$made" "$out/sample/sample.pcap" "$out/sample/truth.txt" || fail "$name: cannot run"
        else
            "$made" "$out" || fail "$name: cannot run"
        fi
        for file in "$out"/*/*; do
            file=${file#"$out"/}
            case $file in
            sample/*) target=../$file ;;
            *) target=$file ;;
            esac
            if [ -n "$generate" ]; then
                mkdir -p "$(dirname "$target")"
                cp "$out/$file" "$target"
            elif cmp -s "$out/$file" "$target"; then
                pass
            else
                fail "$name: $target is not what it makes (GENERATE=1 writes it)"
            fi
        done
    done
}

# What must be so whatever the expected files say. Needs python3.
check_truth() {
    local files=("$work/out")
    if ! command -v python3 >/dev/null; then
        echo "golden: skipped truth of $1: python3 is needed"
        skipped=$((skipped + 1))
        return 0
    fi
    [ -e "$work/flows.csv" ] && files+=("$work/flows.csv")
    python3 truth.py "$1/truth" "${files[@]}"
}

# Nothing that was written holds a control character but line ends.
harmless() {
    local file
    for file in "$work/out" "$work/flows.csv"; do
        [ -e "$file" ] || continue
        if tr -d '\r\n' <"$file" | grep -q '[[:cntrl:]]'; then
            echo "a control character in the output:"
            tr -d '\r' <"$file" | grep -n '[[:cntrl:]]' | head -n 5 | cat -v
            return 1
        fi
    done
}

check_case() {
    local case=$1 args line ok=1 status
    if [ ! -s "$case/why" ] || [ ! -s "$case/args" ]; then
        fail "$case: no 'why' or no 'args'"
        return
    fi
    read -r line <"$case/args"
    # shellcheck disable=SC2206 # words on purpose: arguments here have no blanks
    args=(${line//\{\}/$case})

    rm -f "$work/flows.csv"
    run "${args[@]}" --batch=json --export="csv:$work/flows.csv"
    if [ -n "$generate" ]; then
        rm -f "$case/status" "$case/expected.err"
        [ "$(cat "$work/status")" = 0 ] || cp "$work/status" "$case/status"
        [ ! -s "$work/err" ] || cp "$work/err" "$case/expected.err"
    fi
    status=0
    [ -e "$case/status" ] && status=$(cat "$case/status")
    if [ "$(cat "$work/status")" != "$status" ]; then
        echo "exit status $(cat "$work/status") instead of $status"
        ok=0
    fi
    if [ -e "$case/expected.err" ]; then
        same "$case/expected.err" "$work/err" || ok=0
    elif [ -s "$work/err" ]; then
        echo "on standard error:"
        head -n 20 "$work/err" | cat -v
        ok=0
    fi
    if [ -e "$case/expected.json" ]; then
        same "$case/expected.json" "$work/out" || ok=0
    fi
    if [ -e "$case/expected.csv" ]; then
        same "$case/expected.csv" "$work/flows.csv" || ok=0
    fi
    [ -e "$case/truth" ] && { check_truth "$case" || ok=0; }
    harmless || ok=0
    if [ -e "$case/expected.txt" ]; then
        run "${args[@]}" --batch=text
        same "$case/expected.txt" "$work/out" || ok=0
        harmless || ok=0
    fi
    if [ $ok = 1 ]; then
        pass
    else
        fail "$case: $(cat "$case/why")"
    fi
}

if [ $# -gt 0 ]; then
    for name in "$@"; do
        check_case "${name%/}"
    done
else
    check_generated
    for name in */args; do
        [ -e "$name" ] && check_case "${name%/args}"
    done
fi

[ $((passed + failed)) -gt 0 ] || echo "golden: no case ran"
echo "golden: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ]
