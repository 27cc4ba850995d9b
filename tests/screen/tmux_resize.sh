#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The window changes its size while the program runs: larger, smaller, too small, and back.
# shellcheck source=tests/screen/tmux_lib.sh
. "$(dirname "$0")/tmux_lib.sh"

start 80 24
type_line "\"\$MIRRORTOP\" --demo --speed=max --utc; echo status \$?"
wait_for 'end of capture'
wait_for '2 Talkers'
before=$(screen)

in_tmux resize-window -x 200 -y 60
wait_for '4 Retransmits'
[ "$(screen | wc -l)" = 60 ] || fail 'not 60 lines'
screen | tail -n 1 | grep -q quit || fail 'no footer in the last line'

in_tmux resize-window -x 40 -y 10
wait_for 'TX|BYTES'
wait_gone '4 Retransmits'
in_tmux resize-window -x 30 -y 8
wait_for '40x10 needed'
for size in 120x40 41x11 300x100 79x23; do
    in_tmux resize-window -x ${size%x*} -y ${size#*x}
done
in_tmux resize-window -x 80 -y 24
wait_for '2 Talkers'
as_before() {
    [ "$(screen)" = "$before" ]
}
until_true 'not the screen from before' as_before
keys q
wait_for '^status 0$'
check_shell
