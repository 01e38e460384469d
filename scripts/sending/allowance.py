#!/usr/bin/env python3
"""Measures how much of each limit a campaign uses that this limit binds, and that it never goes over.

    allowance.py --ferry BIN [PROFILE ...]

Profiles: `second` sends 80 a second by the real clock; `fast` sends 1,000 a second; `hour` rehearses 1,000 an hour; `people`
rehearses a portfolio that begins with 2,000 people in 24 hours and grows to 10,000 while the campaign runs: both count. Without a
name, all but `fast`. Prints the share of the allowance, and ends with 0 if each is at least 95 % and the oracle (check.py) agrees.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LEAST = 95.0  # percent
# name: program with its arguments, and the lines of the oracle whose shares count; each must be there
PROFILES = {
    "second": (["storm.py", "--people", "3000", "--kills", "0", "--share", "0", "--per-second", "80"], ["messages a second"]),
    "fast": (["storm.py", "--people", "12000", "--kills", "0", "--share", "0", "--per-second", "1000"], ["messages a second"]),
    "hour": (["rehearse.py", "--people", "4000", "--per-hour", "1000", "--no-reminder"], ["messages an hour"]),
    "people": (["rehearse.py", "--people", "20000", "--no-reminder"], ["people in 24 hours, .*, TIER_2K", "people in 24 hours, .*, TIER_10K"]),
}
CPU = re.compile(r'"cpu_ms_of_a_message": (?P<ms>[0-9.]+)')
USED = re.compile(r"^used: (?P<name>.*): (?P<share>[0-9.]+)%$", re.MULTILINE)


def measure(ferry, name):
    """Runs a profile. Returns its share in percent, whether the oracle agrees, and the CPU of the sender where it is measured."""
    (program, *words), lines = PROFILES[name]
    with tempfile.TemporaryDirectory(prefix="ferry-allowance.") as folder:
        command = [sys.executable, program, "--ferry", ferry, "--out", f"{folder}/out", *words]
        done = subprocess.run(command, cwd=Path(__file__).parent, text=True, capture_output=True, check=False)
    used = [(it["name"], float(it["share"])) for it in USED.finditer(done.stdout)]
    shares = [[share for name, share in used if re.fullmatch(line, name)] for line in lines]
    if not all(shares):
        raise SystemExit(f"{name}: not every share was measured:\n{done.stdout}{done.stderr}")
    cpu = CPU.search(done.stdout)
    return min(map(min, shares)), "the oracle agrees" in done.stdout, f", {cpu['ms']} ms of CPU for each message" if cpu else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ferry", type=Path, required=True)
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", default=[it for it in PROFILES if it != "fast"])
    arguments = parser.parse_args()
    all_right = True
    for name in arguments.profiles:
        share, agrees, cpu = measure(str(arguments.ferry.resolve()), name)
        all_right &= agrees and share >= LEAST
        print(f"{name:8} {share:5.1f} % of the allowance, {'never over it' if agrees else 'the oracle does NOT agree'}{cpu}", flush=True)
    sys.exit(not all_right)


if __name__ == "__main__":
    main()
