"""Reads what a run left behind: files as rows or documents, and the tables of its database."""

import csv
import hashlib
import json
import sqlite3
import subprocess

csv.field_size_limit(1 << 30)
# Inputs and keys, which both programs were given, and files for machines alone.
NOT_COMPARED = ("ferry.key", ".lock", ".toml", ".log", ".html", ".db", ".db-wal", ".db-shm")


class File:
    def __init__(self, path, folder):
        self.path, self.folder = path, folder
        self.digest = hashlib.sha256(path.read_bytes()).hexdigest()

    def content(self):
        text = lambda: self.path.read_text(encoding="utf-8").replace(str(self.folder), "FOLDER")
        match self.path.suffix:
            case ".parquet":
                return parquet(self.path)
            case ".csv":
                return list(csv.DictReader(text().splitlines(keepends=True)))
            case ".ndjson":
                return [json.loads(line) for line in text().splitlines()]
            case ".json":
                return json.loads(text() or "null")
            case _:
                return {"text": text()}


class Rows:
    digest = None

    def __init__(self, rows):
        self.rows = rows

    def content(self):
        return self.rows


def parquet(path):
    import polars

    frame = polars.read_parquet(path)
    # Instants are microseconds, whether a file says so or holds bare numbers.
    instants = [name for name, kind in frame.schema.items() if kind == polars.Datetime]
    frame = frame.with_columns(polars.col(name).dt.epoch("us") for name in instants)
    return [{name: plain(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def plain(value):
    return "\\x" + value.hex() if isinstance(value, bytes) else value


def artifacts(folder):
    """Every file below `folder` that a program wrote there, by its path."""
    compared = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(NOT_COMPARED))
    files = {str(path.relative_to(folder)): path for path in compared}
    return {name: File(path, folder) for name, path in files.items() if not name.startswith("input/")}


def database(side, rules):
    """Every table and view of the database of one side, and the queries of the rules."""
    if side.postgres:
        ask = lambda query: psql(side.postgres, query)
        names = ask("select table_name as name from information_schema.tables where table_schema = 'public'")
    elif (side.folder / "ferry.db").exists():
        connection = sqlite3.connect(side.folder / "ferry.db")
        ask = lambda query: sqlite(connection, query)
        names = ask("select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%'")
    else:
        return {}
    tables = {f"table {row['name']}": Rows(ask(f"select * from {row['name']}")) for row in names}
    for name, query in rules.queries(side.is_new):
        try:
            tables[f"query {name}"] = Rows(sorted(ask(query), key=lambda row: repr(sorted(row.items()))))
        except (sqlite3.Error, subprocess.CalledProcessError) as error:
            print(f"{'new' if side.is_new else 'old'} program: the query {name} fails: {error}")
    return tables


def sqlite(connection, query):
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [{name: plain(value) for name, value in zip(names, row)} for row in cursor]


def psql(command, query):
    as_json = f"select coalesce(json_agg(t), '[]') from ({query}) as t"
    answer = subprocess.run([*command, "-c", as_json], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)
