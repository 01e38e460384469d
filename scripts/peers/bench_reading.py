"""Runs `ferry extract` and the peer on each shape and prints a table; see scripts/bench-reading."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ferry, data, n_rows, peer = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
SHAPES = [
    "contacts.csv",
    "contacts.csv.gz",
    "contacts.csv.zst",
    "contacts.zip",
    "bulk.ndjson",
    "pages.json",
    "contacts.xlsx",
    "contacts.ods",
]


def extract(path):
    """Seconds and peak memory in MB of `ferry extract`."""
    folder = data / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    inspected = json.loads(
        subprocess.run(
            [ferry, "inspect", path, "--region", "FR", "--format", "json"], capture_output=True, check=True, cwd=folder
        ).stdout
    )
    (folder / "plan.toml").write_text(f'[run]\nname = "bench"\n[crm]\nurl = "sqlite:x.db"\n{inspected[0]["source"]}')
    start = time.perf_counter()
    process = subprocess.Popen([ferry, "extract", "-q", "--run-dir", "run"], cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0, path
    rows = json.loads((folder / "run/manifest.json").read_text())["sources"][0]["rows"]
    return seconds, usage.ru_maxrss / 1024, rows


def grow(source, target, n):
    """The same rows many times over. Nothing is held: what Python holds would count as the child's."""
    with open(target, "wb") as file:
        for copy in range(n):
            with open(source, "rb") as part:
                if copy and source.suffix == ".csv":
                    part.readline()
                shutil.copyfileobj(part, file)


print(f"{'shape':18} {'MB':>7} {'ferry s':>8} {'MB/s':>7} {'rows/s':>10} {'peak MB':>8} {'Python s':>9} {'ratio':>6}")
for shape in SHAPES:
    path = data / shape
    size = path.stat().st_size / 1e6
    seconds, peak, rows = min(extract(path) for _ in range(3))
    assert rows == n_rows, (shape, rows)
    python = min(
        float(subprocess.run([sys.executable, peer, path], capture_output=True, check=True).stdout)
        for _ in range(1 if shape.endswith((".xlsx", ".ods")) else 3)
    )
    print(
        f"{shape:18} {size:7.1f} {seconds:8.2f} {size / seconds:7.0f} {rows / seconds:10,.0f} {peak:8.0f} {python:9.2f} {python / seconds:6.1f}",
        flush=True,
    )

print("\nmemory as the file grows")
for shape, times in [("contacts.csv", (5, 100)), ("bulk.ndjson", (1, 18)), ("contacts.csv.gz", (5, 100))]:
    for n in times:
        grown = data / f"grown-{shape}"
        grow(data / shape, grown, n)
        seconds, peak, rows = extract(grown)
        print(
            f"{shape:18} {grown.stat().st_size / 1e6:7.0f} MB {seconds:8.1f} s {rows / seconds:10,.0f} rows/s {peak:6.0f} MB at most",
            flush=True,
        )
        grown.unlink()
shutil.rmtree(data / "work", ignore_errors=True)
