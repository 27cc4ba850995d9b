#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# True numbers on a mirror: TCP that was distorted in known ways (gen_distorted.c), for many seeds
# and for all ways in which hosts number their packets; every count must be exactly the truth.
#
# usage: tests/tcp/run.sh [CASE...]   CASE: the beginning of a case's name; without: all
#   MIRRORTOP  the program (default $BUILD/mirrortop)
#   BUILD      where the generator was built (default build)
#   SEEDS      how many seeds (default 20; 2 with SANITIZE)
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
BUILD=$(readlink -f "${BUILD:-build}")
program=$(readlink -f "${MIRRORTOP:-$BUILD/mirrortop}")
generator=$BUILD/tests/tcp/gen_distorted
export LC_ALL=C.UTF-8 TZ=UTC XDG_CONFIG_HOME=/nonexistent
unset COLUMNS

if [ ! -x "$program" ] || [ ! -x "$generator" ]; then
    echo "tcp: no program at $program, or no generator: build them first (make test-programs)"
    echo 'tcp: 0 passed, 1 failed, 0 skipped'
    exit 1
fi
if ! command -v python3 >/dev/null; then
    echo 'tcp: skipped all cases: python3 is needed'
    echo 'tcp: 0 passed, 0 failed, 1 skipped'
    exit 0
fi
exec python3 tests/tcp/cases.py "$program" "$generator" \
    "${SEEDS:-$([ -n "${SANITIZE:-}" ] && echo 2 || echo 20)}" "$@"
