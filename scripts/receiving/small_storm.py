#!/usr/bin/env python3
"""The proof of README.md in small, for a test suite: a storm of few events with kills on SQLite, its comparison, its replay.

    small_storm.py BIN [--events 600] [--kills 3] [--seed 2]

It needs Python and the program, and takes less than a minute with a debug build. Ends with 0 if all is right. Else it prints
what differs, and ends with 1. Either way it leaves nothing behind.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONNECTIONS = 4  # few, so that the traffic lasts until the last kill


def run(script, *words):
    """Runs a script of this folder. Returns what it printed, or prints that and ends."""
    command = [sys.executable, str(HERE / script), *map(str, words)]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        print(f"{script} ended with {done.returncode}:\n{done.stdout}")
        raise SystemExit(1)
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ferry", type=Path, help="program to test")
    parser.add_argument("--events", type=int, default=600)
    parser.add_argument("--kills", type=int, default=3, help="kills that count")
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        storm = Path(folder) / "storm"
        report = json.loads(run("storm.py", "--ferry", arguments.ferry, "--out", storm, "--events", arguments.events, "--seed",
                                arguments.seed, "--kills", arguments.kills, "--connections", CONNECTIONS))
        if report["kills"] < arguments.kills or report["ended_by_itself"] or report["sigterm"]["exit"] or report["last_exit"]:
            print(json.dumps(report, indent=1))
            raise SystemExit(1)
        table = run("compare.py", storm)
        run("replay.py", storm, "--ferry", arguments.ferry)
    print(table, end="")
    print(f"{report['requests']} requests, {report['kills']} kills with {report['lost_by_kills']} requests in flight: all is right")


if __name__ == "__main__":
    main()
