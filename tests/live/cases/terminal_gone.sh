#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The terminal of the screen goes away (SIGHUP): the program ends, and gives the port back.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
screen_start listen --listen
end_now "$terminal"
until_true 'it does not end when its terminal is gone' has_ended "$mirrortop"
! receives_port || fail 'the port is still taken'
