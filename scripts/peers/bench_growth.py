"""Runs Ferry on files of several sizes and prints the table of scripts/bench-growth."""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ferry, bench, memory, sizes = sys.argv[1], Path(sys.argv[2]), sys.argv[3], [int(it) for it in sys.argv[4:]]


def run(data):
    shutil.rmtree(data / "run", ignore_errors=True)
    for name in ("ferry.db", "ferry.db-wal", "ferry.db-shm"):
        (data / name).unlink(missing_ok=True)
    start = time.perf_counter()
    subprocess.run(
        [ferry, "run", "--quiet", "--run-dir", "run", "--memory", memory],
        cwd=data,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    seconds = time.perf_counter() - start
    stages = json.loads((data / "run/manifest.json").read_text())["stages"]
    return (
        seconds,
        [stages[it]["seconds"] for it in ("extract", "clean", "load")],
        [stages[it]["peak_bytes"] / 1e6 for it in ("clean", "load")],
    )


model = next(
    (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine()
)
print(f"budget {memory}, {os.cpu_count()} cores, {model}")
print(
    f"{'rows':>12} {'seconds':>8} {'s per million':>14} {'extract':>8} {'clean':>7} {'load':>7} {'MB clean':>9} {'MB load':>8}"
)
for rows in sizes:
    # Small runs are over before the machine has settled.
    rounds = [run(bench / f"{rows}-full") for _ in range(5 if rows <= 1_000_000 else 1)]
    seconds = statistics.median(it[0] for it in rounds)
    stages = [statistics.median(it[1][n] for it in rounds) for n in range(3)]
    peaks = [max(it[2][n] for it in rounds) for n in range(2)]
    print(
        f"{rows:12,} {seconds:8.2f} {seconds / rows * 1e6:14.2f} {stages[0]:8.2f} {stages[1]:7.2f} {stages[2]:7.2f} {peaks[0]:9.0f} {peaks[1]:8.0f}",
        flush=True,
    )
