#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What mirrortop and tshark count of TCP in captures of real traffic (--direct), side by side; every
# difference in retransmits is given its cause (tcp/tshark.py lists them).
#
# usage: tests/tcp_tshark.sh DIRECTORY|CAPTURE...
#   MIRRORTOP  the program (default $BUILD/mirrortop)
#   BUILD      default build
set -u

here=$(dirname "$0")
program=${MIRRORTOP:-${BUILD:-build}/mirrortop}
captures=()
[ $# -gt 0 ] || {
    echo "usage: $0 DIRECTORY|CAPTURE..." >&2
    exit 2
}
for argument in "$@"; do
    if [ -d "$argument" ]; then
        captures+=("$argument"/*cap*)
    else
        captures+=("$argument")
    fi
done
for tool in tshark python3; do
    command -v $tool >/dev/null || {
        echo "tcp_tshark: skipped: $tool is not installed"
        echo "tcp_tshark: 0 passed, 0 failed, ${#captures[@]} skipped"
        exit 0
    }
done
exec python3 "$here/tcp/tshark.py" "$program" "${captures[@]}"
