"""Runs a program under a pseudo-terminal: `terminal.py PROGRAM ARG...`, with lines `PROMPT<tab>REPLY` on stdin.

Waits for each prompt, then types the reply; ^C is that key, and ^T stands for SIGTERM. Prints the terminal's output and
exits with the program's status, or with 1 when the program leaves the terminal in another mode.
TERMINAL_COLUMNS is the width of the terminal, TERMINAL_SECONDS how long the program may take.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

pairs = [line.rstrip("\n").split("\t") for line in sys.stdin if line.strip()]
columns = int(os.environ.pop("TERMINAL_COLUMNS", "80"))
deadline = time.time() + float(os.environ.pop("TERMINAL_SECONDS", "60"))
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
MODE = termios.ECHO | termios.ICANON | termios.ISIG
mode = termios.tcgetattr(terminal)[3] & MODE
shown = b""
seen = 0
while time.time() < deadline:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    if pairs and pairs[0][0].encode() in shown[seen:]:
        seen = len(shown)
        answer = pairs.pop(0)[1].replace("^C", "\x03")
        time.sleep(0.1)
        if answer == "^T":
            os.kill(pid, signal.SIGTERM)
            continue
        os.write(terminal, answer.encode() + (b"" if "\x03" in answer else b"\r"))
else:
    os.kill(pid, 9)
sys.stdout.buffer.write(shown)
if termios.tcgetattr(terminal)[3] & MODE != mode:
    sys.exit("The program left the terminal in another mode.")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status if status >= 0 else 128 - status)
