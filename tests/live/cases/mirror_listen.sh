#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Web pages and names over IPv4 and IPv6: the report equals the counters of the interface.
# shellcheck source=tests/live/mirror.sh
. "$(dirname "$0")/../mirror.sh"

mirror_start 1500 listen --listen
mirror_talk
mirror_check
