#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Ended from outside, by a polite signal and by a crash: the shell finds its terminal in order.

# A sanitizer would end the program its own way.
export ASAN_OPTIONS=handle_segv=0:handle_abort=0
# shellcheck source=tests/screen/tmux_lib.sh
. "$(dirname "$0")/tmux_lib.sh"

start 80 24
for signal in TERM SEGV ABRT; do
    type_line "clear; \"\$MIRRORTOP\" --demo --utc; echo status \$?"
    wait_for '2 Talkers'
    until_true 'no process' has_program
    is alternate_on 1 || fail 'not on the alternate screen'
    kill -$signal "$(program_pid)"
    case $signal in
    TERM) wait_for '^status 0$' ;;
    SEGV) wait_for '^status 139$' ;;
    ABRT) wait_for '^status 134$' ;;
    esac
    check_shell
done
