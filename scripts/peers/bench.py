"""Runs Ferry and the peer in turns and prints the table of scripts/bench."""

import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

ferry, data, n_rows, peers, alone = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]), sys.argv[5] == "--alone"
ROUNDS = 3


def clear():
    shutil.rmtree(data / "run", ignore_errors=True)
    for name in ("ferry.db", "ferry.db-wal", "ferry.db-shm"):
        (data / name).unlink(missing_ok=True)


def run_ferry(*arguments):
    clear()
    start = time.perf_counter()
    process = subprocess.Popen([ferry, "run", "--quiet", "--run-dir", "run", *arguments], cwd=data, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0
    manifest = json.loads((data / "run/manifest.json").read_text())
    return seconds, usage.ru_maxrss / 1024, {name: it["sha256"] for name, it in manifest["artifacts"].items() if name.startswith("clean/")}


def floors():
    """The least that the parts need, each alone: records, phones, and writing the rows of the last run to SQLite again."""
    told = subprocess.run(
        [Path(ferry).parent / "examples/floors", "ferry.db", "sms.csv", ",", "PhoneNumber", "Country", "viber.csv", ";", "phone", "region"],
        cwd=data, capture_output=True, text=True, check=True).stdout.split()
    return [float(it) for it in told[:3]]


def copying():
    """How long SQLite takes to copy the tables without taking their rows apart: less than any program can that has them from elsewhere."""
    copy = data / "floor.db"
    copy.unlink(missing_ok=True)
    database = sqlite3.connect(copy, isolation_level=None)
    for statement in ("pragma page_size = 16384", "pragma journal_mode = wal", "pragma synchronous = normal",
                      "pragma cache_size = -65536", "pragma temp_store = memory", f"attach '{data / 'ferry.db'}' as held"):
        database.execute(statement)
    tables = [(name, text) for name, text in database.execute("select name, sql from held.sqlite_schema where name in ('contact', 'consent', 'identity')")]
    start = time.perf_counter()
    database.execute("begin")
    for name, text in tables:
        database.execute(text)
        database.execute(f"insert into main.{name} select * from held.{name}")
    database.execute("commit")
    database.execute("create unique index contact_e164 on contact (e164) where e164 is not null")
    seconds = time.perf_counter() - start
    database.close()
    for name in ("floor.db", "floor.db-wal", "floor.db-shm"):
        (data / name).unlink(missing_ok=True)
    return seconds


def check(export):
    told = subprocess.run([sys.executable, peers / "truth.py", data, export], capture_output=True, text=True)
    print("  " + told.stdout.strip())
    assert told.returncode == 0, told.stderr


model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
print(f"{n_rows:,} rows on {os.cpu_count()} cores, {model}")
ours, cleaning, theirs, least, copied = [], [], [], [], []
for _ in range(ROUNDS):
    # A dry run reads and cleans and writes all artifacts. A run loads meanwhile, so its stages cannot be told apart by time.
    cleaning.append(run_ferry("--dry-run")[0])
    ours.append(run_ferry())
    least.append(floors())
    copied.append(copying())
    if not alone:
        told = subprocess.run([sys.executable, peers / "peer.py", data, "peer.csv"], cwd=data, capture_output=True, text=True, check=True).stdout
        theirs.append([float(it) for it in told.split()])
        print(f"  round: Ferry {ours[-1][0]:.2f} s, peer {theirs[-1][0]:.2f} s", flush=True)
subprocess.run([ferry, "export", "contacts", "--exact", "--to", "contacts.csv"], cwd=data, check=True, stdout=subprocess.DEVNULL)
print("Ferry's contacts:"); check(data / "contacts.csv")
median = statistics.median
loading = [it[0] - clean for it, clean in zip(ours, cleaning)]
print(f"\n{'':22} {'seconds':>8} {'rows/s':>10} {'read+clean':>11} {'+ load':>7} {'peak MB':>8}")
print(f"{'Ferry':22} {median(it[0] for it in ours):8.2f} {n_rows / median(it[0] for it in ours):10,.0f} {median(cleaning):11.2f} {median(loading):7.2f} {max(it[1] for it in ours):8.0f}")
if not alone:
    print("the peer's contacts:"); check(data / "peer.csv")
    print(f"{'peer':22} {median(it[0] for it in theirs):8.2f} {n_rows / median(it[0] for it in theirs):10,.0f} {median(it[1] for it in theirs):11.2f} {median(it[2] for it in theirs):7.2f} {max(it[3] for it in theirs):8.0f}")
    ratio = lambda ferrys, peers_: median(peer / own for own, peer in zip(ferrys, peers_))
    print(f"{'peer / Ferry':22} {ratio([it[0] for it in ours], [it[0] for it in theirs]):8.1f} {'':10} {ratio(cleaning, [it[1] for it in theirs]):11.1f} {ratio(loading, [it[2] for it in theirs]):7.1f}")
records, phones, load = (median(it) for it in zip(*least))
to_least = median(own[0] / sum(parts) for own, parts in zip(ours, least))
to_copying = median(own[0] / (parts[0] + parts[1] + copy) for own, parts, copy in zip(ours, least, copied))
print(f"{'floors':22} {records + phones + load:8.2f} {'':10} {records + phones:11.2f} {load:7.2f}   (records {records:.2f} s, phones {phones:.2f} s on all cores, rows to SQLite {load:.2f} s)")
print(f"{'Ferry / floors':22} {to_least:8.2f}   ({to_copying:.2f} where SQLite copies its own tables instead, in {median(copied):.2f} s)")
little = run_ferry("--memory", "64MiB")
print(f"{'Ferry in 64 MiB':22} {little[0]:8.2f} {n_rows / little[0]:10,.0f} {'':11} {'':7} {little[1]:8.0f}")
assert little[2] == ours[0][2], "the artifacts depend on the memory"
print("  the same artifacts, byte for byte")
