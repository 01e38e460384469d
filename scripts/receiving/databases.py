"""The database of a storm: a SQLite file, a PostgreSQL database that is there, or a PostgreSQL server of one's own.

Rows are dictionaries. Times of views become microseconds since 1970, and ids stay text.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Sqlite:
    """A file in the folder of the storm."""

    kind = "sqlite"

    def __init__(self, folder):
        self.path = Path(folder).resolve() / "ferry.db"
        self.url = f"sqlite:{self.path}"

    def start(self):
        """Starts nothing: a file needs no server."""

    stop = start

    def rows(self, query):
        """Returns the rows of a query."""
        connection = sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            return [{name: _plain(row[name]) for name in row.keys()} for row in connection.execute(query)]
        finally:
            connection.close()

    def watch(self, query):
        """Yields the rows of a query, as tuples, each time anew over one connection."""
        connection = sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=30)
        try:
            while True:
                yield connection.execute(query).fetchall()
        finally:
            connection.close()

    def execute(self, statements):
        """Executes statements in one transaction."""
        connection = sqlite3.connect(self.path, timeout=30)
        connection.executescript(f"begin; {statements}; commit;")
        connection.close()


class Postgres:
    """A database that is there."""

    kind = "postgres"

    def __init__(self, url):
        self.url = url

    def start(self):
        """Starts nothing: the server is somebody else's."""

    stop = start

    def rows(self, query):
        """Returns the rows of a query."""
        text = self._psql(f"select row_to_json(r) from ({query}) as r")
        return [{name: _plain(value) for name, value in json.loads(line).items()} for line in text.splitlines()]

    def watch(self, query):
        """Yields the rows of a query, as tuples of texts, each time anew over one connection. Ends when that is lost."""
        command = ["psql", "-X", "-q", "-A", "-t", "-d", self.url]
        psql = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            while True:
                psql.stdin.write(f"{query};\n\\echo end\n")
                psql.stdin.flush()
                rows = list(iter(lambda: psql.stdout.readline().rstrip("\n") or "end", "end"))
                if psql.poll() is not None:
                    return
                yield [tuple(row.split("|")) for row in rows]
        except BrokenPipeError:
            return
        finally:
            psql.kill()
            psql.wait()

    def execute(self, statements):
        """Executes statements in one transaction."""
        self._psql(f"begin; {statements}; commit;")

    def _psql(self, statements):
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url]
        done = subprocess.run(command, input=f"set time zone 'UTC';\n{statements};\n", text=True, capture_output=True,
                              check=False)
        if done.returncode:
            raise SystemExit(f"psql failed: {done.stderr.strip()}")
        return done.stdout


class OwnPostgres(Postgres):
    """A server of one's own, in a folder under /tmp, that listens on a socket there."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        super().__init__(f"postgres://ferry@localhost/storm?host={quote(str(self.folder), safe='')}")

    def start(self):
        """Makes the cluster if there is none, and starts its server."""
        if not (self.folder / "data").is_dir():
            self.folder.mkdir(parents=True)
            if self.user:
                shutil.chown(self.folder, "postgres")
            self._run("initdb", "-U", "ferry", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
            self._control("start")
            subprocess.run(["createdb", "-h", str(self.folder), "-U", "ferry", "storm"], check=True)
        elif not (self.folder / "data/postmaster.pid").exists():
            self._control("start")

    def restart(self):
        """Ends all server processes at once, as a crash would, and starts the server again."""
        self._control("restart", "-m", "immediate")

    def stop(self):
        """Stops the server."""
        self._control("stop", "-m", "fast")

    def _control(self, *words):
        options = f"-c listen_addresses='' -k '{self.folder}' -c max_connections=50"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, *words)

    def _run(self, program, *words):
        command = [*self.user, str(self.bin / program), "-D", str(self.folder / "data"), *words]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)


def open_database(name, folder):
    """Returns the database that `name` means: `sqlite`, `postgres` for a server of one's own, or an address."""
    if name == "sqlite":
        return Sqlite(folder)
    if name == "postgres":
        return OwnPostgres(Path("/tmp") / f"storm-pg-{Path(folder).resolve().name}")
    return Postgres(name)


def _plain(value):
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return (datetime.fromisoformat(value) - EPOCH) // timedelta(microseconds=1)
    return value
