#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs mirrortop over folders of captures: what must hold for every capture (corpus_check.py).
#
# usage: tests/corpus.sh [--tshark] [DIRECTORY|CAPTURE...]     (default: the project's own captures)
#   MIRRORTOP  the program (default $BUILD/mirrortop)
#   BUILD      default build
#   --tshark   also compare the packets of every TCP flow with tshark's, where tshark is installed;
#              known differences and their reasons: tests/corpus-differences.txt
set -u

here=$(dirname "$0")
program=${MIRRORTOP:-${BUILD:-build}/mirrortop}
options=()
captures=()

for argument in "$@"; do
    case $argument in
    --tshark)
        if command -v tshark >/dev/null; then
            options=(--tshark)
        else
            echo "corpus: tshark is not installed, its counts are not compared"
        fi
        ;;
    -*)
        echo "corpus: unknown option $argument" >&2
        exit 2
        ;;
    *) captures+=("$argument") ;;
    esac
done
[ ${#captures[@]} -gt 0 ] || captures=("$here/golden" "$here/sample")

if [ ! -x "$program" ]; then
    echo "corpus: no program at $program: build it first (make)" >&2
    exit 1
fi
if ! command -v python3 >/dev/null; then
    echo "corpus: python3 is needed" >&2
    exit 1
fi
exec python3 "$here/corpus_check.py" "${options[@]}" "$program" "$here/corpus-differences.txt" \
    "${captures[@]}"
