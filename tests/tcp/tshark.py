#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What mirrortop and tshark count of TCP in captures, side by side, every difference by its cause.

usage: tshark.py PROGRAM CAPTURE...

A line for each capture: segments, and of both programs retransmits, out of order, keep-alives,
duplicate acknowledgments, zero windows; then the differences in retransmits. To name their causes
each segment is judged a third time, here, by nothing but the bytes that its direction has carried:

  again, called out of order    bytes carried before; tshark, which goes by time, says reordered
  again, not flagged            bytes carried before, of which tshark says nothing
  again, called keep-alive      bytes carried before, not only the newest one
  first time, called resent     new bytes left of the newest: reordered here, resent for tshark,
                                which goes by time
  acknowledged before           new bytes, whose acknowledgment came first: the capture is out of
                                order, or lacks what was sent before
  probe, called resent          a keep-alive or a probe of a closed window is no retransmit here
  other connection              ports used again, after a reset or with numbers that jump: tshark
                                compares with the connection before
  after a pause                 a connection that was silent for long is a new row here
  lost before the mirror        mirrortop infers it from acknowledgments and IP identifications
  damaged numbers               sequence numbers that no window allows: neither makes sense of them

Ends with status 1 when a direction has a difference that these do not explain.
"""

import collections
import concurrent.futures
import csv
import functools
import os
import subprocess
import sys
import tempfile

FLAGS = ("retransmission", "out_of_order", "keep_alive", "duplicate_ack", "zero_window",
         "lost_segment", "ack_lost_segment")
FIELDS = ("ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "tcp.dstport", "tcp.seq_raw",
          "tcp.len", "tcp.flags", "frame.time_epoch") + tuple("tcp.analysis." + flag for flag in FLAGS)
FIN, SYN, RST = 1, 2, 4
FAR = 1 << 30
DAMAGED = 1 << 26  # further ahead than any window of a real connection
PAUSE_S = 30  # after which an attempt to connect is given up, and a connection that was closed
COLUMNS = ("retransmits", "out_of_order", "keep_alives", "duplicate_acks", "zero_windows")


class Direction:
    """What one direction of a connection has carried: ranges of a sequence space that goes on."""

    def __init__(self):
        self.ranges = []
        self.high = None
        self.time = 0.0
        self.reset = False
        self.damaged = False

    def place(self, seq):
        """The sequence number without wrap-around, near the newest byte."""
        if self.high is None:
            return seq
        return self.high + ((seq - self.high + (1 << 31)) % (1 << 32)) - (1 << 31)

    def judge(self, seq, length, flags, time):
        """again, probe, first (new bytes left of the newest), new, other (another connection),
        pause (one that carries the same bytes), none"""
        low = self.place(seq)
        high = low + length
        if length == 0:
            # says by its number how far its sender has got
            if self.high is not None and 0 < low - self.high < FAR:
                self.high = low
            return "none"
        pause, self.time = time - self.time > PAUSE_S, time
        again = any(min(high, b) > max(low, a) for a, b in self.ranges)
        if self.high is None:
            return self.start(low, high, "new")
        self.damaged |= not flags & SYN and not -FAR < low - self.high < DAMAGED
        anew = self.reset and low not in (a for a, _ in self.ranges)
        if abs(low - self.high) >= FAR or flags & SYN and (anew or not again):
            return self.start(low, high, "other")
        if again and pause and flags & SYN:
            return self.start(low, high, "pause")
        if length == 1 and not flags & (SYN | FIN) and high == self.high:
            return "probe"
        verdict = "again" if again else "first" if low < self.high else "new"
        self.add(low, high)
        return verdict

    def start(self, low, high, verdict):
        self.ranges, self.high, self.reset = [(low, high)], high, False
        return verdict

    def add(self, low, high):
        kept = []
        for a, b in self.ranges:
            if b < low or a > high:
                kept.append((a, b))
            else:
                low, high = min(a, low), max(b, high)
        self.ranges = kept + [(low, high)]
        self.high = max(self.high, high)


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode not in (0, 2):  # 2: tshark read a capture that is cut
        sys.exit(f"{' '.join(command)}: status {done.returncode}: {done.stderr}")
    return done.stdout


def segments(capture):
    """Each segment as tshark sees it; of nested headers the innermost."""
    command = ["tshark", "-r", capture, "-Y", "tcp", "-T", "fields", "-E", "occurrence=l"]
    for field in FIELDS:
        command += ["-e", field]
    for line in run(*command).splitlines():
        yield dict(zip(FIELDS, line.split("\t")))


def ours(program, capture):
    """The columns, by direction."""
    counts = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as work:
        rows = os.path.join(work, "flows.csv")
        run(program, "-r", capture, "--direct", "--batch=json", "--export=csv:" + rows)
        with open(rows, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, strict=True):
                if row["protocol"] != "tcp":
                    continue
                ends = [(row[s + "_addr"], row[s + "_port"]) for s in ("src", "dst")]
                for side, key in (("src", tuple(ends)), ("dst", tuple(ends[::-1]))):
                    for name in COLUMNS:
                        counts[key][name] += int(row[f"{side}_{name}"] or 0)
    return counts


def cause_of(verdict, segment):
    """Why the two differ about a segment, and by how much ours is higher; or nothing."""
    resent = segment["tcp.analysis.retransmission"] != ""
    if verdict == "again" and not resent:
        for flag, words in (("out_of_order", "out of order"), ("keep_alive", "keep-alive")):
            if segment["tcp.analysis." + flag]:
                return "again, called " + words, 1
        return "again, not flagged", 1
    if verdict != "again" and resent:
        return {"first": "first time, called resent", "probe": "probe, called resent",
                "new": "acknowledged before", "pause": "after a pause"}.get(
                    verdict, "other connection"), -1
    return None, 0


class Comparison:
    """One capture."""

    def __init__(self, program, capture):
        self.mine = ours(program, capture)
        self.theirs = collections.defaultdict(collections.Counter)
        self.verdicts = collections.defaultdict(collections.Counter)
        self.causes = collections.defaultdict(collections.Counter)
        self.directions = directions = collections.defaultdict(Direction)
        for segment in segments(capture):
            source = segment["ip.src"] or segment["ipv6.src"], segment["tcp.srcport"]
            target = segment["ip.dst"] or segment["ipv6.dst"], segment["tcp.dstport"]
            key = source, target
            self.theirs[key]["segments"] += 1
            for flag in FLAGS:
                self.theirs[key][flag] += segment["tcp.analysis." + flag] != ""
            flags = int(segment["tcp.flags"] or "0", 16)
            if flags & RST:
                directions[key].reset = True
            length = int(segment["tcp.len"] or 0) + bool(flags & SYN) + bool(flags & FIN)
            verdict = "none"
            if not flags & RST and segment["tcp.seq_raw"]:
                verdict = directions[key].judge(int(segment["tcp.seq_raw"]), length, flags,
                                                float(segment["frame.time_epoch"]))
            self.verdicts[key][verdict] += 1
            cause, sign = cause_of(verdict, segment)
            if cause:
                self.causes[key][cause] += sign

    def unexplained(self):
        """Directions whose retransmits are not what the bytes say."""
        for key in sorted(set(self.mine) | set(self.theirs)):
            inferred = self.mine[key]["retransmits"] - self.verdicts[key]["again"]
            if self.directions[key].damaged:
                self.causes[key]["damaged numbers"] += inferred
                continue
            if inferred:
                self.causes[key]["lost before the mirror"] += inferred
            # what is inferred was carried for the first time, left of the newest
            if not 0 <= inferred <= self.verdicts[key]["first"]:
                (source, sport), (target, dport) = key
                yield f"{source}:{sport} > {target}:{dport}: {inferred:+d}"

    def differences(self):
        """The causes of all directions; where both programs infer the same, there is none."""
        total = collections.Counter()
        for causes in self.causes.values():
            same = min(causes["lost before the mirror"], -causes["first time, called resent"])
            if same > 0:
                causes["lost before the mirror"] -= same
                causes["first time, called resent"] += same
            for cause, number in causes.items():
                total[cause] += number
        return ", ".join(f"{number:+d} {cause}" for cause, number in sorted(total.items()) if number)


def total(counts, name):
    return sum(count[name] for count in counts.values())


def main(program, *captures):
    print(f"{'capture, mirrortop/tshark':48} {'segments':>8}  retransmits   out of order  keep-alives   "
          "duplicate ACK zero window   differences in retransmits")
    failed = 0
    with concurrent.futures.ProcessPoolExecutor() as pool:
        comparisons = list(pool.map(functools.partial(Comparison, program), captures))
    for capture, compared in zip(captures, comparisons):
        pairs = zip(COLUMNS, ("retransmission", "out_of_order", "keep_alive", "duplicate_ack",
                              "zero_window"))
        numbers = " ".join(f"{total(compared.mine, a):6}/{total(compared.theirs, b):<6}"
                           for a, b in pairs)
        unexplained = list(compared.unexplained())
        print(f"{os.path.basename(capture)[-48:]:48} {total(compared.theirs, 'segments'):8} "
              f"{numbers} {compared.differences()}")
        for line in unexplained:
            print(f"    not explained: {line}")
        failed += bool(unexplained)
    print(f"tcp_tshark: {len(captures) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not captures else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
