#!/usr/bin/env python3
"""Free rounds of two things at once: real processes on SQLite and PostgreSQL, held against a model.

Each round draws its people, its moments and what happens from the seed and its number, so `--seed S --only R` plays
round R again; how the two processes meet is left to the machine. The docstring of each kind is what is expected of it.
In every round also: all people are there once, with their statements, consent and segment; every run is finished and
its audit closes; no receipt is without a batch and no batch without a receipt; and the key of the database is that of
the key file. Every number is one that France reserves for fiction.
"""

import argparse
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter, namedtuple
from pathlib import Path

from rounds_model import Model
from rounds_processes import Failed, Lease, Postgres, Sqlite, wait_until
from rounds_world import TRY_LATER, Plan, World, write_key

SAID_WAITING = "waiting up to a minute, in case it was stopped"
SAID_TAKEN_OVER = "another run has taken over the loading into this database"
SAID_NO_CONTACT = ("no contact has that phone number or id", "there is no CRM database yet")
EXPIRE = "update lease set expires_at = 1"

# The people of a round, and the batches of its verification. Without one batches hold 1000 people, and a first load
# begins while rows are merged.
Shape = namedtuple("Shape", "n_people batch")
SHAPES = (Shape(200, None), Shape(200, 20), Shape(2000, None), Shape(2000, 3), Shape(5000, None), Shape(5000, 50))
LONG_SHAPES = SHAPES[2:]


def two_first_runs(world):
    """a: two plans in one folder without a key, run at once into one database or into two.

    Expected: a run ends with 0, or with 75 and then with 0. There is one key, each database was made with it, and the
    people of both lists are there.
    """
    has_one_database, has_one_name = world.rng.random() < 0.5, world.rng.random() < 0.5
    lists, databases = world.lists(), [world.database("one")]
    databases.append(databases[0] if has_one_database else world.database("two"))
    plans = [Plan(world, "project", database, rows, name, "spring" if has_one_name else name, channel)
             for database, rows, name, channel in zip(databases, lists, ("one", "two"), ("sms", "viber"))]
    at_once(world, plans)
    for of_database in [plans] if has_one_database else [plans[:1], plans[1:]]:
        world.check(of_database[0].database, Model(*of_database), of_database, n_runs=len(of_database))
    world.audit(plans[0])


def one_plan_twice(world):
    """b: two runs of one plan at once.

    Expected: a run ends with 0, or with 75 and then with 0. Both are one run, in the folder and in the database.
    """
    database, earlier = filled_or_empty(world)
    plan = Plan(world, "one", database, world.lists()[0])
    at_once(world, [plan, plan])
    check_all(world, database, earlier, plan)


def two_plans_of_one_name(world):
    """c: two plans of one name in two folders with one key, run at once into one database.

    Expected: a run ends with 0, or with 75 and then with 0. The people of both are there, and the database has both
    runs under two labels.
    """
    database, earlier, one, two = two_projects(world)
    at_once(world, [one, two])
    check_all(world, database, earlier, one, two)


def decision_during_a_run(world):
    """d: a person of a run is suppressed or merged while it is at work.

    Expected: the run ends with 0. The decision ends with 0, or with 75 and then with 0; a merge before both people are
    there ends with 1 and says so, and with 0 when the run has ended. A suppressed person is not `ready`; a merged one
    is part of the other, and the refusals of both count. This holds after the run, after `ferry load`, after the
    batches of both are loaded again, and after a new run of the same list.
    """
    command, is_filled = world.rng.choice(["merge", "suppress"]), world.rng.random() < 0.7
    first, second = world.lists()
    write_key(world.root / "project", world.key())
    plan = Plan(world, "project", world.database(), second)
    model = Model(plan)
    if is_filled:
        plan.do("run")
        plan.write(first + second)
        model.load(plan)
    people = {"kept": world.rng.choice(ready(plan, model, second))}
    listed = sorted({row.phone for row in second} - {people["kept"]})
    people["other"] = world.rng.choice(listed) if command == "merge" else people["kept"]

    moment = world.moment()
    run = plan.start("run")
    time.sleep(moment)
    world.seen[f"{command} during the run" if run.code is None else f"{command} after the run"] += 1
    decision = plan.start(command, **people)
    is_too_early = not is_filled and decision.end() == 1 and any(it in decision.messages for it in SAID_NO_CONTACT)
    if not is_too_early:
        plan.finish(decision, command, **people)
    plan.finish(run, "run")
    if is_too_early:
        world.seen["too early to merge"] += 1
        plan.do(command, **people)

    if command == "merge":
        model.merged[people["other"]] = people["kept"]
    else:
        model.suppressed.add(people["other"])
    n_runs = 2 if is_filled else 1
    check_decision(world, "the run", plan, model, n_runs)
    plan.do("load")
    check_decision(world, "ferry load", plan, model, n_runs)
    for batch in sorted(batches_of(plan, model, people.values())):
        plan.do("rerun", batch=batch)
    check_decision(world, "ferry rerun", plan, model, n_runs)
    plan.do("new run")
    check_decision(world, "a new run", plan, model, n_runs + 1)
    world.audit(plan)


def killed_run(world):
    """e: a run is killed at any moment, and another run of another folder starts at once on the same database.

    Expected: if the killed run held the lease, the other says that it waits, and loads only when the lease has expired:
    by itself in the first round on each database, and else as an administrator expires it. If the killed run is started
    again meanwhile, it takes its lease back at once, and the other ends with 0, or with 75 and then with 0. In the end
    both have ended with 0, as one run each.
    """
    waits_for_lease, is_started_again = world.rng.random() < 0.5, world.rng.random() < 0.3
    moment = world.rng.random() * world.length
    database, earlier, one, two = two_projects(world)
    killed = one.start("run")
    if waits_for_lease or world.is_first_of_kind:
        wait_until(lambda: Lease(database).is_of(killed) or killed.code is not None)
        moment *= 0 if world.is_first_of_kind else 0.5
    time.sleep(moment)
    killed.kill()
    lease = Lease(database)
    other = two.start("run")
    if not lease.is_of(killed):
        world.seen["killed without the lease" if killed.code == -signal.SIGKILL else "ended before the kill"] += 1
    else:
        world.seen["killed with the lease"] += 1
        wait_until(lambda: SAID_WAITING in other.messages or other.code is not None)
        time.sleep(0.3)
        if other.code is not None:
            world.wrong(f"did not wait for the lease of a killed run: {other}")
        elif world.is_first_of_kind:
            world.seen["waited for the whole lease"] += 1
            if other.end() != 0 or time.time() < lease.expires_at:
                world.wrong(f"did not wait until the lease of a killed run had expired: {other}")
        elif is_started_again:
            world.seen["started again while the other waits"] += 1
            one.do("run")
        else:
            database.execute(EXPIRE)
            if other.end() != 0:
                world.wrong(f"the lease had expired: {other}")
    two.finish(other, "run")
    one.do("run")
    check_all(world, database, earlier, one, two)


def stopped_run(world):
    """f: a run is stopped (SIGSTOP) while it loads, its lease expires, another run loads, and the first continues.

    The lease expires by itself in the first round on each database, and else as an administrator expires it. The first
    run continues when the other has ended, or while the other is at work, or before there is another.

    Expected: the other ends with 0. The first then writes nothing more, and ends with 75 and "another run has taken
    over the loading"; with 0 only if all its batches had their receipts before it was stopped. Started again it ends
    with 0, and the people of both are there. If it continues before there is another, it ends with 0.
    """
    continues = "after the other" if world.is_first_of_kind else world.rng.choice(
        ["after the other", "after the other", "during the other", "before the other"])
    waits_for_receipt, part = world.rng.random() < 0.5, world.rng.random()
    database, earlier, one, two = two_projects(world)
    stopped = stopped_with_lease(world, one, database, waits_for_receipt, part * world.length)
    if stopped is None:
        world.seen["ended before the stop"] += 1
        continues = "before the other"
    else:
        is_complete = note_receipts(world, database)
        lease = Lease(database)
        if not world.is_first_of_kind:
            database.execute(EXPIRE)
    if continues == "before the other":
        if stopped is not None:
            world.seen["continued before the other"] += 1
            stopped.send(signal.SIGCONT)
            if stopped.end() != 0:
                world.wrong(f"its lease had expired, and no one has taken it over: {stopped}")
        two.do("run")
    else:
        other = two.start("run")
        if continues == "during the other":
            wait_until(lambda: Lease(database).is_of(other) or other.code is not None)
            world.seen["continued during the other" if other.code is None else "continued after the other"] += 1
            stopped.send(signal.SIGCONT)
            stopped.end()
        if other.end() != 0 or (world.is_first_of_kind and time.time() < lease.expires_at):
            world.wrong(f"did not load when the lease of a stopped run had expired: {other}")
        before = database.dump()
        stopped.send(signal.SIGCONT)
        if stopped.end() == TRY_LATER and SAID_TAKEN_OVER in stopped.messages:
            world.seen["taken over"] += 1
        elif stopped.end() != 0 or not is_complete:
            world.wrong(f"was taken over, and not all of its batches were loaded: {stopped}")
        changed = [table for table, rows in database.dump().items() if rows != before.get(table)]
        if changed:
            world.wrong(f"has written to {', '.join(changed)} after it was taken over: {stopped}")
        two.finish(other, "run")
    one.do("run")
    check_all(world, database, earlier, one, two)


KINDS = {"a": two_first_runs, "b": one_plan_twice, "c": two_plans_of_one_name, "d": decision_during_a_run,
         "e": killed_run, "f": stopped_run}


def two_projects(world):
    """A database, empty or filled by earlier plans, and two more plans of one name in two folders, with one key."""
    database, earlier = filled_or_empty(world)
    first, second = world.lists()
    write_key(world.root / "two", (world.root / "one" / "ferry.key").read_text().strip())
    return database, earlier, Plan(world, "one", database, first), Plan(world, "two", database, second, channel="viber")


def filled_or_empty(world):
    """A database with the people of an earlier plan, or without any. Folder `one` gets its key."""
    database, earlier, key = world.database(), [], world.key()
    write_key(world.root / "one", key)
    if world.rng.random() < 0.5:
        write_key(world.root / "earlier", key)
        earlier.append(Plan(world, "earlier", database, world.lists()[0]))
        earlier[0].do("run")
    return database, earlier


def at_once(world, plans):
    """Runs two plans, the second after a random moment, until both have ended with 0."""
    moment = world.moment()
    first = plans[0].start("run")
    time.sleep(moment)
    world.seen["at once" if first.code is None else "one after the other"] += 1
    second = plans[1].start("run")
    plans[0].finish(first, "run")
    plans[1].finish(second, "run")


def check_all(world, database, earlier, *plans):
    world.check(database, Model(*earlier, *plans), [*earlier, *plans], n_runs=len(earlier) + len(plans))
    world.audit(*earlier, *plans)


def ready(plan, model, rows):
    """The people of a list who are `ready`, or would be if the plan verified."""
    contacts = {row.phone: model.contact(row.phone) for row in rows}
    is_ready = {True: "ready", False: "undecided"}[plan.is_verified]
    return sorted(phone for phone, contact in contacts.items() if contact["segment"] == is_ready)


def check_decision(world, after, plan, model, n_runs):
    n_before = len(world.problems)
    world.check(plan.database, model, [plan], n_runs)
    file = f"ready after {after}.csv".replace(" ", "-")
    plan.do("export", file=file)
    exported = (plan.folder / file).read_text()
    for phone in [*model.suppressed, *model.merged]:
        # The phone of somebody who was merged may be in a column of the other, but is not that of a contact.
        if any(phone in line.split(",")[:2] for line in exported.splitlines()):
            world.wrong(f"{phone} is exported as ready")
    world.problems[n_before:] = [f"after {after}: {problem}" for problem in world.problems[n_before:]]


def batches_of(plan, model, phones):
    """The batches of some people: batches have people in the order of their ids."""
    contacts = plan.database.rows("select e164 as phone, contact_id as id from contact_view")
    ids = {contact["phone"]: contact["id"] for contact in contacts}
    hex_of = "encode(other_id, 'hex')" if isinstance(plan.database, Postgres) else "lower(hex(other_id))"
    merged = plan.database.rows(f"select {hex_of} as id from decision where decision = 'merge'")
    ids.update(zip(model.merged, (row["id"] for row in merged)))
    listed = {row.phone for row in plan.rows}
    in_order = sorted(id for phone, id in ids.items() if phone in listed)
    return {in_order.index(ids[phone]) // (plan.world.shape.batch or 1000) + 1 for phone in phones}


def stopped_with_lease(world, plan, database, waits_for_receipt, moment):
    """A run that is stopped with the lease and in no transaction, during which no one else can write; none if it ended
    before.

    It is stopped after its first receipt for loading, or some time after it took the lease, in the first round at once.
    """
    process = plan.start("run")
    wait_until(lambda: Lease(database).is_of(process) or process.code is not None)
    if waits_for_receipt and not world.is_first_of_kind:
        wait_until(lambda: receipts(database)["load"] or process.code is not None)
    elif not world.is_first_of_kind:
        time.sleep(moment * 0.7)
    while process.code is None:
        process.send(signal.SIGSTOP)
        time.sleep(0.02)
        if process.code is None and not database.is_being_written():
            break
        world.seen["stopped in a transaction, and once more"] += 1
        process.send(signal.SIGCONT)
        time.sleep(0.005)
    if process.code is None and Lease(database).is_of(process):
        return process
    process.send(signal.SIGCONT)
    plan.finish(process, "run")
    return None


def receipts(database):
    """How many batches and receipts the run has that took the lease last."""
    rows = database.rows("select stage, count(*) as n from receipt join run on run.run_id = receipt.run_id"
                         " join lease on run_uid = uid group by stage union all select 'batches', count(*) from batch"
                         " join run on run.run_id = batch.run_id join lease on run_uid = uid")
    return Counter({row["stage"]: row["n"] for row in rows})


def note_receipts(world, database):
    """Notes how far a stopped run has come. Gives whether all its batches are loaded."""
    found = receipts(database)
    is_complete = 0 < found["batches"] == found["load"]
    moments = ["when all was loaded"] if is_complete else [
        f"with receipts of {stage}" for stage in ("load", "verify") if found[stage]]
    world.seen[f"stopped {(moments or ['before the first receipt'])[0]}"] += 1
    return is_complete


class Rounds:
    def __init__(self, options, root):
        self.options, self.root, self.lengths = options, root, {}
        self.n_rounds, self.n_wrong, self.found = Counter(), Counter(), Counter()
        self.seen = {kind: Counter() for kind in KINDS}
        self.makers = {Sqlite: Sqlite, **({Postgres: self.make_postgres} if options.postgres else {})}

    def make_postgres(self, root, name):
        database = f"ferry_rounds_{os.getpid()}_{root.name}_{name}"
        return Postgres(self.options.postgres, database.lower().replace("-", "_"))

    def world(self, name, database, shape, rng, length):
        root = self.root / f"{name}-{database.name}"
        return World(root, self.options.ferry, self.makers[database], shape, rng, length)

    def length_of(self, database, shape):
        """How long a first run takes that is alone."""
        if (database, shape) not in self.lengths:
            world = self.world(f"length-{shape.n_people}-{shape.batch}", database, shape, random.Random(1), 0)
            plan = Plan(world, "one", world.database(), world.lists()[0])
            started = time.monotonic()
            plan.do("run")
            self.lengths[database, shape] = time.monotonic() - started
            self.close(world)
        return self.lengths[database, shape]

    def play(self, number):
        kind = list(KINDS)[number % len(KINDS)]
        for database in self.makers:
            rng = random.Random(f"{self.options.seed} {number}")
            shape = rng.choice(LONG_SHAPES if kind == "f" else SHAPES)
            world = self.world(f"{number:03}", database, shape, rng, self.length_of(database, shape))
            world.is_first_of_kind = number < len(KINDS)
            try:
                KINDS[kind](world)
            except (Failed, OSError, KeyError, ValueError, sqlite3.Error) as failure:
                world.wrong(f"{type(failure).__name__}: {failure}")
            self.note(number, kind, database, world)
            self.close(world)

    def note(self, number, kind, database, world):
        self.n_rounds[kind, database] += 1
        self.seen[kind].update(world.seen)
        self.found.update(world.found)
        if world.problems:
            self.n_wrong[kind] += 1
            what = f"WRONG round {number} ({kind}, {database.name}, {world.shape}), {len(world.problems)} problems:"
            again = f"scripts/rounds --seed {self.options.seed} --only {number}"
            print(what, *world.problems[:5], again, sep="\n      ", flush=True)

    def close(self, world):
        is_kept = bool(world.problems and self.options.keep)
        world.close(is_kept)
        if not is_kept:
            shutil.rmtree(world.root)

    def summary(self):
        for kind, play in KINDS.items():
            if not self.n_rounds[kind, Sqlite]:
                continue
            counts = ", ".join(f"{database.name} {self.n_rounds[kind, database]}" for database in self.makers)
            seen = "".join(f", {what} {n}" for what, n in sorted(self.seen[kind].items()))
            print(f"{play.__doc__.splitlines()[0]} {counts}, wrong {self.n_wrong[kind]}{seen}")
        counts = [f"{kind} {self.n_rounds[kind, Sqlite]}" for kind in KINDS]
        counts += [f"{what} {self.found[what]}" for what in ("lost", "doubled", "wrong keys")]
        print("rounds", *counts, sep="  ")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n_rounds", nargs="?", type=int, default=200, metavar="N", help="how many rounds (200)")
    parser.add_argument("--ferry", required=True, type=lambda it: Path(it).resolve(), help="the program")
    parser.add_argument("--postgres", metavar="URL", help="a database of a server on which new ones can be made")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--only", type=int, metavar="R", help="one round, counted from 0")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="a new folder, which keeps the wrong rounds")
    options = parser.parse_args()
    root = (options.keep or Path(tempfile.mkdtemp())).resolve()
    rounds = Rounds(options, root)
    numbers = range(options.n_rounds) if options.only is None else [options.only]
    print(f"{len(numbers)} rounds on {' and '.join(it.name for it in rounds.makers)}, seed {options.seed}", flush=True)
    try:
        for number in numbers:
            rounds.play(number)
    finally:
        rounds.summary()
        if not options.keep:
            shutil.rmtree(root)
    return 1 if rounds.n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
