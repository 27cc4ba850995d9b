#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The same with jumbo frames.
# shellcheck source=tests/live/mirror.sh
. "$(dirname "$0")/../mirror.sh"

mirror_start 9000 listen --listen
mirror_talk
mirror_check
at_least "bytes a packet" 3000 $(($(report live sessions.bytes) / $(report live sessions.packets)))
