#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what mirrortop counts in captures of distorted TCP with the truth about them.

usage: cases.py PROGRAM GENERATOR SEEDS [CASE...]     makes the captures, with seeds 1 to SEEDS
       cases.py PROGRAM DIRECTORY [CASE...]           NAME.pcap and truth.json are there

CASE is the beginning of a case's name; without there are all. Every number must be exactly the
truth. Prints what differs, a line each, and how many cases passed and failed.
"""

import concurrent.futures
import csv
import json
import os
import subprocess
import sys
import tempfile

SEGMENT_BYTES = 1400
SIZE = ["--connections=12", "--segments=60"]
# How hosts number their packets: as most do, with every seed ...
OFTEN = [["--ip-id=counted"], ["--ip-id=counted", "--timestamps"], ["--ip-id=answered"],
         ["--ip-id=zero"], ["--ip-id=zero", "--timestamps"]]
# ... and as some do, with some.
RARELY = [["--ip-id=shared"], ["--ip-id=shared", "--timestamps"],
          ["--ip-id=random"], ["--ip-id=random", "--timestamps"],
          ["--ipv6"], ["--ipv6", "--timestamps"]]


class Failed(Exception):
    """A program could not do its work."""


def output_of(*command):
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as problem:
        raise Failed(str(problem)) from problem
    if run.returncode != 0:
        raise Failed(f"{' '.join(command)}: status {run.returncode}: {run.stderr}")
    return run.stdout


class Case:
    """One capture: the truth about it, the report, the rows of its flows, what is wrong."""

    def __init__(self, program, directory, name, truth, options):
        self.name = name
        self.truth = truth
        self.options = options
        self.wrong = []
        with tempfile.TemporaryDirectory() as work:
            rows = os.path.join(work, "flows.csv")
            self.report = json.loads(output_of(
                program, "-r", os.path.join(directory, name + ".pcap"), "--batch=json",
                "--export=csv:" + rows))
            with open(rows, encoding="utf-8", newline="") as file:
                self.rows = list(csv.DictReader(file, strict=True))
            self.packets = [json.loads(line) for line in output_of(
                program, "-r", os.path.join(directory, name + ".pcap"), "--batch=json",
                "--explain=all").splitlines()]

    def expect(self, what, expected, found):
        if found != expected:
            self.wrong.append(f"{what} is {json.dumps(expected)}, mirrortop says {json.dumps(found)}")

    def expect_tcp(self, member, expected):
        self.expect("tcp." + member, expected, self.report["tcp"].get(member, "nothing"))

    def is_case(self, number):
        return self.name.startswith(f"{number}-")

    def check_sums(self):
        """What arrived is counted or booked as a duplicate, in every place that sums it up."""
        truth, report = self.truth, self.report
        sessions = report["sessions"]
        duplicates = sum(session.get("duplicates") or 0 for session in sessions)
        self.expect("input.packets", truth["packets"], report["input"]["packets"])
        self.expect("number of sessions", truth["sessions"], len(sessions))
        if len({session["mirror_source"] for session in sessions}) > 1:
            self.expect("decode.duplicates", truth["duplicates"], report["decode"]["duplicates"])
            self.expect("sum of sessions' duplicates", truth["duplicates"], duplicates)
        else:
            self.expect("decode.duplicates", 0, report["decode"]["duplicates"] or 0)
        self.expect("decode.truncated", truth["truncated"], report["decode"]["truncated"])
        counted = truth["packets"] - truth["duplicates"]
        self.expect("sum of sessions' packets", truth["packets"],
                    sum(session["packets"] for session in sessions))
        self.expect_tcp("segments", counted)
        self.expect("flows.total", truth["flows"], report["flows"]["total"])
        self.expect("rows of flows", truth["flows"], len(self.rows))
        self.expect("sum of flows' packets", counted,
                    sum(int(row["src_packets"]) + int(row["dst_packets"]) for row in self.rows))

    def check_verdicts(self):
        truth, tcp = self.truth, self.report["tcp"]
        self.expect_tcp("retransmits", truth["retransmits"])
        # all that was sent again came to the mirror
        self.expect("tcp.inferred", 0, tcp["inferred"] or 0)
        self.expect_tcp("retransmit_bytes", truth["retransmits"] * SEGMENT_BYTES)
        if self.is_case(7) or self.is_case(8):
            self.expect_tcp("spurious", truth["retransmits"])
        self.check_rows("retransmits", truth["retransmits"])
        if self.is_case(3):
            # nobody saw the acknowledgments
            for member in ("mirror_loss_bytes", "lost_before_mirror", "spurious", "duplicate_acks"):
                self.expect_tcp(member, None)
            return
        self.expect_tcp("lost_before_mirror", truth["retransmits"] if self.is_case(9) else 0)
        self.expect_tcp("mirror_loss_bytes", truth["mirror_loss_bytes"])
        self.check_rows("mirror_loss_bytes", truth["mirror_loss_bytes"])
        if self.options["ip_id"] or self.options["timestamps"]:
            self.expect_tcp("late", truth["late"])
            self.expect_tcp("uncertain", 0)
        else:
            # which of them were sent again late, and which were delivered late, no header tells
            self.expect("tcp.late + tcp.uncertain", truth["late"],
                        (tcp["late"] or 0) + (tcp["uncertain"] or 0))
        # nothing but copies was overtaken
        self.expect("tcp.out_of_order - tcp.late - tcp.uncertain", 0, tcp["out_of_order"] -
                    (tcp["late"] or 0) - (tcp["uncertain"] or 0))

    def check_explained(self):
        """The packets behind counts add up to them, in all and for every side of every flow."""
        sums, sides = {}, {}
        for packet in self.packets:
            side = (packet["vni"], packet["flow"], packet["counted_for"])
            for counter, n in packet["counts"].items():
                sums[counter] = sums.get(counter, 0) + n
                sides[side, counter] = sides.get((side, counter), 0) + n
        for counter, value in self.report["tcp"].items():
            if isinstance(value, int) and counter != "segments" and not counter.endswith("directions"):
                self.expect(f"sum of explained {counter}", value, sums.get(counter, 0))
        for row in self.rows:
            ends = [f"[{row[end + '_addr']}]" if ":" in row[end + "_addr"] else row[end + "_addr"]
                    for end in ("src", "dst")]
            flow = f"{ends[0]}:{row['src_port']}-{ends[1]}:{row['dst_port']}"
            for side in ("src", "dst"):
                for counter in ("retransmits", "out_of_order", "mirror_loss_bytes", "late", "fast"):
                    value = row[f"{side}_{counter}"]
                    if value:
                        key = (int(row["vni"]), flow, side)
                        self.expect(f"{flow}: explained {side}_{counter}", int(value),
                                    sides.get((key, counter), 0))

    def check_rows(self, column, expected):
        self.expect(f"sum of flows' {column}", expected,
                    sum(int(row[side + column] or 0) for row in self.rows for side in ("src_", "dst_")))


def check_directory(program, directory, names):
    """The cases in it: (name, what is wrong) each."""
    with open(os.path.join(directory, "truth.json"), encoding="utf-8") as file:
        truths = json.load(file)
    options = truths.pop("options")
    results = []
    for name, truth in truths.items():
        if names and not name.startswith(names):
            continue
        try:
            case = Case(program, directory, name, truth, options)
            case.check_sums()
            case.check_verdicts()
            case.check_explained()
            results.append((name, case.wrong))
        except Failed as problem:
            results.append((name, [str(problem)]))
    return results


def check_generated(program, generator, options, names):
    with tempfile.TemporaryDirectory() as directory:
        try:
            output_of(generator, directory, *options)
        except Failed as problem:
            return [("gen_distorted", [str(problem)])]
        return check_directory(program, directory, names)


def plan(seeds):
    for seed in range(1, seeds + 1):
        for options in OFTEN + (RARELY if seed % 10 == 2 else []):
            yield [f"--seed={seed}"] + SIZE + options


def main(program, source, *names):
    if os.path.isdir(source):
        runs = [(source, check_directory(program, source, names))]
    else:
        # the work is done by other processes
        pool = concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count())
        plans = list(plan(int(names[0])))
        runs = zip((" ".join(options) for options in plans), pool.map(
            lambda options: check_generated(program, source, options, names[1:]), plans))
    passed = failed = 0
    for title, results in runs:
        for name, wrong in results:
            for line in wrong:
                print(f"{name}: {line}  [{title}]")
            passed += not wrong
            failed += bool(wrong)
    print(f"tcp: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
