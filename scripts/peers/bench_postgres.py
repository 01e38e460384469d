"""Runs Ferry and plain PostgreSQL in turns and prints the table of scripts/bench-postgres."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ferry, data, psql, cluster = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]
ROUNDS = 3
URL = f"postgres://ferry@localhost/DATABASE?host={cluster.replace('/', '%2F')}"


def sql(database, *statements):
    """Runs statements, and tells how long that took."""
    commands = [argument for it in statements for argument in ("-c", it)]
    start = time.perf_counter()
    subprocess.run([psql, "-q", "-h", cluster, "-U", "ferry", "-d", database, "-v", "ON_ERROR_STOP=1", *commands], check=True)
    return time.perf_counter() - start


def plan(database, name):
    text = (data / "plan.toml").read_text().replace("sqlite:ferry.db", URL.replace("DATABASE", database)).replace('"bench"', f'"{name}"')
    (data / "postgres.toml").write_text(text)
    shutil.rmtree(data / "pg-run", ignore_errors=True)


def run_ferry(*arguments):
    start = time.perf_counter()
    subprocess.run([ferry, *arguments, "postgres.toml", "--quiet", "--run-dir", "pg-run"], cwd=data, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def load_alone(database, name):
    """The stages one after the other, and how long the last of them took."""
    plan(database, name)
    for stage in ("extract", "clean", "load"):
        run_ferry(stage)
    return json.loads((data / "pg-run/manifest.json").read_text())["stages"]["load"]["seconds"]


def load_besides(database):
    """By how much a run that loads while it cleans is longer than one that only cleans."""
    plan(database, "besides")
    cleaned = run_ferry("run", "--dry-run")
    shutil.rmtree(data / "pg-run")
    return run_ferry("run") - cleaned


copy = Path(cluster) / "contact.bin"
loads, besides, copies, again, rewrites = [], [], [], [], []
for round_number in range(ROUNDS):
    database = f"bench{round_number}"
    sql("postgres", f"create database {database}_besides")
    besides.append(load_besides(f"{database}_besides"))
    sql("postgres", f"drop database {database}_besides", f"create database {database}")
    loads.append(load_alone(database, "first"))
    sql(database, f"\\copy (select * from contact order by contact_id) to '{copy}' (format binary)")
    sql(database, "create table raw (like contact including all)", "drop index if exists raw_e164_idx")
    copies.append(
        sql(database, f"\\copy raw from '{copy}' (format binary)")
        + sql(database, "create unique index raw_by_number on raw (e164) where e164 is not null")
    )
    columns = subprocess.run(
        [psql, "-qtA", "-h", cluster, "-U", "ferry", "-d", database, "-c", "select column_name from information_schema.columns where table_name = 'contact'"],
        capture_output=True, text=True, check=True).stdout.split()
    again.append(load_alone(database, "second"))
    sets = ", ".join(f"{it} = excluded.{it}" for it in columns if it != "contact_id")
    rewrites.append(sql(
        database,
        "create unlogged table staging (like contact)",
        f"\\copy staging from '{copy}' (format binary)",
        f"insert into raw select * from staging order by contact_id on conflict (contact_id) do update set {sets}",
    ))
    sql("postgres", f"drop database {database}")
    print(f"  round: besides cleaning {besides[-1]:.2f} s, alone {loads[-1]:.2f} s, COPY {copies[-1]:.2f} s; again {again[-1]:.2f} s, rewriting {rewrites[-1]:.2f} s", flush=True)
ratio = lambda ours, theirs: statistics.median(a / b for a, b in zip(ours, theirs))
print(f"first load, besides cleaning: {statistics.median(besides):.2f} s = {ratio(besides, copies):.2f} x sorted binary COPY and index ({statistics.median(copies):.2f} s)")
print(f"first load, alone:            {statistics.median(loads):.2f} s = {ratio(loads, copies):.2f} x")
print(f"unchanged, alone:             {statistics.median(again):.2f} s = {ratio(again, rewrites):.2f} x a merge that rewrites ({statistics.median(rewrites):.2f} s)")
for name in ("postgres.toml", "pg-run"):
    path = data / name
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
