"""Runs Ferry and plain PostgreSQL in turns and prints the table of scripts/bench-postgres."""

import json
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ferry, data, psql, cluster = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]
ROUNDS = 3
TABLES = ("contact", "consent", "identity")
URL = f"postgres://ferry@localhost/DATABASE?host={cluster.replace('/', '%2F')}"


def sql(database, *statements):
    """Runs statements, and tells how long that took."""
    commands = [argument for it in statements for argument in ("-c", it)]
    command = [psql, "-q", "-h", cluster, "-U", "ferry", "-d", database, "-v", "ON_ERROR_STOP=1", *commands]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def plan(database, name):
    text = (data / "plan.toml").read_text().replace("sqlite:ferry.db", URL.replace("DATABASE", database))
    text = text.replace('"bench"', f'"{name}"')
    (data / "postgres.toml").write_text(text)
    shutil.rmtree(data / "pg-run", ignore_errors=True)


def run_ferry(*arguments):
    start = time.perf_counter()
    command = [ferry, *arguments, "postgres.toml", "--quiet", "--run-dir", "pg-run"]
    subprocess.run(command, cwd=data, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def load_alone(database, name):
    """The stages one after the other, and how long the last of them took."""
    plan(database, name)
    for stage in ("extract", "clean", "load"):
        run_ferry(stage)
    return json.loads((data / "pg-run/manifest.json").read_text())["stages"]["load"]["seconds"]


def load_alongside(database):
    """By how much a run that loads while it cleans is longer than one that only cleans."""
    plan(database, "alongside")
    cleaned = run_ferry("run", "--dry-run")
    shutil.rmtree(data / "pg-run")
    return run_ferry("run") - cleaned


PRIMARY_KEY = """select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
    where indrelid = '{}'::regclass and indisprimary order by array_position(indkey::int2[], attnum)"""


def ask(database, query):
    command = [psql, "-qtA", "-h", cluster, "-U", "ferry", "-d", database, "-c", query]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def copy_tables(database):
    """Seconds of a sorted binary COPY of the loaded rows into the same tables; secondary indexes are made after it."""
    seconds = 0
    for table in TABLES:
        key = ", ".join(ask(database, PRIMARY_KEY.format(table)))
        file = Path(cluster) / f"{table}.bin"
        sql(database, f"\\copy (select * from {table} order by {key}) to '{file}' (format binary)")
        # The primary key is there from the start, as Ferry's is.
        sql(
            database,
            f"create table raw_{table} (like {table} including defaults including constraints, primary key ({key}))",
        )
        indexes = ask(
            database, f"select indexdef from pg_indexes where tablename = '{table}' and indexname not like '%_pkey'"
        )
        indexes = [re.sub(rf"INDEX (\w+) ON public\.{table} ", rf"INDEX raw_\1 ON raw_{table} ", it) for it in indexes]
        seconds += sql(database, f"\\copy raw_{table} from '{file}' (format binary)", *indexes)
    return seconds


def rewrite_contacts(database):
    """Seconds of a merge that writes every contact again."""
    columns = ask(database, "select column_name from information_schema.columns where table_name = 'contact'")
    sets = ", ".join(f"{it} = excluded.{it}" for it in columns if it != "contact_id")
    return sql(
        database,
        "create unlogged table staging (like contact)",
        f"\\copy staging from '{Path(cluster) / 'contact.bin'}' (format binary)",
        f"insert into raw_contact select * from staging order by contact_id on conflict (contact_id) do update set {sets}",
    )


loads, alongside, copies, again, rewrites = [], [], [], [], []
for round_number in range(ROUNDS):
    database = f"bench{round_number}"
    sql("postgres", f"create database {database}_alongside")
    alongside.append(load_alongside(f"{database}_alongside"))
    sql("postgres", f"drop database {database}_alongside", f"create database {database}")
    loads.append(load_alone(database, "first"))
    copies.append(copy_tables(database))
    again.append(load_alone(database, "second"))
    rewrites.append(rewrite_contacts(database))
    sql("postgres", f"drop database {database}")
    print(
        f"  round: alongside cleaning {alongside[-1]:.2f} s, alone {loads[-1]:.2f} s, COPY {copies[-1]:.2f} s; "
        f"again {again[-1]:.2f} s, rewriting {rewrites[-1]:.2f} s",
        flush=True,
    )

ratio = lambda ours, theirs: statistics.median(a / b for a, b in zip(ours, theirs))
median = statistics.median
print(
    f"first load, alongside cleaning: {median(alongside):.2f} s = {ratio(alongside, copies):.2f} x COPY ({median(copies):.2f} s)"
)
print(f"first load, alone:              {median(loads):.2f} s = {ratio(loads, copies):.2f} x COPY")
print(
    f"unchanged, alone:               {median(again):.2f} s = {ratio(again, rewrites):.2f} x rewriting ({median(rewrites):.2f} s)"
)
for name in ("postgres.toml", "pg-run"):
    path = data / name
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
