#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# As nobody, without any capability, the socket receives.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
as_nobody
mirrortop_start live listen --listen
same 'capabilities' 0 "$(capabilities "$mirrortop")"
send all --count=10000 --rate=50000 10.9.3.2 syns
mirrortop_stop live
same 'packets' 10000 "$(report live mirrored)"
same 'bytes' "$(sent all inner_bytes)" "$(report live sessions.bytes)"
