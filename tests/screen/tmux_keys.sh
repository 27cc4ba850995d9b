#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Started, used and quit in a real terminal.
# shellcheck source=tests/screen/tmux_lib.sh
. "$(dirname "$0")/tmux_lib.sh"

start 80 24
type_line "\"\$MIRRORTOP\" --demo --speed=max --utc; echo status \$?"
wait_for 'end of capture'
wait_for '2 Talkers'
is alternate_on 1 || fail 'not on the alternate screen'
is cursor_flag 0 || fail 'the cursor is visible'
keys '?'
wait_for 'one row down'
keys Escape
wait_gone 'one row down'
keys 6 z
wait_for '6 Flows 1/'
wait_gone 'Talkers'
keys Down Down
wait_for '6 Flows 3/'
keys NPage
wait_for '6 Flows 19/'
keys Home
wait_for '6 Flows 1/'
keys Tab
wait_for '7 Mirror doctor'
keys Tab
wait_for '8 Rules'
keys Tab
wait_for '1 Sessions'
keys BTab
wait_for '8 Rules'
keys q
wait_for '^status 0$'
check_shell
