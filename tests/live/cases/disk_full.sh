#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The disk is full while flows are exported: it says so, the report is complete.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
mkdir "$work/small"
in_host "$T" mount -t tmpfs -o size=64k tmpfs "$work/small"
mirrortop_start live listen --listen --max-flows=1024 --export="csv:$work/small/flows.csv"
send all --count=20000 --rate=50000 10.9.3.2 syns
until_true 'the disk is not full' disk_is_full
is_running "$mirrortop" || fail 'it ended when the disk was full'
send more --count=20000 --rate=50000 --seed=2 10.9.3.2 syns
kill -TERM "$mirrortop"
ended "$mirrortop"
same 'exit status' 1 "$status"
says live 'No space left'
says live 'flows\.csv'
all_accounted live 40000
