#!/usr/bin/env python3
"""A week with Ferry: imports, dry runs, edits, merges, suppressions, restores and a move, held against a model.

The same steps are done on SQLite and, with --postgres, in a new database on that server. After each step every
database must equal the model, the latest run must pass `ferry audit`, and no file of an earlier run may have changed.
Every number is one that its country reserves for fiction.
"""

import argparse
import copy
import csv
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

from week_model import VALUES, Entry, Message, Model, Source

# Every command that the week gives. A restore is taken back by restoring the backup of what it replaced.
COMMANDS = {
    "run": "run", "dry run": "run --dry-run", "runs": "runs", "audit": "audit", "audit of a run": "audit --run {run}",
    "merge": "merge {kept} {other}", "suppress": "suppress --number {phone} --reason asked",
    "restore": "restore --yes", "take back": "restore --backup {backup} --yes",
}
LABEL = re.compile(r"\d{4}-\d{2}-\d{2}(\.\d+)?-spring")
SAME_IN_A_DRY_RUN = ["rows_in", "kept", "merged", "rejected", "suppressed", "contacts", "inserted", "updated",
                     "unchanged", "changed_fields", "conflicts", "rejects", "duplicates", "links", "not_understood"]
MAY_CHANGE = {".lock"}  # the only file of an earlier run that may: whoever works in the folder holds it

FIRST_DAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=8)
OWN_NUMBER = "+12025550199"
ANA, DAN, EVA, GUS = "+12025550101", "+12025550102", "+12025550103", "+12025550104"
HAL, JOE, LEE, MAX = "+12025550105", "+12025550106", "+12025550107", "+12025550108"
BEN, IVY, CLEO, FAY, KIM = "+61491570006", "+61491570156", "+33199000001", "+33199000002", "+33199000003"

LISTS = {"shop": ("list", "sms"), "branch": ("branch", "viber")}  # the source and the channel of a project's list
PLAN_HEAD = """
run = {{ name = "spring", default_region = "AU" }}
crm = {{ url = "{url}" }}
identity = {{ key_file = "../ferry.key" }}
suppression = {{ keys_file = "../suppression.keys" }}
gates = {{ max_reject_rate = 0.5, max_unreadable = {{ consent = 1.0 }} }}
"""
PLAN_LIST = """
[[source]]
name = "%s"
channel = "%s"
path = "list.csv"
profile = "columns"
columns = {{ phone = "phone", name = "name", email = "email", consent = "consent", consent_at = "consent date"%s }}
"""
PLAN_LOG = f"""
[[source]]
name = "log"
channel = "sms"
path = "log.csv"
profile = "twilio-messages"
own_numbers = ["{OWN_NUMBER}"]
"""
PLANS = {"shop": PLAN_HEAD + PLAN_LIST % (*LISTS["shop"], ', external_id = "external id"') + PLAN_LOG,
         "branch": PLAN_HEAD + PLAN_LIST % (*LISTS["branch"], "")}


class Failed(Exception):
    """A command that ended as it must not."""


class Sqlite:
    name = "SQLite"

    def __init__(self, path):
        self.path, self.url = path, f"sqlite:../{path.name}"

    def rows(self, query):
        connection = sqlite3.connect(self.path)
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(query)]
        connection.commit()
        connection.close()
        return found

    execute = rows


class Postgres:
    name = "PostgreSQL"

    def __init__(self, server_url):
        self.server_url, self.database = server_url, f"ferry_week_{datetime.now():%Y%m%d_%H%M%S}"
        self.url = urlsplit(server_url)._replace(path=f"/{self.database}").geturl()
        output_of("psql", server_url, "-Xqc", f"create database {self.database}")

    def rows(self, query):
        return json.loads(self.execute(f"select coalesce(json_agg(answer), '[]') from ({query}) as answer"))

    def execute(self, statement):
        return output_of("psql", self.url, "-XqAtc", statement)

    def drop(self):
        output_of("psql", self.server_url, "-Xqc", f"drop database {self.database}")


def output_of(*command, folder=None):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        words = " ".join((done.stderr or done.stdout).split())
        raise Failed(f"`{Path(command[0]).name} {' '.join(command[1:])}` ended with {done.returncode}: {words[-400:]}")
    return done.stdout


class Side:
    """One database, with its own copy of the project folders."""

    def __init__(self, root, database, program):
        self.database, self.program = database, program
        self.folders = {project: root / project for project in LISTS}
        self.runs = []  # pairs of a project and the folder of a run, the latest last
        self.restored = None  # the run that `ferry restore` took out of the database
        self.replaced = None  # the number of the backup that has what it replaced
        self.own_run = None  # the one earlier run whose files the present step may change
        self.dry_run = None  # the answer of the latest dry run
        for project, folder in self.folders.items():
            folder.mkdir(parents=True)
            (folder / "plan.toml").write_text(PLANS[project].format(url=database.url))

    def ferry(self, project, command, **values):
        arguments = [word.format(**values) for word in COMMANDS[command].split()] + ["--format", "json", "--quiet"]
        return json.loads(output_of(self.program, *arguments, folder=self.folders[project]))

    def note_dry_run(self, project, answer):
        self.dry_run, self.own_run = answer, (project, Path(answer["run_dir"]).name)
        return ["the dry run is in the folder of an import"] if self.own_run in self.runs else []

    def note_import(self, project, answer, conflicts):
        run, found = Path(answer["run_dir"]).name, self.conflicts(self.folders[project] / answer["run_dir"])
        problems = differences("dry run", {key: answer.get(key) for key in SAME_IN_A_DRY_RUN}, self.dry_run)
        problems += differences("load", {"conflicts.csv": conflicts}, {"conflicts.csv": found})
        if run != answer["run_id"] or (project, run) in self.runs or not LABEL.fullmatch(run):
            problems.append(f"the run is called {answer['run_id']} and its folder {run}")
        self.runs.append((project, run))
        self.restored = None
        return problems

    def decide(self, command, **values):
        self.ferry("shop", command, **values)

    def restore(self):
        self.own_run = self.restored = self.runs.pop()
        self.replaced = self.ferry("shop", "restore")["replaced"]

    def take_back_restore(self):
        self.ferry("shop", "take back", backup=self.replaced)
        self.runs.append(self.restored)
        self.own_run, self.restored = self.restored, None

    def move(self):
        """Moves the project. The same runs must be listed before and after, and all of them."""
        imports = [run for project, run in self.runs if project == "shop"]
        before = self.run_ids()
        self.folders["shop"] = self.folders["shop"].rename(self.folders["shop"].with_name("shop moved"))
        missing = [f"{run} is not listed" for run in imports if run not in before]
        return missing + differences("after the move", {"runs": before}, {"runs": self.run_ids()})

    def run_ids(self):
        return [run["run_id"] for run in self.ferry("shop", "runs")["runs"]]

    def people(self):
        """The contacts by phone, from the readable views and in the words of the model."""
        identities = self.database.rows("select contact_id, kind, value from identity_view")
        statements = self.database.rows("select contact_id, channel, basis, words, state from consent_view"
                                        " where retracted = 'no'")
        contacts = self.database.rows("select contact_view.*, segment from contact_view"
                                      " left join segment_view on segment_view.contact_id = contact_view.contact_id")
        return {row["e164"]: {
            "name": row["name"], "email": row["email"], "consent": row["consent"],
            "consent to WhatsApp": row["whatsapp_consent"] == "yes", "messages": row["n_messages"],
            "last message": row["last_at"] and datetime.fromisoformat(row["last_at"]),
            "suppressed": row["suppressed"] == "yes", "segment": row["segment"],
            "identities": of_contact(row, identities), "statements": of_contact(row, statements),
        } for row in contacts}

    def conflicts(self, run_folder):
        path = run_folder / "load" / "conflicts.csv"
        rows = csv.DictReader(path.read_text().splitlines()) if path.exists() else []
        contacts = self.database.rows("select contact_id, e164 from contact_view")
        phones = {contact["contact_id"]: contact["e164"] for contact in contacts}
        return {(phones.get(row["contact_id"]), row["field"]) for row in rows}

    def files(self):
        """The digests of the files of each run, by project and folder, wherever the project lies now."""
        runs = {}
        for project, folder in self.folders.items():
            for path in folder.glob("runs/*/**/*"):
                if path.is_file() and path.name not in MAY_CHANGE:
                    run, name = path.relative_to(folder / "runs").as_posix().split("/", 1)
                    runs.setdefault((project, run), {})[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return runs

    def audit(self):
        if not self.runs:
            return []
        project, run = self.runs[-1]
        # Without a name the newest run is audited; after a restore the newest is not in the database.
        answer = self.ferry(project, "audit of a run" if self.restored else "audit", run=run)
        return differences("audit", {"run_id": run, "differences": []}, answer)


def of_contact(contact, rows):
    return sorted(tuple(row.values())[1:] for row in rows if row["contact_id"] == contact["contact_id"])


def differences(what, expected, found):
    """What is not as expected. A range stands for any number in it."""
    return [f"{what}, {key}: {found.get(key)!r} instead of {value!r}" for key, value in expected.items()
            if not (found.get(key) in value if isinstance(value, range) else found.get(key) == value)]


def people_differences(expected, found):
    problems = [f"{phone} is {'missing' if phone in expected else 'not expected'}"
                for phone in sorted(expected.keys() ^ found.keys(), key=str)]
    for phone in sorted(expected.keys() & found.keys()):
        problems += differences(phone, expected[phone], found[phone])
    return problems


def changed_files(before, after, own_run):
    problems = []
    for run in sorted(before.keys() - {own_run}):
        old, new = before[run], after.get(run, {})
        problems += [f"{name} of the earlier run {' '.join(run)} has changed"
                     for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    return problems


class Week:
    def __init__(self, sides):
        self.sides, self.model = sides, Model()
        self.lists, self.messages = {project: [] for project in LISTS}, []
        self.n_steps = self.n_wrong = 0

    def step(self, title, act):
        """Does one thing on every side, and checks all that can be seen afterwards. `act` may give its own problems."""
        problems = [f"{side.database.name}: {problem}" for side in self.sides for problem in self.problems(side, act)]
        self.n_steps += 1
        self.n_wrong += bool(problems)
        print(f"WRONG {title}: {'; '.join(problems)}" if problems else f"ok    {title}", flush=True)

    def problems(self, side, act):
        before, side.own_run, problems = side.files(), None, []
        try:
            problems += act(side) or []
            problems += side.audit()
            if self.model.contacts:
                problems += people_differences(self.model.expected(), side.people())
        except (Failed, KeyError, sqlite3.Error) as failure:
            problems.append(f"{type(failure).__name__}: {failure}")
        return problems + changed_files(before, side.files(), side.own_run)

    def load(self, title, project="shop"):
        """A dry run, and then the import that it is about."""
        self.write_exports(project)
        self.load_step(f"{title}: dry run", project, copy.deepcopy(self.model), is_dry=True)
        self.load_step(f"{title}: import", project, self.model, is_dry=False)

    def load_step(self, title, project, model, is_dry):
        sources = [Source(*LISTS[project], tuple(self.lists[project]))]
        sources += [Source("log", "sms", tuple(self.messages))] if project == "shop" else []
        expected, conflicts = model.load(sources, datetime.now(timezone.utc))

        def act(side):
            answer = side.ferry(project, "dry run" if is_dry else "run")
            changed = {name: n for name, n in answer["changed_fields"].items() if name in VALUES}
            problems = differences("summary", expected, {**answer, "changed_fields": changed})
            if is_dry:
                return problems + side.note_dry_run(project, answer)
            return problems + side.note_import(project, answer, conflicts)
        self.step(title, act)

    def load_again(self, title):
        """The same exports once more are the same run, and change nothing."""
        def act(side):
            side.own_run = side.runs[-1]
            nothing = {"run_id": side.own_run[1], "inserted": 0, "updated": 0}
            return differences("summary", nothing, side.ferry("shop", "run"))
        self.step(title, act)

    def edit(self, title, phone, column, value):
        self.model.edit(phone, column, value)
        statement = f"update contact set {column} = '{value}' where e164 = '{phone}'"
        self.step(title, lambda side: side.database.execute(statement))

    def enter(self, title, phone, state, moment):
        self.model.enter(phone, state, moment)
        micros = int(moment.timestamp() * 1_000_000)
        statement = ("insert into consent (contact_id, statement_id, channel, purpose, state, said_from, said_until, basis,"
                     " words, source_row, first_run, first_run_at)"
                     f" select contact_id, 1, 'sms', 'messages', '{state}', {micros}, {micros}, 'record', '{state}',"
                     f" 'desk:1', 'desk', {micros} from contact where e164 = '{phone}'")
        self.step(title, lambda side: side.database.execute(statement))

    def suppress(self, title, phone):
        self.model.suppressed.add(phone)
        self.step(title, lambda side: side.decide("suppress", phone=phone))

    def merge(self, title, kept, other):
        self.model.merge(kept, other)
        self.step(title, lambda side: side.decide("merge", kept=kept, other=other))

    def restore(self, title, contacts, act):
        self.model.restore(contacts)
        self.step(title, act)

    def change(self, phone, **values):
        """Changes the first row of somebody in the list of the shop."""
        rows = self.lists["shop"]
        place = next(place for place, row in enumerate(rows) if row.phone == phone)
        rows[place] = rows[place]._replace(**values)

    def write_exports(self, project):
        for side in self.sides:
            write_csv(side.folders[project] / "list.csv", list_rows(self.lists[project]))
            if project == "shop":
                write_csv(side.folders[project] / "log.csv", log_rows(self.messages))

    def monday(self):
        self.lists["shop"] = [
            Entry(ANA, "Ana Lopez", "ana@example.com", "yes", day(0), "A1"),
            Entry(BEN, "Ben Ode", "", "no", day(0), "A2", written="0491 570 006"),
            Entry(CLEO, "Cleo Roy", "cleo@example.com", external_id="A3"),
            Entry(DAN, "DAN OAK", "DAN@EXAMPLE.COM", "yes", day(2), "A4"),
            Entry(EVA, "Eva Lund", "eva@example.com", "yes", day(0), "A5", written="+1 (202) 555-0103"),
            Entry(FAY, "Fay Petit", "", "perhaps", day(0), "A6"),
            Entry(GUS, "Gus Hill", "", "yes", day(0), "A7"),
            Entry(HAL, "Hal Hill", "hal@example.com", "yes", day(1), "A8"),
            Entry(IVY, "Ivy Stone", "ivy@example.com", "yes", "", "A9"),
            Entry(JOE, "Joe Frost", "joe@example.com", "no", "", "A10"),
            Entry(EVA, "Eva Lund-Berg", "eva.berg@example.com", external_id="A11"),
            Entry("", "No Number", "nobody@example.com")]
        self.messages += [Message(ANA, at(1, 9), "STOP"), Message(CLEO, at(1, 11), "Merci"),
                          Message(ANA, at(1, 10), "You get no more messages", is_inbound=False)]
        self.load("Monday, the first")
        self.load_again("Monday, the same again")

    def tuesday(self):
        self.edit("Tuesday, a name edited by hand", EVA, "name", "Eva B.")
        self.change(EVA, name="Eva Berg")
        self.change(CLEO, name="Cleo Leroy", written="+33 1.99.00.00.01", consent="no", consent_date=day(2))
        self.lists["shop"].append(Entry(KIM, "kim park", external_id="A12"))
        self.messages += [Message(ANA, at(2, 9), "START"), Message(BEN, at(2, 9), "STOP"),
                          Message(CLEO, at(2, 9), "START"), Message(DAN, at(2, 9), "STOP")]
        self.load("Tuesday, an edit stays")
        self.change(KIM, email="kim@example.com")
        self.load("Tuesday, the second")

    def wednesday(self):
        self.suppress("Wednesday, somebody suppressed", CLEO)
        self.merge("Wednesday, two contacts merged", GUS, HAL)
        self.change(HAL, name="Hal Hill the Younger", email="hal.hill@example.com")
        self.messages.append(Message(CLEO, at(3, 8), "Bonjour"))
        self.load("Wednesday, merged and suppressed stay so")

    def thursday(self):
        self.lists["branch"] = [Entry(FAY, "Fay Petit", "fay@example.com", "no", day(3)),
                                Entry(LEE, "Lee Brook", "lee@example.com", "yes", day(3)),
                                Entry(ANA, "Ana Maria Lopez")]
        self.load("Thursday, another plan with the same run name", "branch")
        self.change(JOE, consent="yes", consent_date=day(4))
        self.load("Thursday, an old yes lifts nothing")

    def friday(self):
        self.step("Friday, the project is moved", Side.move)
        self.lists["shop"].append(Entry(MAX, "Max Reed", "max@example.com", external_id="A13"))
        self.change(FAY, consent="yes", consent_date=day(5))
        self.load("Friday, from the new place")

    def saturday(self):
        before = copy.deepcopy(self.model.contacts)
        self.change(JOE, consent="yes", consent_date=datetime.now(timezone.utc).isoformat(timespec="milliseconds"))
        self.change(CLEO, email="cleo.leroy@example.com")
        self.load("Saturday, a new yes lifts a refusal")
        self.suppress("Saturday, somebody suppressed", KIM)
        after = copy.deepcopy(self.model.contacts)
        self.restore("Saturday, restored", before, Side.restore)
        self.restore("Saturday, the restore taken back", after, Side.take_back_restore)

    def sunday(self):
        self.enter("Sunday, a refusal entered by hand", IVY, "stop", at(6, 10))
        self.enter("Sunday, a yes entered by hand", MAX, "yes", at(6, 10))
        self.change(IVY, consent="yes", consent_date=day(6))
        self.lists["shop"] = [row for row in self.lists["shop"] if row.phone != BEN]
        self.messages.append(Message(MAX, at(7, 9), "STOP"))
        self.load("Sunday, the last")


def day(number):
    return at(number, 0).date().isoformat()


def at(number, hour):
    return FIRST_DAY + timedelta(days=number, hours=hour)


def list_rows(entries):
    yield "phone", "name", "email", "consent", "consent date", "external id"
    for entry in entries:
        yield entry.written or entry.phone, *entry[1:6]  # all but `written`


def log_rows(messages):
    yield "From", "To", "Status", "Direction", "Body", "SentDate", "Sid", "ErrorCode"
    for number, message in enumerate(messages, start=1):
        ends = (message.phone, OWN_NUMBER, "received", "inbound")
        if not message.is_inbound:
            ends = (OWN_NUMBER, message.phone, "sent", "outbound-api")
        yield *ends, message.text, message.sent.strftime("%a, %d %b %Y %H:%M:%S +0000"), f"SM{number:032}", ""


def write_csv(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def spend_a_week(databases, root, program):
    week = Week([Side(root / database.name, database, program) for database in databases])
    for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"):
        getattr(week, name)()
    print(f"{week.n_steps} steps on {' and '.join(database.name for database in databases)}, {week.n_wrong} wrong")
    return 1 if week.n_wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ferry", required=True, type=Path, help="the program")
    parser.add_argument("--postgres", metavar="URL", help="a database of a server on which a new one can be made")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="a new folder to work in and to leave behind")
    options = parser.parse_args()
    root = (options.keep or Path(tempfile.mkdtemp())).resolve()
    databases = [Sqlite(root / "SQLite" / "crm.db")] + ([Postgres(options.postgres)] if options.postgres else [])
    try:
        return spend_a_week(databases, root, options.ferry.resolve())
    finally:
        if not options.keep:
            shutil.rmtree(root)
            for database in databases[1:]:
                database.drop()


if __name__ == "__main__":
    sys.exit(main())
