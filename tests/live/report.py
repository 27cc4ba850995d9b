# SPDX-License-Identifier: MIT
"""
report.py FILE EXPRESSION: a number out of a report in JSON, the last one of several.

Names: the members of "input" and "flows"; protocols.NAME (packets); sessions.MEMBER (their sum);
reasons.NAME, anomalies.NAME; tcp.NAME; decode.NAME. What a report does not have, or does not know, is 0.
"""
import json
import re
import sys


def last_object(text):
    """The file holds one object, or one a line."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text.strip().splitlines()[-1])


def lookup(report, name):
    room, _, member = name.rpartition(".")
    if room == "protocols":
        value = sum(p["packets"] for p in report["protocols"] if p["name"] == member)
    elif room == "sessions":
        value = sum(s[member] for s in report["sessions"])
    elif room in ("reasons", "anomalies"):
        value = report["decode"][room].get(member)
    elif room in ("flows", "tcp", "decode"):
        value = report[room].get(member)
    else:
        value = report["input"].get(member)
    return value or 0


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        report = last_object(file.read())
    total, sign = 0, 1
    for word in re.findall(r"[a-z_0-9.]+|[+-]", sys.argv[2]):
        if word in "+-":
            sign = 1 if word == "+" else -1
        else:
            total += sign * (int(word) if word.isdigit() else lookup(report, word))
    print(int(total))


main()
