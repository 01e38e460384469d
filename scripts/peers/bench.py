"""Runs Ferry and the peer in turns, on both shapes, and prints the table of scripts/bench."""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

PEERS = Path(__file__).parent
# The bar for the time of the full shape, in times that of the plain one, and the goal for Ferry in times the peer's.
FULL_TO_PLAIN, PEER_TO_FERRY = 1.3, 8


class Shape:
    """The files of one shape, and what was measured on them: a tuple per round."""

    def __init__(self, name, folder, ferry):
        self.name, self.folder, self.ferry = name, folder, ferry
        self.cleaning, self.ours, self.theirs, self.floors = [], [], [], []
        self.artifacts = None

    def run_ferry(self, *arguments):
        """Seconds and peak megabytes of a whole run into a new database."""
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        for name in ("ferry.db", "ferry.db-wal", "ferry.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
        start = time.perf_counter()
        command = [self.ferry, "run", "--quiet", "--run-dir", "run", *arguments]
        process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        assert status == 0, f"ferry ended with {status}"
        return seconds, usage.ru_maxrss / 1024

    def digests(self):
        manifest = json.loads((self.folder / "run/manifest.json").read_text())
        return {name: it["sha256"] for name, it in manifest["artifacts"].items() if name.startswith("clean/")}

    def run_peer(self):
        """Seconds of all, of reading and cleaning, and of loading; peak megabytes."""
        command = [sys.executable, PEERS / "peer.py", ".", "peer.csv"]
        printed = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout
        return [float(it) for it in printed.split()]

    def run_floors(self):
        """Seconds of the parts alone: records, phones, writing the last rows to SQLite. None if they are not built."""
        program = Path(self.ferry).parent / "examples/floors"
        files = ["sms.csv", ",", "PhoneNumber", "Country", "viber.csv", ";", "phone", "region"]
        if not program.exists():
            return None
        ended = subprocess.run([program, "ferry.db", *files], cwd=self.folder, capture_output=True, text=True)
        return [float(it) for it in ended.stdout.split()[:3]] if ended.returncode == 0 else None

    def round(self, has_peer):
        # A dry run reads, cleans and writes all artifacts. In a run, loading overlaps with that.
        self.cleaning.append(self.run_ferry("--dry-run"))
        self.ours.append(self.run_ferry())
        self.artifacts = self.digests()
        line = f"Ferry {self.ours[-1][0]:.2f} s, read and clean {self.cleaning[-1][0]:.2f} s"
        if floors := self.run_floors():
            self.floors.append(floors)
        if has_peer:
            self.theirs.append(self.run_peer())
            line += f", peer {self.theirs[-1][0]:.2f} s"
        print(f"  {self.name}: {line} (load of the machine {os.getloadavg()[0]:.1f})", flush=True)

    def check(self):
        """Compares all contacts and identities with the truth, and artifacts made in little memory with the others."""
        export = [self.ferry, "export", "contacts", "--exact", "--to", "contacts.csv"]
        subprocess.run(export, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        outputs = [("Ferry", ["contacts.csv", "ferry.db"])]
        if self.theirs:
            outputs.append(("peer", ["peer.csv", "peer.db", "--peer"]))
        for name, arguments in outputs:
            command = [sys.executable, PEERS / "truth.py", ".", *arguments]
            ended = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
            print(f"  {self.name}, {name}: {'; '.join(ended.stdout.split(chr(10)))}")
            assert ended.returncode == 0, ended.stderr
        seconds, megabytes = self.run_ferry("--memory", "64MiB")
        assert self.digests() == self.artifacts, "the artifacts depend on the memory"
        print(f"  {self.name}, Ferry with --memory 64MiB: {seconds:.2f} s, {megabytes:.0f} MB, the same artifacts")

    def print_table(self, n_rows):
        """Times are the least of all rounds: the machine is shared, and what others do only adds to them."""
        seconds, cleaning = min(self.ours)[0], min(self.cleaning)[0]

        def line(who, seconds, cleaning, loading, peak):
            rate = f"{n_rows / seconds:10,.0f}"
            print(f"{self.name:6} {who:14} {seconds:8.2f} {rate} {cleaning:11.2f} {loading:7.2f} {peak:8.0f}")

        line("Ferry", seconds, cleaning, seconds - cleaning, max(it[1] for it in self.ours))
        if self.theirs:
            all_, cleans, loads, peak = min(self.theirs)
            line("peer", all_, cleans, loads, peak)
            ratios = all_ / seconds, cleans / cleaning, loads / (seconds - cleaning)
            print(f"{'':6} {'peer / Ferry':14} {ratios[0]:8.1f} {'':10} {ratios[1]:11.1f} {ratios[2]:7.1f}")
        if self.floors:
            records, phones, load = (min(column) for column in zip(*self.floors))
            least = records + phones + load
            parts = f"records {records:.2f}, phones {phones:.2f} on all cores, rows to SQLite {load:.2f}"
            print(f"{'':6} {'Ferry / floors':14} {seconds / least:8.2f}   ({least:.2f} s: {parts})")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("bench", type=Path)
    arguments.add_argument("rows", type=int)
    arguments.add_argument("--ferry", required=True, type=lambda it: str(Path(it).resolve()))
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--alone", action="store_true")
    arguments.add_argument("--no-checks", action="store_true")
    arguments = arguments.parse_args()

    models = (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    today = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    print(f"{arguments.rows:,} rows on {os.cpu_count()} cores, {next(models, platform.machine())}; {today}")
    names = ("full", "plain")
    shapes = [Shape(name, arguments.bench / f"{arguments.rows}-{name}", arguments.ferry) for name in names]
    for _ in range(arguments.rounds):
        for shape in shapes:
            shape.round(has_peer=not arguments.alone)
    print(f"\n{'shape':6} {'':14} {'seconds':>8} {'rows/s':>10} {'read+clean':>11} {'+ load':>7} {'peak MB':>8}")
    for shape in shapes:
        shape.print_table(arguments.rows)
    full, plain = (min(shape.ours)[0] for shape in shapes)
    print(f"full / plain {full / plain:15.2f}   (at most {FULL_TO_PLAIN} is wanted)")
    if shapes[0].theirs:
        ratio = min(shapes[0].theirs)[0] / full
        print(f"peer / Ferry, full {ratio:9.1f}   (at least {PEER_TO_FERRY} is wanted)")
    if not arguments.no_checks:
        for shape in shapes:
            shape.check()


if __name__ == "__main__":
    main()
