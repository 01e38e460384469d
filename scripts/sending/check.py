#!/usr/bin/env python3
"""The oracle: holds what the sandbox took against the database and the rules, and both against `ferry campaign prove`.

    check.py DIR [--database sqlite|URL] [--ferry BIN]

DIR is that of rehearse.py or storm.py. Everything is computed here, by rules of its own; `ferry campaign prove --format json`
is only compared with it. Prints what is wrong, and ends with 1 if anything is.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import limits
import people
import plans
from sandbox_log import Log, shown

sys.path.append(str(Path(__file__).resolve().parent.parent / "receiving"))
from databases import open_database  # noqa: E402

STEP_OF = {template: step for step, template in plans.STEPS.items()}
WAIT = 2 * limits.DAY  # of the reminder


class Facts:
    """The log, the database and the people of a folder."""

    def __init__(self, folder, database):
        self.folder = Path(folder)
        self.log = Log(self.folder / "sandbox.log")
        self.people = people.load(self.folder)
        self.profile = json.loads((self.folder / "profile.json").read_text())
        columns = "select message_id, step, contact_id, state, code, intent_at, intent_number from outbox_view where campaign"
        self.outbox = {row["message_id"]: row for row in database.rows(f"{columns} <> 'confirm-stop'")}
        self.confirmations = {row["message_id"]: row for row in database.rows(f"{columns} = 'confirm-stop'")}
        self.offers = [request for request in self.log.requests if not request.is_text]
        self.texts = [request for request in self.log.taken if request.is_text]
        self.excluded = database.rows("select step, contact_id, reason from campaign_exclusion_view")
        self.phones = {row["contact_id"]: row["e164"].lstrip("+") for row in
                       database.rows("select contact_id, e164 from contact_view where e164 is not null")}
        self.state = database.rows("select state from campaign_view")[0]["state"]
        self.stops_of_sandbox = self._stops_of_sandbox()
        self.sent_stops = Counter()  # stops that storm.py sent itself, by person
        self.stops = self._stops()

    def _stops_of_sandbox(self):
        """Returns {person: real time at which a stop was first acknowledged}."""
        found = {}
        for inbound in self.log.inbound:
            if inbound.is_stop and inbound.acknowledged is not None:
                found[inbound.person] = min(inbound.acknowledged, found.get(inbound.person, inbound.acknowledged))
        return found

    def _stops(self):
        """Returns the same, also of stops that storm.py sent itself: the log of the sandbox does not have them."""
        found, path = dict(self.stops_of_sandbox), self.folder / "stops.jsonl"
        for line in map(json.loads, path.read_text().splitlines() if path.exists() else ()):
            self.sent_stops[line["from"]] += 1
            if line["acknowledged_real_at_us"] is not None:
                found[line["from"]] = min(line["acknowledged_real_at_us"], found.get(line["from"], 1 << 62))
        return found

    def stops_said_in_sandbox(self):
        """How often each person has written or pressed a stop, by the log of the sandbox."""
        return Counter(it.person for it in self.log.inbound if it.is_stop and it.is_said)


def check(folder, database, world=None, is_over=True):
    """Returns the verdict: numbers, what is wrong, and where Ferry's own proof differs."""
    facts = Facts(folder, database)
    after_stop = len(_after_stops(facts, facts.stops))
    numbers = _once(facts) | _confirmed(facts) | {"stops": len(facts.stops), "after_stop": after_stop}
    wrong = _wrong(facts, numbers, is_over)
    verdict = {"numbers": numbers, "use": _use(facts), "wrong": wrong, "differs": []}
    if world:
        proof = json.loads(world.command("campaign", "prove", "spring", "--sandbox-log", "sandbox.log", "--format", "json",
                                         expect=(0, 1)))
        # What storm.py sends itself is not in the log of the sandbox, by which Ferry's own proof judges.
        of_sandbox = {"stops": len(facts.stops_of_sandbox), "after_stop": len(_after_stops(facts, facts.stops_of_sandbox)),
                      "confirmations_too_many": _too_many(facts, facts.stops_said_in_sandbox())}
        verdict["differs"] = _compare(proof, numbers | of_sandbox)
        is_good = not any((numbers | of_sandbox)[name] for name in ("doubled", "lost", "unnoticed", "after_stop", "confirmations_too_many"))
        if proof["is_good"] != is_good:
            verdict["differs"].append(f"is_good: ferry says {proof['is_good']}, the oracle {is_good}")
    verdict["is_right"] = not wrong and not verdict["differs"]
    return verdict


def _once(facts):
    """Counts by message: doubled, lost, unnoticed, unknown."""
    offers = [request for request in facts.offers if request.is_taken]
    taken = Counter(request.opaque for request in offers)
    by_person = Counter((request.to, request.template) for request in offers)
    states = Counter(row["state"] for row in facts.outbox.values())
    known = ("accepted", "unknown", "intent")
    return {
        "requests": len(facts.log.requests), "taken": len(offers), "statuses": facts.log.n_statuses,
        "doubled": sum(n - 1 for n in taken.values()),
        "doubled_by_person": sum(n - 1 for n in by_person.values()),
        "lost": sum(row["state"] == "accepted" and not taken[id] for id, row in facts.outbox.items()),
        "unnoticed": sum(facts.outbox.get(id, {"state": "no row"})["state"] not in known for id in taken),
        "unknown_taken": sum(row["state"] == "unknown" and taken[id] > 0 for id, row in facts.outbox.items()),
        "refused_by_sandbox": sum(not request.is_taken for request in facts.log.requests),
        "excluded": len(facts.excluded),
    } | {state: states[state] for state in ("planned", "intent", "accepted", "refused", "unknown", "cancelled", "not_sent")}


def _confirmed(facts):
    """Counts confirmations of stops, which are the only messages that may follow one: each the first after a stop that the
    person has written or pressed."""
    taken = Counter(request.opaque for request in facts.texts)
    said = facts.stops_said_in_sandbox() + facts.sent_stops
    states = Counter(row["state"] for row in facts.confirmations.values())
    return {
        "confirmations": len(facts.texts), "confirmations_noted": states["accepted"] + states["unknown"] + states["intent"],
        "confirmations_too_many": _too_many(facts, said),
        "confirmations_doubled": sum(n - 1 for n in taken.values()),
        "confirmations_lost": sum(row["state"] == "accepted" and not taken[id] for id, row in facts.confirmations.items()),
        "confirmations_unnoticed": sum(facts.confirmations.get(id, {"state": "no row"})["state"]
                                       not in ("accepted", "unknown", "intent") for id in taken),
    }


def _too_many(facts, said):
    """How many confirmations people got beyond the stops that they have said."""
    by_person = Counter(request.to for request in facts.texts)
    return sum(max(0, n - said[person]) for person, n in by_person.items())


def _early_or_late(facts):
    """Confirmations that came before the stop, or when the conversation was closed."""
    said = defaultdict(list)
    for inbound in facts.log.inbound:
        if inbound.is_stop and inbound.is_said:
            said[inbound.person].append(inbound.at)
    for request in facts.texts:
        if request.to not in facts.sent_stops and not any(at <= request.at < at + limits.DAY for at in said[request.to]):
            yield request


def _after_stops(facts, stops):
    """Requests that reached the platform after a stop of the person was acknowledged."""
    never = 1 << 62
    return [request for request in facts.offers if request.real_at > stops.get(request.to, never)]


def _wrong(facts, numbers, is_over):
    """Lists sentences about everything that must not be."""
    wrong = [f"{name.replace('_', ' ')}: {numbers[name]}" for name in
             ("doubled", "doubled_by_person", "lost", "unnoticed", "after_stop", "confirmations_too_many",
              "confirmations_doubled", "confirmations_lost", "confirmations_unnoticed") if numbers[name]]
    outside = sum(1 for _ in _early_or_late(facts))
    wrong += [f"confirmations outside of the conversation of a stop: {outside}"] if outside else []
    if facts.texts and not facts.profile.get("confirms"):
        wrong.append(f"confirmations, though the plan has no text for them: {len(facts.texts)}")
    if is_over:
        wrong += [f"left in state {state}: {numbers[state]}" for state in ("intent", "not_sent") if numbers[state]]
        wrong += _forgotten(facts) + _unconfirmed(facts)
    return wrong + list(_audience(facts)) + _windows(facts)


def _windows(facts):
    log, profile = facts.log, facts.profile
    found = [*limits.second(log, profile["per_second"]), *limits.pair(log), *limits.person(log), *limits.holds(log),
             *limits.allowed_hours(log, facts.people, profile["hours"]), *limits.People(log, profile["tier"]).over]
    if profile["per_hour"]:
        found += limits.per_hour(log, profile["per_hour"])
    found += [f"the sandbox saw {what} over its limit {n} times" for what, n in Counter(it["over"] for it in log.over).items()]
    return _shortened(found)


def _audience(facts):
    """Messages to people whom a step is not for, or in a language that is not theirs."""
    excluded = {(facts.phones[row["contact_id"]], row["step"]) for row in facts.excluded}
    invites = {request.to: request for request in facts.offers if request.is_taken and STEP_OF[request.template] == "invite"}
    wrong = Counter()
    for request in facts.offers:
        if request.to is None:  # the connection ended before the body was read
            continue
        person, step = facts.people.get(request.to), STEP_OF[request.template]
        if person is None or not person.expects_offers:
            wrong["messages to people who have not agreed, or must not be written to"] += 1
            continue
        if (request.to, step) in excluded and request.is_taken:
            wrong["messages to people who are left out by the database"] += 1
        if request.language != plans.language_of(step, person.language):
            wrong[f"{step} in {request.language} to people who read {person.language}"] += 1
        if request.path != "marketing_messages":
            wrong["offers by /messages, though the account is ready for /marketing_messages"] += 1
        if step == "reminder":
            _reminder(facts, request, invites.get(request.to), wrong)
    for sentence, n in wrong.items():
        yield f"{sentence}: {n}"


def _reminder(facts, request, invite, wrong):
    if invite is None:
        wrong["reminders to people without an invitation"] += 1
        return
    arrived = facts.log.delivered_at(invite.opaque)
    if arrived is not None and arrived < request.at:
        wrong["reminders to people whose invitation had arrived"] += 1
    if request.at < invite.at + WAIT:
        wrong["reminders less than 2 days after the invitation"] += 1


def _forgotten(facts):
    """People to whom the invitation applied, and of whom nothing is known."""
    if facts.state != "finished":
        return [f"the campaign is {facts.state}"]
    known = {facts.phones[row["contact_id"]] for row in facts.outbox.values() if row["step"] == "invite"}
    known |= {facts.phones[row["contact_id"]] for row in facts.excluded if row["step"] == "invite"}
    # People who have stopped leave the segment, so later waves do not have them.
    missing = [phone for phone, person in facts.people.items()
               if person.expects_offers and phone not in known and phone not in facts.stops]
    left_out = Counter(row["reason"] for row in facts.excluded if row["step"] == "invite"
                       and facts.people[facts.phones[row["contact_id"]]].expects_offers
                       and facts.phones[row["contact_id"]] not in facts.stops)
    wrong = [f"people to whom the campaign applies and who were forgotten: {len(missing)}"] if missing else []
    wrong += _without_reminder(facts)
    return wrong + [f"people to whom the campaign applies are left out as {reason}: {n}" for reason, n in left_out.items()]


def _unconfirmed(facts):
    """People who said stop to a message of ours, and of whose confirmation nothing is known."""
    if not facts.profile.get("confirms"):
        return []
    known = {facts.phones[row["contact_id"]] for row in facts.confirmations.values()}
    said = {it.person for it in facts.log.inbound if it.is_stop and it.is_said and it.acknowledged is not None}
    missing = len(said - known)
    return [f"people who said stop, without a confirmation and without a row: {missing}"] if missing else []


def _without_reminder(facts):
    """People whose invitation had not arrived after 2 days, and who got no reminder and no reason."""
    if not facts.profile.get("has_reminder"):
        return []
    known = {facts.phones[row["contact_id"]] for row in facts.outbox.values() if row["step"] == "reminder"}
    known |= {facts.phones[row["contact_id"]] for row in facts.excluded if row["step"] == "reminder"}
    missing = 0
    for request in (it for it in facts.offers if it.is_taken):
        arrived = facts.log.delivered_at(request.opaque)
        if STEP_OF[request.template] == "invite" and (arrived is None or arrived > request.at + WAIT):
            missing += request.to not in known and request.to not in facts.stops
    return [f"people whose invitation never arrived, without a reminder and without a reason: {missing}"] if missing else []


def _use(facts):
    """The share of each limit that was used at the most."""
    log, profile = facts.log, facts.profile
    use = {"messages a second": limits.rate_use(log, profile["per_second"])}
    for (day, tier), share in sorted(limits.People(log, profile["tier"]).use.items()):
        use[f"people in 24 hours, {day}, {tier}"] = share
    if profile["per_hour"]:
        moments = [request.at for request in log.taken]
        use["messages an hour"] = max((sum(at - limits.HOUR < it <= at for it in moments) for at in moments[::97]),
                                      default=0) / profile["per_hour"]
    return use


def _compare(proof, numbers):
    """Lists where Ferry's proof says other numbers than the oracle."""
    sandbox = proof["sandbox"] or {}
    pairs = [(name, proof[name], numbers[ours]) for name, ours in
             (("accepted", "accepted"), ("refused", "refused"), ("unknown", "unknown"), ("planned", "planned"),
              ("intents", "intent"), ("cancelled", "cancelled"), ("excluded", "excluded"),
              ("confirmations", "confirmations_noted"), ("confirmations_wrong", "confirmations_too_many"))]
    pairs += [(f"sandbox.{name}", sandbox.get(name), numbers[name]) for name in
              ("requests", "taken", "doubled", "lost", "unnoticed", "unknown_taken", "stops", "after_stop",
               "confirmations")]
    return [f"{name}: ferry says {theirs}, the oracle {ours}" for name, theirs, ours in pairs if theirs != ours]


def _shortened(found):
    """Keeps three sentences of each kind, and counts the others."""
    kinds = defaultdict(list)
    for sentence in found:
        kinds[sentence.split(": ")[0]].append(sentence)
    return [line for kind, lines in kinds.items()
            for line in (lines if len(lines) <= 3 else [*lines[:3], f"{kind}: {len(lines)} times in all"])]


def text(verdict):
    """Writes a verdict for people."""
    lines = [", ".join(f"{name} {n}" for name, n in verdict["numbers"].items())]
    lines += [f"used: {name}: {share:.1%}" for name, share in verdict["use"].items() if share is not None]
    lines += [f"WRONG: {sentence}" for sentence in verdict["wrong"]]
    lines += [f"DIFFERS: {sentence}" for sentence in verdict["differs"]]
    return "\n".join([*lines, "the oracle agrees" if verdict["is_right"] else "the oracle does NOT agree"])


class Prover:
    """Runs `ferry campaign prove` in a folder."""

    def __init__(self, ferry, folder):
        self.ferry, self.folder = str(Path(ferry).resolve()), folder

    def command(self, *words, expect):
        """Runs a command of Ferry. Returns what it printed."""
        done = subprocess.run([self.ferry, *words], cwd=self.folder, text=True, capture_output=True, check=False)
        if done.returncode not in expect or not done.stdout:
            raise SystemExit(f"ferry {' '.join(words)}: {done.stderr}")
        return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--ferry", type=Path, help="compares `ferry campaign prove` too")
    arguments = parser.parse_args()
    database = open_database(arguments.database, arguments.folder)
    verdict = check(arguments.folder, database, Prover(arguments.ferry, arguments.folder) if arguments.ferry else None)
    print(text(verdict))
    sys.exit(not verdict["is_right"])


if __name__ == "__main__":
    main()
