#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A live capture crashes in a thread that has nothing to do with the screen: the shell finds its
# terminal in order all the same, and learns the reason.

# A sanitizer would end the program its own way.
export ASAN_OPTIONS=handle_segv=0:handle_abort=0
# shellcheck source=tests/screen/tmux_lib.sh
. "$(dirname "$0")/tmux_lib.sh"
command -v python3 >/dev/null || {
    echo 'tmux_thread: there is no python3'
    exit 77
}

# signal_thread NUMBER: to the thread called $thread and no other, as a fault of its own would be.
signal_thread() {
    python3 - "$(program_pid)" "$thread" "$1" <<'PYTHON'
import ctypes
import pathlib
import platform
import sys

program, name, signal = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
tgkill = {"x86_64": 234, "aarch64": 131}.get(platform.machine())
if tgkill is None:
    sys.exit(77)
for task in pathlib.Path(f"/proc/{program}/task").iterdir():
    if (task / "comm").read_text().strip() == name:
        sys.exit(ctypes.CDLL(None).syscall(tgkill, program, int(task.name), signal) != 0)
sys.exit(1)
PYTHON
}

free_port() {
    python3 -c '
import socket
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
    s.bind(("::", 0))
    print(s.getsockname()[1])'
}

start 80 24
for thread in mt-capture mt-analysis; do
    type_line "clear; \"\$MIRRORTOP\" --listen=$(free_port) --utc; echo status \$?"
    wait_for 'Talkers'
    until_true 'no process' has_program
    is alternate_on 1 || fail 'not on the alternate screen'
    until_true "no thread $thread" signal_thread 0
    signal_thread 11
    wait_for '^status 139$'
    check_shell
done
