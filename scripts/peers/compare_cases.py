"""Runs both programs on the demo and on every fixture, each in a folder of its own."""

import contextlib
import csv
import dataclasses
import datetime
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

# Any key will do, as long as both programs have the same.
KEY = "5eed" * 16
EXPORT_PLAN = """[run]
name = "test"
default_region = "FR"
[crm]
url = "sqlite:ferry.db"
[gates]
max_reject_rate = 1.0
"""


@dataclasses.dataclass
class Side:
    program: str
    folder: pathlib.Path
    is_new: bool
    rules: object
    postgres: list | None = None

    def run(self, output, *arguments, stdin=None):
        """Runs a command and keeps what it prints and its exit code below `printed/`."""
        arguments = self.rules.arguments(list(arguments)) if self.is_new else list(arguments)
        environment = {**os.environ, "FERRY_CONTACT_KEY": KEY, "TZ": "UTC"}
        ended = subprocess.run(
            [self.program, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, input=stdin
        )
        printed = self.folder / "printed"
        printed.mkdir(exist_ok=True)
        (printed / output).write_text(ended.stdout, encoding="utf-8")
        (printed / f"{output}.code").write_text(f"{ended.returncode}\n")
        if ended.returncode in (2, 70, 101):
            program = "new" if self.is_new else "old"
            command = " ".join(arguments[:2])
            print(f"{program} program: {command} ended with {ended.returncode}: {ended.stderr.strip()[:300]}")
        return ended.stdout

    def write_plan(self, text):
        (self.folder / "plan.toml").write_text(self.rules.plan(text) if self.is_new else text, encoding="utf-8")


@dataclasses.dataclass
class Case:
    name: str
    old: Side
    new: Side


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


@contextlib.contextmanager
def sandbox(program, folder, port):
    """The stand-in for WhatsApp of the program that is run, on the same port and with the same seed for both."""
    command = [program, "sandbox", "--port", str(port), "--seed", "3"]
    with open(folder / "sandbox.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while "http" not in (folder / "sandbox.log").read_text():
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"the sandbox of {program} does not start")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def exported(path):
    """Number and id of some of the exported contacts; none if there is no export."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8") as file:
        contacts = [(row["e164"], row["contact_id"]) for row in csv.DictReader(file)]
    return sorted(contact for contact in contacts if contact[0].startswith("+1617"))


def demo(side, repository, port, url=None):
    """A run, what a data engineer does after it, and the same run again."""
    for name in ("demo/sms.csv", "demo/viber.csv", "scenarios/sms-list/salon.csv"):
        copy(repository / "fixtures" / name, side.folder / "input" / name.rsplit("/", 1)[1])
    plan = (repository / "fixtures/demo/plan.toml").read_text().replace("127.0.0.1:8480", f"127.0.0.1:{port}")
    plan = re.sub(r'path = "(\w+\.csv)"', r'path = "input/\1"', plan)
    side.write_plan(plan.replace("sqlite:ferry.db", url) if url else plan)
    phones, json_ = ["+13125550114", "+13125550111"], ("--format", "json")
    with sandbox(side.program, side.folder, port):
        side.run("run.json", "run", "--run-dir", "run", *json_)
        side.run("audit.json", "audit", "--run-dir", "run", *json_)
        side.run("status.json", "status", "--run-dir", "run", "--batches", *json_)
        side.run("unreadable.json", "unreadable", "--run-dir", "run", *json_)
        side.run("trace.json", "trace", "--run-dir", "run", phones[0], *json_)
        side.run("contacts.txt", "export", "contacts", "--run-dir", "run", "--exact", "--to", "contacts.csv")
        for segment in ("ready", "re-engage", "opted-out", "unclear"):
            to = ("--exact", "--to", f"segment-{segment}.csv")
            side.run(f"segment-{segment}.txt", "export", "segment", "--run-dir", "run", segment, *to)
        side.run("translate.json", "translate", "input/salon.csv", "--to", "whatsapp", *json_)
        side.run("submit.json", "template", "submit", "whatsapp", *json_)
        side.run("template-status.json", "template", "status", *json_)
        side.run("suppress.json", "suppress", "--reason", "asked by letter", *json_, stdin=phones[1] + "\n")
        side.run("share.json", "share", phones[1], *json_)
        if people := exported(side.folder / "contacts.csv"):
            side.run("merge.json", "merge", people[0][0], people[1][0], *json_)
            side.run("merge-undone.json", "merge", people[2][0], people[3][0], *json_)
            side.run("unmerge.json", "unmerge", people[2][0], people[3][1], *json_)
        side.run("run-again.json", "run", "--run-dir", "second", *json_)
        to = ("--exact", "--to", "contacts-again.csv")
        side.run("contacts-again.txt", "export", "contacts", "--run-dir", "second", *to)
        side.run("audit-again.json", "audit", "--run-dir", "second", *json_)


def export(side, repository, name):
    """An export as a person takes it in: the source that `inspect` proposes, a run, an audit, the contacts."""
    copy(repository / "fixtures" / name, side.folder / "input" / pathlib.Path(name).name)
    given = f"input/{pathlib.Path(name).name}"
    side.run("inspect.json", "inspect", given, "--region", "FR", "--format", "json")
    proposed = side.run("inspect.txt", "inspect", given, "--region", "FR")
    start = proposed.find("\n[[source]]")
    if start < 0:
        return
    # The new program proposes its own keys: its plan needs no renaming.
    source = proposed[start:].replace('consent = "?"', 'consent = "stop"')
    head = side.rules.plan(EXPORT_PLAN) if side.is_new else EXPORT_PLAN
    (side.folder / "plan.toml").write_text(head + source, encoding="utf-8")
    side.run("run.json", "run", "--run-dir", "run", "--format", "json")
    side.run("audit.json", "audit", "--run-dir", "run", "--format", "json")
    side.run("contacts.txt", "export", "contacts", "--run-dir", "run", "--exact", "--to", "contacts.csv")


def scenario(side, repository, name):
    """Scenarios imported, printed, translated in both ways, linted and simulated."""
    given = f"input/{pathlib.Path(name).name}"
    copy(repository / "fixtures" / name, side.folder / given)
    side.run("import.json", "scenario", "import", given, "--to", "scenarios.json", "--format", "json")
    side.run("show.txt", "scenario", "show", given)
    side.run("check.json", "scenario", "check", given, "--format", "json")
    side.run("translate.json", "translate", given, "--to", "whatsapp", "--format", "json")
    side.run("translate-named.json", "translate", given, "--named", "--to", "whatsapp-named", "--format", "json")
    side.run("lint.json", "template", "lint", "whatsapp/templates", "--as", "json")
    side.run("simulate.json", "scenario", "simulate", "scenarios.json", "--format", "json")


def run_cases(arguments, folder, rules):
    """Runs both programs case by case."""
    repository, fixtures, port = arguments.repository, arguments.repository / "fixtures", free_port()

    def case(name, run, *rest, postgres=None):
        """Both sides on the same day: the ids of runs hold the date."""
        while True:
            today = datetime.datetime.now(datetime.timezone.utc).date()
            both = sides(name, run, *rest, postgres=postgres)
            if datetime.datetime.now(datetime.timezone.utc).date() == today:
                return Case(name, *both)

    def sides(name, run, *rest, postgres=None):
        both = []
        for program, is_new in ((arguments.old, False), (arguments.new, True)):
            home = folder / name.replace("/", "-").replace(" ", "-") / ("new" if is_new else "old")
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            side = Side(program, home, is_new, rules)
            if postgres:
                psql, cluster = postgres
                database = f"compare_{'new' if is_new else 'old'}"
                command = [psql, "-X", "-q", "-A", "-t", "-h", cluster, "-U", "ferry"]
                for order in (f"drop database if exists {database}", f"create database {database}"):
                    subprocess.run([*command, "-d", "postgres", "-c", order], check=True, stderr=subprocess.DEVNULL)
                side.postgres = [*command, "-d", database]
                host = cluster.replace("/", "%2F")
                run(side, repository, *rest, f"postgres://ferry@localhost/{database}?host={host}")
            else:
                run(side, repository, *rest)
            both.append(side)
        return both

    yield case("demo", demo, port)
    if arguments.postgres:
        yield case("demo PostgreSQL", demo, port, postgres=arguments.postgres)
    for expected in sorted(fixtures.rglob("*.expected")):
        name = str(expected.relative_to(fixtures)).removesuffix(".expected")
        yield case(name, scenario if name.startswith("scenarios/") else export, name)
