# SPDX-License-Identifier: MIT
"""
terminal.py OUTPUT KEYS COMMAND...: runs a command on a terminal of its own (100 x 30), and prints
its process id.

What it writes goes to OUTPUT; lines that arrive in the named pipe KEYS are typed. Stop this
process, and nobody reads the terminal; end it, and the terminal is gone.
"""
import fcntl
import os
import pty
import selectors
import struct
import sys
import termios


def main():
    output, keys, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    print(pid, flush=True)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 30, 100, 0, 0))
    typed = os.open(keys, os.O_RDWR)
    waiting = selectors.DefaultSelector()
    waiting.register(terminal, selectors.EVENT_READ)
    waiting.register(typed, selectors.EVENT_READ)
    with open(output, "wb", buffering=0) as file:
        while True:
            for key, _ in waiting.select():
                if key.fd == typed:
                    os.write(terminal, os.read(typed, 100).strip())
                    continue
                try:
                    file.write(os.read(terminal, 65536))
                except OSError:  # the command has ended
                    os.waitpid(pid, 0)
                    return


main()
