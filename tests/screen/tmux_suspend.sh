#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Ctrl-Z gives the shell its terminal back; fg goes on, also at another size.
# shellcheck source=tests/screen/tmux_lib.sh
. "$(dirname "$0")/tmux_lib.sh"

start 80 24
type_line "\"\$MIRRORTOP\" --demo --speed=max --utc; echo status \$?"
wait_for 'end of capture'
wait_for '2 Talkers'
before=$(screen)
keys C-z
wait_for 'Stopped'
check_shell
type_line fg
wait_for '2 Talkers'
is alternate_on 1 || fail 'not on the alternate screen'
as_before() {
    [ "$(screen)" = "$before" ]
}
until_true 'not the screen from before' as_before
keys C-z
wait_for 'Stopped'
in_tmux resize-window -x 100 -y 30
type_line 'clear; fg'
wait_for '2 Talkers'
until_true 'no footer in the last line' shows 'quit'
[ "$(screen | wc -l)" = 30 ] || fail 'not 30 lines'
keys q
wait_gone 'Talkers'
check_shell
