#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# iperf3 in both families and both directions, TCP and UDP: the report equals the counters.
# shellcheck source=tests/live/mirror.sh
. "$(dirname "$0")/../mirror.sh"

command -v iperf3 >/dev/null || skip 'there is no iperf3'
mirror_start 1500 listen --listen
in_background "$B" iperf3 iperf3 --server
until_true 'iperf3 does not start' in_host "$B" sh -c "grep -q ':1451 ' /proc/net/tcp6"
for options in '10.9.1.2 --bitrate 40M' 'fd00:9:1::2 --bitrate 40M --reverse --parallel 3' \
    '10.9.1.2 --udp --bitrate 20M --length 1400'; do
    # shellcheck disable=SC2086 # words on purpose
    in_host "$A" timeout 20 iperf3 --time 1 --client $options >"$work/client.err" ||
        fail "iperf3 $options"
done
mirror_check
