"""Databases as an administrator sees them, and commands of Ferry at work, for scripts/rounds."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from urllib.parse import urlsplit

LONGEST_SECONDS = 150  # a command that takes longer hangs: the longest wait for a lease is 60 seconds


class Failed(Exception):
    """A command that ended as it must not, or did not end."""


class Sqlite:
    name = "SQLite"

    def __init__(self, root, name):
        self.path, self.url = root / f"{name}.db", f"sqlite:../{name}.db"

    def connect(self):
        # A database that is not there yet is left for Ferry to make.
        connection = sqlite3.connect(f"file:{self.path}?mode=rw", uri=True, timeout=30)
        # The views ask for the clock with "subsec", which SQLite knows from 3.42 on.
        connection.create_function("unixepoch", 1, lambda _: time.time())
        connection.row_factory = sqlite3.Row
        return connection

    def rows(self, query):
        connection = self.connect()
        try:
            return [dict(row) for row in connection.execute(query)]
        finally:
            connection.close()

    def execute(self, statement):
        connection = self.connect()
        try:
            with connection:
                connection.execute(statement)
        finally:
            connection.close()

    def is_being_written(self):
        connection = self.connect()
        try:
            connection.execute("pragma busy_timeout = 50")
            connection.execute("begin immediate")
            connection.rollback()
            return False
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()

    def dump(self):
        """All rows of all tables, in one order."""
        tables = [row["name"] for row in self.rows("select name from sqlite_master where type = 'table' order by name")]
        return {table: sorted(repr(tuple(row.values())) for row in self.rows(f"select * from {table}"))
                for table in tables}

    def drop(self):
        self.path.unlink(missing_ok=True)


class Postgres:
    name = "PostgreSQL"

    def __init__(self, server_url, name):
        self.server_url, self.database = server_url, name
        self.url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
        psql(server_url, f"create database {name}")

    def rows(self, query):
        return json.loads(self.execute(f"select coalesce(json_agg(answer), '[]') from ({query}) as answer"))

    def execute(self, statement):
        return psql(self.url, statement)

    def is_being_written(self):
        """Whether a command has Ferry's lock for writers."""
        held = "select count(*) as n from pg_locks join pg_database on pg_database.oid = pg_locks.database" \
               " where locktype = 'advisory' and granted and datname = current_database()"
        return self.rows(held)[0]["n"] > 0

    def dump(self):
        """All rows of all tables, in one order."""
        tables = self.rows("select tablename from pg_tables where schemaname = 'public' order by 1")
        return {table["tablename"]: sorted(self.execute(f"select * from {table['tablename']}").splitlines())
                for table in tables}

    def drop(self):
        psql(self.server_url, f"drop database if exists {self.database} with (force)")


def psql(url, statement):
    done = subprocess.run(["psql", url, "-XqAtc", statement], env={**os.environ, "PGTZ": "UTC"}, capture_output=True,
                          text=True, timeout=LONGEST_SECONDS)
    if done.returncode != 0:
        raise Failed(f"psql could not do `{statement}`: {last_words(done.stderr)}")
    return done.stdout


def last_words(text):
    return " ".join(text.split())[-300:]


class Lease:
    """The lease of a database, as it is now."""

    def __init__(self, database):
        try:
            found = database.rows("select holder, expires_at from lease")
        except (Failed, sqlite3.OperationalError):
            found = []  # the tables are not there yet
        self.holder = found[0]["holder"] if found else ""
        self.expires_at = found[0]["expires_at"] / 1_000_000 if found else 0

    def is_of(self, process):
        return f"process {process.pid}," in self.holder and self.expires_at > time.time()


class Process:
    """A command at work. `log` is where its output goes."""

    def __init__(self, program, folder, command, log):
        self.command, self.log = command, log
        with log.with_suffix(".out").open("w") as out, log.with_suffix(".err").open("w") as err:
            self.popen = subprocess.Popen([program, *command], cwd=folder, stdout=out, stderr=err)
        self.pid = self.popen.pid

    @property
    def output(self):
        return self.log.with_suffix(".out").read_text()

    @property
    def messages(self):
        return self.log.with_suffix(".err").read_text()

    @property
    def code(self):
        """None while the command is at work."""
        return self.popen.poll()

    def send(self, number):
        if self.code is None:
            self.popen.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.popen.wait()

    def end(self):
        """Waits for the end, and gives the exit code."""
        try:
            return self.popen.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self} did not end within {LONGEST_SECONDS} seconds") from None

    def __str__(self):
        return f"`ferry {' '.join(self.command)}` ({self.code}: {last_words(self.messages)})"


def wait_until(holds):
    end = time.monotonic() + LONGEST_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise Failed(f"waited for more than {LONGEST_SECONDS} seconds")
        time.sleep(0.003)
