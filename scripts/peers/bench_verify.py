"""Verifies the contacts of scripts/bench with Ferry and with two other clients in turns: see scripts/bench-verify."""

import csv
import http.client
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ferry, data = sys.argv[1], Path(sys.argv[2])
ROUNDS, BATCH, THREADS = 5, 1000, 4
home = data / "verify"


def cpu_of(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def remove_database():
    for name in ("ferry.db", "ferry.db-wal", "ferry.db-shm"):
        (home / name).unlink(missing_ok=True)


def measured(*command):
    """What a command prints, its CPU seconds and how long it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    printed = subprocess.run(command, cwd=home, check=True, stdout=subprocess.PIPE).stdout
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return printed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, seconds


def run_ferry():
    remove_database()
    shutil.rmtree(home / "run/verify", ignore_errors=True)
    _, cpu, seconds = measured(ferry, "verify", "--quiet", "--run-dir", "run")
    stage = json.loads((home / "run/manifest.json").read_text())["stages"]["verify"]["seconds"]
    return stage, cpu, seconds


def run_wire(url):
    printed, cpu, seconds = measured(Path(ferry).parent / "examples/plain", url, "numbers.txt")
    return float(printed), cpu, seconds


def run_python(numbers, port):
    path = home / "plain.db"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.execute("create table answer (number text primary key, status text) without rowid")
    start, cpu = time.perf_counter(), time.process_time()
    connections = {}

    def ask(batch):
        import threading

        connection = connections.setdefault(threading.get_ident(), http.client.HTTPConnection("127.0.0.1", port))
        connection.request(
            "POST",
            "/v1/contacts",
            json.dumps({"blocking": "wait", "contacts": batch}),
            {"Content-Type": "application/json"},
        )
        return [(it["input"], it["status"]) for it in json.loads(connection.getresponse().read())["contacts"]]

    with ThreadPoolExecutor(THREADS) as threads:
        for answers in threads.map(ask, [numbers[it : it + BATCH] for it in range(0, len(numbers), BATCH)]):
            with database:
                database.executemany("insert into answer values (?, ?)", answers)
    seconds = time.perf_counter() - start
    return seconds, time.process_time() - cpu, seconds


shutil.rmtree(home, ignore_errors=True)
home.mkdir()
for name in ("sms.csv", "viber.csv"):
    (home / name).symlink_to(data / name)
server = subprocess.Popen([Path(ferry).parent / "examples/instant"], stdout=subprocess.PIPE, text=True)
try:
    url = server.stdout.readline().split()[-1]
    port = int(url.rsplit(":", 1)[1])
    plan = (data / "plan.toml").read_text()
    (home / "plan.toml").write_text(plan)
    subprocess.run([ferry, "run", "--quiet", "--run-dir", "run"], cwd=home, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        [ferry, "export", "contacts", "--exact", "--to", "contacts.csv"],
        cwd=home,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with open(home / "contacts.csv", newline="") as file:
        numbers = [row["e164"] for row in csv.DictReader(file) if row["e164"]]
    (home / "numbers.txt").write_text("".join(f"{it}\n" for it in numbers))
    (home / "plan.toml").write_text(plan + f'\n[verify]\nadapter = "contacts"\nurl = "{url}"\n')
    print(f"{len(numbers):,} contacts on {os.cpu_count()} cores, shared with the server")
    print(f"{'':8}{'seconds':>9}{'contacts/s':>13}{'CPU us/contact':>16}{'server CPU s':>14}{'whole command':>15}")
    runs = {"Ferry": run_ferry, "wire": lambda: run_wire(url), "Python": lambda: run_python(numbers, port)}
    taken = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            before = cpu_of(server)
            seconds, cpu, whole = run()
            taken[name].append((seconds, cpu, cpu_of(server) - before, whole))
    middle = {name: [statistics.median(column) for column in zip(*rounds)] for name, rounds in taken.items()}
    for name, (seconds, cpu, server_cpu, whole) in middle.items():
        print(
            f"{name:8}{seconds:9.2f}{len(numbers) / seconds:13,.0f}{cpu / len(numbers) * 1e6:16.2f}{server_cpu:14.2f}{whole:15.2f}"
        )
    print(f"Python / Ferry{middle['Python'][0] / middle['Ferry'][0]:8.2f}")
    print(
        f"wire / Ferry{middle['wire'][0] / middle['Ferry'][0]:10.2f}   (the wire alone: a Rust client that keeps nothing, eight calls at once)"
    )
finally:
    server.terminate()
    server.wait()
shutil.rmtree(home)
