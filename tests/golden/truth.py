#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares a report with facts that were known before it was made.

usage: truth.py TRUTH REPORT.json [FLOWS.csv]

A line of TRUTH is "PATH VALUE". The path goes through the JSON report by member names; a list
takes [member=value,...] for the one element that fits, .# for its length, or .+member for the sum
over its elements. The path "csv" is the list of rows of FLOWS.csv, with the packets and bytes of
both directions added. VALUE "-" is null or an empty field. Prints what does not hold.
"""

import csv
import json
import re
import sys

STEP = re.compile(r"([a-z0-9_]+)(?:\[([^]]*)\])?")


def text(value):
    return "-" if value in (None, "") else str(value)


def pick(rows, wanted):
    conditions = [condition.split("=", 1) for condition in wanted.split(",")]
    fits = [row for row in rows if all(text(row[name]) == value for name, value in conditions)]
    if len(fits) != 1:
        raise LookupError(f"{len(fits)} elements fit [{wanted}]")
    return fits[0]


def look_up(tree, path):
    path, length, _ = path.partition(".#")
    path, total, member = path.partition(".+")
    # a value in brackets may hold dots: addresses
    for name, wanted in STEP.findall(path):
        tree = tree[name]
        if wanted:
            tree = pick(tree, wanted)
    if length:
        return str(len(tree))
    return str(sum(int(row[member]) for row in tree)) if total else text(tree)


def main(truth_path, report_path, csv_path=None):
    with open(report_path, encoding="utf-8") as file:
        tree = json.load(file)
    if csv_path:
        with open(csv_path, encoding="utf-8", newline="") as file:
            tree["csv"] = list(csv.DictReader(file, strict=True))
        for row in tree["csv"]:
            for unit in ("packets", "bytes"):
                row[unit] = int(row["src_" + unit]) + int(row["dst_" + unit])
    wrong = 0
    with open(truth_path, encoding="utf-8") as file:
        for line in file:
            path, value = line.rstrip("\n").split(" ", 1)
            try:
                found = look_up(tree, path)
            except (LookupError, TypeError) as problem:
                found = f"{type(problem).__name__}: {problem}"
            if found != value:
                print(f"truth: {path} is {value}, the report says {found}")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
