#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs mirrortop over captures and checks what must hold for every one of them.

usage: corpus_check.py [--tshark] PROGRAM DIFFERENCES DIRECTORY|CAPTURE...

For each capture, without and with --direct:
  * exit status 0, or 4 with exactly one line on standard error; no sanitizer report
  * JSON and CSV can be read; the same capture gives the same bytes twice
  * packets = ok + truncated + malformed + unsupported = mirrored + not_mirrored
  * the flows' packets and bytes = the sessions' without duplicates = (without --direct) the mirrored
    frames without duplicates; bytes where there are none
With --tshark: every TCP flow, by the addresses and ports of the innermost TCP header, has as many
packets as tshark finds; known differences stand in the file DIFFERENCES with their reasons.
Only Python's standard library is used.
"""

import collections
import concurrent.futures
import csv
import functools
import json
import pathlib
import subprocess
import sys
import tempfile

TIMEOUT_S = 120
EXIT_OK, EXIT_INPUT = 0, 4
ENDINGS = {".pcap", ".pcapng", ".cap"}
SANITIZER = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")
OUTCOMES = ("ok", "truncated", "malformed", "unsupported")

# One line a frame: every occurrence of each field, in the order of the layers.
FIELDS = (
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ip.id",
    "ip.frag_offset",
    "ip.proto",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.fraghdr.ident",
    "ipv6.fraghdr.offset",
    "ipv6.fraghdr.nxt",
    "tcp.srcport",
    "tcp.dstport",
)


class Failure(Exception):
    """Something that must hold does not."""


def require(condition, text):
    if not condition:
        raise Failure(text)


def run(command, timeout):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
    )


def run_program(program, capture, options, csv_path):
    """Report bytes, CSV bytes, exit status; no report when the input could not be read."""
    command = [program, "-r", str(capture), "--batch=json", "--top=100000"]
    command += [f"--export=csv:{csv_path}", *options]
    csv_path.unlink(missing_ok=True)
    try:
        done = run(command, TIMEOUT_S)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"not done after {TIMEOUT_S} s") from late
    said = done.stderr.decode("utf-8", "replace")
    require(not any(word in said for word in SANITIZER), "sanitizer report:\n" + said)
    require(done.returncode in (EXIT_OK, EXIT_INPUT), f"exit status {done.returncode}: {said}")
    if done.returncode == EXIT_INPUT:
        one_line = said.count("\n") == 1 and said.endswith("\n")
        require(one_line, f"not one line on standard error: {said!r}")
    return done.stdout, csv_path.read_bytes() if csv_path.exists() else b"", done.returncode


def read_rows(data):
    """CSV rows as dictionaries; every row has every column."""
    text = data.decode("utf-8")
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    require(rows, "CSV without a header")
    for row in rows:
        require(len(row) == len(rows[0]), f"CSV row of {len(row)} columns: {row}")
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def check_sums(report, rows, direct):
    counted, decoded = report["input"], report["decode"]
    packets, total = counted["packets"], report["flows"]["total"]
    outcomes = sum(decoded[name] for name in OUTCOMES)
    require(packets == outcomes, f"{packets} packets, {outcomes} outcomes")
    both = counted["mirrored"] + counted["not_mirrored"]
    require(packets == both, f"{packets} packets, mirrored and not mirrored {both}")

    duplicates = decoded["duplicates"] or 0
    booked = sum(session["duplicates"] for session in report["sessions"])
    require(booked == duplicates, f"{duplicates} duplicates, sessions have {booked}")
    taken = (packets if direct else counted["mirrored"]) - duplicates
    for unit in ("packets", "bytes"):
        flows = sum(int(row["src_" + unit]) + int(row["dst_" + unit]) for row in rows)
        sessions = sum(session[unit] for session in report["sessions"])
        sessions -= duplicates if unit == "packets" else 0
        same = flows == sessions or (unit == "bytes" and duplicates)
        require(same, f"{unit}: flows have {flows}, sessions {sessions}")
        require(unit != "packets" or flows == taken, f"flows have {flows} packets of {taken}")
    require(len(rows) == total, f"{len(rows)} rows, {total} flows")


def check_capture(program, capture, directory):
    """The rows with --direct, or None when the capture cannot be read."""
    for options in ([], ["--direct"]):
        output, table, status = run_program(program, capture, options, directory / "one.csv")
        again = run_program(program, capture, options, directory / "two.csv")
        require((output, table, status) == again, "the second run gave other bytes")
        if not output:
            require(status == EXIT_INPUT, "no report")
            return None
        rows = read_rows(table)
        check_sums(json.loads(output), rows, bool(options))
    return rows


def flow_key(source, source_port, target, target_port):
    return tuple(sorted([(source, int(source_port)), (target, int(target_port))]))


def our_flows(rows):
    flows = collections.Counter()
    for row in rows:
        if row["protocol"] == "tcp" and row["src_port"]:
            key = flow_key(row["src_addr"], row["src_port"], row["dst_addr"], row["dst_port"])
            flows[key] += int(row["src_packets"]) + int(row["dst_packets"])
    return flows


class Layers:
    """Hands out the occurrences of a frame's fields, layer by layer."""

    def __init__(self, line):
        values = (value.split(",") if value else [] for value in line.split("\t"))
        self.fields = dict(zip(FIELDS, values))

    def next(self, name):
        values = self.fields.get(name)
        return values.pop(0) if values else None

    def take(self, *names):
        return tuple(self.next(name) for name in names)


def innermost_tcp(line, fragments):
    """The key of a frame's innermost TCP header, or None. What an ICMP error quotes is not one.
    Later IPv4 and IPv6 fragments get the ports of their first one, as far as that was seen."""
    protocols = line.split("\t", 1)[0].split(":")
    layers = Layers(line)
    addresses, fragment, key = (None, None), None, None
    for name in protocols:
        if name in ("icmp", "icmpv6"):
            break
        if name == "ipv6":
            addresses, fragment, key = layers.take("ipv6.src", "ipv6.dst"), None, None
        elif name in ("ip", "ipv6.fraghdr"):
            if name == "ip":
                addresses = layers.take("ip.src", "ip.dst")
                identity, offset, protocol = layers.take("ip.id", "ip.frag_offset", "ip.proto")
            else:
                fields = ("ipv6.fraghdr.ident", "ipv6.fraghdr.offset", "ipv6.fraghdr.nxt")
                identity, offset, protocol = layers.take(*fields)
            fragment = (addresses, identity, protocol)
            key = fragments.get(fragment) if offset != "0" and protocol == "6" else None
        elif name == "tcp":
            ports = layers.take("tcp.srcport", "tcp.dstport")
            if None not in addresses + ports:
                key = flow_key(addresses[0], ports[0], addresses[1], ports[1])
                if fragment:
                    fragments[fragment] = key
        elif name in ("udp", "sctp"):
            key = None
    return key


def tshark_flows(capture):
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields"]
    command += ["-E", "occurrence=a", "-E", "separator=/t"]
    for preference in ("ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams"):
        command += ["-o", preference + ":FALSE"]
    for field in FIELDS:
        command += ["-e", field]
    done = run(command, 10 * TIMEOUT_S)
    flows, fragments = collections.Counter(), {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        key = innermost_tcp(line, fragments)
        if key:
            flows[key] += 1
    return flows


def difference(ours, theirs):
    """One line on the flows that differ, or "" when there are none."""
    keys = [key for key in ours.keys() | theirs.keys() if ours[key] != theirs[key]]
    if not keys:
        return ""
    counts = (sum(flows[key] for key in keys) for flows in (ours, theirs))
    return "{} flows: {} packets, tshark {}".format(len(keys), *counts)


def read_differences(path):
    """Capture name -> what differs. Three columns: capture, difference, reason."""
    known = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, what, reason = line.split("\t")
            require(reason.strip(), f"{path}: no reason for {name}")
            known[name] = what
    return known


def find_captures(arguments):
    for argument in map(pathlib.Path, arguments):
        if argument.is_dir():
            paths = (path for path in argument.rglob("*") if path.suffix in ENDINGS)
            yield from sorted(path for path in paths if path.is_file())
        else:
            yield argument


def check_tshark(capture, rows, known):
    what = difference(our_flows(rows), tshark_flows(capture))
    expected = known.get(capture.name, "")
    text = "TCP flows differ from tshark's: {}; known: {}"
    require(what == expected, text.format(what or "nothing", expected or "nothing"))


def check(program, known, capture):
    """One of passed, failed, skipped, and what there is to say. `known`: None without tshark."""
    try:
        with tempfile.TemporaryDirectory() as directory:
            rows = check_capture(program, capture, pathlib.Path(directory))
        if rows is not None and known is not None:
            check_tshark(capture, rows, known)
        return "passed", ""
    except (Failure, KeyError, ValueError, csv.Error) as problem:
        return "failed", f"corpus: FAILED {capture}: {type(problem).__name__}: {problem}"
    except OSError as problem:
        return "skipped", f"corpus: skipped {capture}: {problem}"


def main(arguments):
    with_tshark = "--tshark" in arguments
    arguments = [argument for argument in arguments if argument != "--tshark"]
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    program, known = arguments[0], read_differences(arguments[1])
    check_one = functools.partial(check, program, known if with_tshark else None)
    counts = collections.Counter()
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for result, text in pool.map(check_one, find_captures(arguments[2:])):
            counts[result] += 1
            if text:
                print(text)
    if not counts["passed"] + counts["failed"]:
        print("corpus: no capture found")
    print("corpus: {passed} passed, {failed} failed, {skipped} skipped".format_map(counts))
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
