"""The folders and databases of one round of scripts/rounds, and the comparison of a database with the model."""

import csv
import json
import os
import time
from collections import Counter, defaultdict
from pathlib import Path

from rounds_model import Statement, answer_of, two_lists
from rounds_processes import Failed, Process, last_words

MOST_TRIES = 40
TRY_LATER = 75

COMMANDS = {
    "run": "run {plan}", "new run": "run {plan} --new", "load": "load {plan}",
    "rerun": "rerun --plan {plan} --batch {batch} --from load",
    "suppress": "suppress {plan} --number {other} --reason asked", "merge": "merge {kept} {other} --plan {plan}",
    "runs": "runs --plan {plan} --format json", "audit": "audit --plan {plan} --run {run}",
    "key": "key show --plan {plan} --format json", "check key": "key check --plan {plan}",
    "export": "export segment ready --plan {plan} --to {file}",
}
PLAN = """
run = {{ name = "{run_name}", default_region = "FR" }}
crm = {{ url = "{url}" }}
gates = {{ max_unreadable = {{ consent = 1.0 }} }}
[[source]]
name = "list"
channel = "{channel}"
path = "{name}.csv"
profile = "columns"
columns = {{ phone = "phone", name = "name", consent = "consent", consent_at = "consent date" }}
"""
PLAN_VERIFY = """
[verify]
adapter = "file"
path = "{name}-answers.csv"
batch = {batch}
"""
CHECKED_SECONDS_AGO = 3 * 86400

ORPHANS = {
    "receipts of no batch": """select receipt.run_id, receipt.stage, receipt.batch from receipt
        left join batch on batch.run_id = receipt.run_id and batch.number = receipt.batch
        left join run on run.run_id = receipt.run_id where batch.number is null or run.run_id is null""",
    "batches without a receipt": """select batch.run_id, batch.number from batch
        left join receipt on receipt.run_id = batch.run_id and receipt.batch = batch.number and receipt.stage = 'load'
        and receipt.input = batch.digest where receipt.batch is null""",
    "identities of no contact": """select identity.value from identity
        left join contact on contact.contact_id = identity.contact_id where contact.contact_id is null""",
}


class Plan:
    """A plan and its list in a project folder. Several plans can be in one folder."""

    def __init__(self, world, folder, database, rows, name="plan", run_name="spring", channel="sms"):
        self.world, self.folder, self.database, self.name = world, world.root / folder, database, name
        self.channel, self.is_verified = channel, world.shape.batch is not None
        self.folder.mkdir(exist_ok=True)
        text = PLAN + (PLAN_VERIFY if self.is_verified else "")
        (self.folder / f"{name}.toml").write_text(text.format(
            run_name=run_name, url=database.url, channel=channel, name=name, batch=world.shape.batch))
        self.write(rows)

    def write(self, rows):
        """Puts another export in the place of the list, with its answers."""
        self.rows = rows
        write_csv(self.folder / f"{self.name}.csv", ("phone", "name", "consent", "consent date"), rows)
        checked = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - CHECKED_SECONDS_AGO))
        answers = [(phone, answer_of(phone), checked) for phone in sorted({row.phone for row in rows})]
        write_csv(self.folder / f"{self.name}-answers.csv", ("phone", "answer", "checked_at"),
                  [answer for answer in answers if answer[1]])

    def start(self, command, **values):
        return self.world.start(self.folder, COMMANDS[command].format(plan=f"{self.name}.toml", **values).split())

    def do(self, command, **values):
        """Gives a command that must end with 0, and again as long as it ends with 75."""
        return self.finish(self.start(command, **values), command, **values)

    def finish(self, process, command, **values):
        """Waits for a command that must end with 0, and gives it again as long as it ends with 75."""
        for _ in range(MOST_TRIES):
            if process.end() != TRY_LATER:
                break
            self.world.seen["refused with 75"] += 1
            time.sleep(0.1)
            process = self.start(command, **values)
        if process.end() != 0:
            raise Failed(str(process))
        return process


def write_csv(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write_key(folder, key):
    folder.mkdir(exist_ok=True)
    with os.fdopen(os.open(folder / "ferry.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key}\n")


class World:
    """One round on one database server, and what was found wrong in it. `length` is how long a run takes in seconds."""

    def __init__(self, root, program, make_database, shape, rng, length):
        self.root, self.program, self.make_database = root, program, make_database
        self.shape, self.rng, self.length = shape, rng, length
        self.is_first_of_kind = False
        self.databases, self.processes = [], []
        self.problems, self.found, self.seen = [], Counter(), Counter()
        (root / "log").mkdir(parents=True)

    def database(self, name="crm"):
        self.databases.append(self.make_database(self.root, name))
        return self.databases[-1]

    def start(self, folder, command):
        log = self.root / "log" / f"{len(self.processes):03}-{command[0]}"
        self.processes.append(Process(self.program, folder, command, log))
        return self.processes[-1]

    def close(self, is_kept):
        for process in self.processes:
            process.kill()
        for database in self.databases:
            if not is_kept:
                database.drop()

    def lists(self):
        return two_lists(self.rng, self.shape.n_people)

    def key(self):
        return f"{self.rng.getrandbits(256):064x}"

    def moment(self):
        """When the second process starts: at once in a third of the rounds, else within the length of a run."""
        return max(0, self.rng.uniform(-0.5, 1)) * self.length

    def wrong(self, what, kind=None, n=1):
        """Notes a problem. `kind` is lost, doubled or wrong keys, if it is one of these."""
        self.problems.append(what)
        if kind:
            self.found[kind] += n

    def check(self, database, model, plans, n_runs):
        """Compares a database when all runs have ended. `plans` are those of the database, `n_runs` is their runs."""
        self.check_contacts(database, model)
        for what, query in ORPHANS.items():
            rows = database.rows(query)
            if rows:
                self.wrong(f"{len(rows)} {what}, such as {tuple(rows[0].values())}")
        runs = [row["run_id"] for row in database.rows("select run_id from run order by number")]
        if len(runs) != n_runs:
            self.wrong(f"{len(runs)} runs in the database instead of {n_runs}: {' '.join(runs)}")
        for plan in plans:
            self.check_key(database, plan)

    def check_contacts(self, database, model):
        expected, found = model.expected(), contacts_of(database)
        phones = Counter(row["phone"] for row in found)
        lost, strangers = expected.keys() - phones.keys(), phones.keys() - expected.keys() - model.merged.keys()
        n_doubled = sum(n - 1 for n in phones.values()) + len(phones.keys() & model.merged.keys())
        if lost:
            self.wrong(f"{len(lost)} of {len(expected)} people are missing, such as {min(lost)}", "lost", len(lost))
        if n_doubled:
            self.wrong(f"{n_doubled} people are there twice, or again after they were merged", "doubled", n_doubled)
        if strangers:
            self.wrong(f"{len(strangers)} people are there who are in no list, such as {min(strangers)}")
        differing = defaultdict(list)
        for row in found:
            contact = expected.get(row["phone"], {})
            for field, value in contact.items():
                if row[field] not in value if field == "name" else row[field] != value:
                    differing[field].append(f"{row['phone']}: {row[field]!r} instead of {value!r}")
            self.found["lost"] += (contact.get("statements", Counter()) - row["statements"]).total()
            self.found["doubled"] += (row["statements"] - contact.get("statements", Counter())).total()
        for field, differences in differing.items():
            self.wrong(f"{field} of {len(differences)} people, such as {differences[0]}")

    def check_key(self, database, plan):
        key = json.loads(plan.do("key").output)["key_id"]
        known = {row["value"] for row in database.rows("select value from ferry_meta where key = 'contact_key'")}
        known |= {row["key_id"] for row in database.rows("select distinct key_id from run")}
        if known != {key} or plan.start("check key").end() != 0:
            self.wrong(f"the database was made with {known}, and the key of {plan.folder.name} is {key}", "wrong keys")

    def audit(self, *plans):
        """Audits all runs of some folders. Each must be finished: it was started again until it ended with 0."""
        for plan in plans:
            for run in json.loads(plan.do("runs").output)["runs"]:
                if run["state"] != "finished":
                    self.wrong(f"{run['run_id']} in {plan.folder.name} is {run['state']}")
                    continue
                command = COMMANDS["audit"].format(plan=Path(run["plan"]).name, run=run["uid"])
                process = self.start(plan.folder, command.split())
                if process.end() != 0:
                    self.wrong(f"{process}: {last_words(process.output)}")


def contacts_of(database):
    """The contacts as the readable views have them, in the words of the model."""
    identities, statements = defaultdict(Counter), defaultdict(Counter)
    for row in database.rows("select contact_id, value from identity_view"):
        identities[row["contact_id"]][row["value"]] += 1
    for row in database.rows("select contact_id, channel, words, said_from from consent_view"
                             " where retracted = 'no'"):
        statement = Statement(row["channel"], row["words"], (row["said_from"] or "")[:10])
        statements[row["contact_id"]][statement] += 1
    contacts = database.rows("select contact_view.contact_id, contact_view.e164 as phone, name, consent, suppressed,"
                             " segment from contact_view left join segment_view on"
                             " segment_view.contact_id = contact_view.contact_id")
    return [{**row, "identities": identities[row["contact_id"]], "statements": statements[row["contact_id"]]}
            for row in contacts]
