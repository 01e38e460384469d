"""A world of its own for each story: a plan with a few people, a database, a sandbox whose clock stands still, a server.

Everything is done with commands of Ferry and calls of the sandbox. Nothing is written to the database by other ways.
"""

import csv
import hashlib
import hmac
import json
import os
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT, NUMBER, PORTFOLIO = "400000000000033", "500000000000301", "600000000000001"
SECRET, START = "secret", "2026-10-06T08:00:00Z"  # a Tuesday, ten o'clock in Paris
OFFER, NOTE = "offer", "note"  # the templates: marketing and utility

PLAN = """[run]
name = "stories"
default_region = "FR"
[crm]
url = "sqlite:ferry.db"
[[wording]]
name = "news"
version = "1"
language = "fr"
text = "Oui, je veux les offres et les nouvelles de mes commandes par WhatsApp."
purposes = ["marketing", "utility"]
[[wording]]
name = "orders"
version = "1"
language = "fr"
text = "Oui, je veux les nouvelles de mes commandes par WhatsApp."
purposes = ["utility"]
{sources}
[[segment]]
name = "all"
where = "{where}"
[verify]
adapter = "contacts"
url = "{url}"
[whatsapp]
account = "400000000000033"
url = "{url}/v25.0"
[[webhook]]
kind = "meta"
path = "/webhooks/meta"
secrets_env = ["STORY_SECRET"]
verify_token_env = "STORY_VERIFY"
[sending]
{sending}
{campaigns}
"""
SOURCE = """[[source]]
name = "{name}"
channel = "sms"
path = "{name}.csv"
profile = "columns"
consent_channel = "{channel}"
{wording}
[source.columns]
phone = "phone"
name = "name"
language = "lang"
last_at = "last"
consent = "optin"
consent_at = "at"
[source.attributes]
city = "city"
"""
# The sources: what a consent in each of them covers.
SOURCES = {"news": ("whatsapp", "news@1"), "orders": ("whatsapp", "orders@1"), "sms": ("sms", None)}
SENDING = {"mode": "sandbox", "number": NUMBER, "zone": "Europe/Paris", "test_wave": 0, "per_hour": 0, "watch_minutes": 0,
           "timeout_ms": 1000, "max_refusers": 1.0, "max_not_registered": 1.0, "min_delivered": 0.0, "max_failed": 1.0,
           "max_stops": 1.0}


def phone(n):
    """The n-th number that is reserved for fiction."""
    return f"+331990{n:05d}"


def person(n, source="news", **more):
    """A row of a source: somebody who has consented in September."""
    row = {"phone": phone(n), "name": f"Ana {n}", "lang": "fr", "last": "2026-09-01", "optin": "yes", "at": "2026-09-01",
           "city": "Lyon"}
    return {"source": source} | row | more


def template(name=OFFER, language="fr", category="MARKETING", text="Bonjour {{1}}, voici des nouvelles pour vous."):
    """A template. One for marketing has a button with which people stop it."""
    parts = [{"type": "BODY", "text": text} | ({"example": {"body_text": [["Ana"]]}} if "{{1}}" in text else {})]
    if category == "MARKETING":
        parts += [{"type": "FOOTER", "text": "Pour ne plus en recevoir : Stop promo"},
                  {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop promo"}]}]
    return {"name": name, "language": language, "category": category, "components": parts}


def step(name="invite", template=OFFER, parameter="name or text:vous", language="fr", **more):
    """A step of a campaign, as text of the plan."""
    given = {"name": name, "template": template, "language": language} | more
    text = "[[campaign.step]]\n" + "".join(_line(key, value) for key, value in given.items() if value is not None)
    return text + (f'[campaign.step.parameters]\n1 = "{parameter}"\n' if parameter else "")


def campaign(name="welcome", *steps, **more):
    """A campaign, as text of the plan."""
    given = {"name": name, "segment": "all", "not_after": "2027-12-30"} | more
    return "[[campaign]]\n" + "".join(_line(key, value) for key, value in given.items()) + "".join(steps or [step()])


def _line(key, value):
    return f"{key} = {json.dumps(value, ensure_ascii=False)}\n"


class Done:
    """What a command printed, and how it ended."""

    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    @property
    def text(self):
        return self.out + self.err

    @property
    def json(self):
        return json.loads(self.out)


class World:
    """One world. `ferry` runs a command, `sent` lists what the sandbox took."""

    def __init__(self, program, folder, people=(), templates=(), campaigns=None, sending=None, where="region = 'FR'",
                 settings=None, start=START, serve=True, registered="1.0"):
        self.program, self.folder = str(Path(program).resolve()), Path(folder).resolve()
        self.environment = os.environ | {"STORY_SECRET": SECRET, "STORY_VERIFY": "word", "USER": "eva"}
        self.processes, self.settings = [], {}
        self.where, self.campaigns, self.sending = where, campaigns or campaign(), SENDING | (sending or {})
        self.people = list(people) or [person(n) for n in range(1, 4)]
        self._start_sandbox(start, registered)
        self.write_plan()
        self.load(*self.people)
        self.templates = list(templates) or [template()]
        (self.folder / "templates.json").write_text(json.dumps(self.templates))
        self.must("template", "submit", "templates.json")
        self.sync()
        self.hook = self.serve() if serve else None
        self.set({"accounts": {ACCOUNT: {"portfolio": PORTFOLIO}}, "numbers": {NUMBER: {"account": ACCOUNT}},
                  "portfolios": {PORTFOLIO: {"tier": "TIER_2K"}}, "people": {"all_registered": True},
                  "limits": {"marketing_sync_seconds": 0}} | self._webhooks(), settings or {})

    def _webhooks(self):
        return {"webhooks": {"to": self.hook, "events_in_a_body": 10}} if self.hook else {}

    def _start_sandbox(self, start, registered):
        self.log = self.folder / "sandbox.log"
        options = ["--port", "0", "--seed", "3", "--starts-at", start, "--frozen-clock", "--registered", registered]
        options += ["--sends-log", str(self.log), "--webhook-secret-env", "STORY_SECRET"]
        self.url = self._run("sandbox", *options, ready="sandbox on ").split()[0]

    def serve(self):
        """Starts `ferry serve`. Returns the address of its webhooks."""
        address = self._run("serve", "--listen", "127.0.0.1:0", ready="receiving webhooks on ").split()[0]
        self.server = self.processes[-1]
        return address + "/webhooks/meta"

    def _run(self, *words, ready):
        out = self.folder / f"{words[0]}-{len(self.processes)}.out"
        with out.open("w") as file:
            self.processes.append(subprocess.Popen([self.program, *words], cwd=self.folder, env=self.environment,
                                                   stdout=file, stderr=file))
        until = time.monotonic() + 60
        while time.monotonic() < until and self.processes[-1].poll() is None:
            if ready in (text := out.read_text()):
                return text.split(ready)[1]
            time.sleep(0.01)
        raise SystemExit(f"ferry {words[0]} did not start: {out.read_text()}")

    def close(self):
        """Ends everything that runs here."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()

    # The plan, and what is loaded by it.

    def write_plan(self, **more):
        """Writes the plan anew, after some of it changed: `campaigns`, `sending`, `where`, `url`."""
        for key, value in more.items():
            setattr(self, key, value)
        sources = "".join(SOURCE.format(name=name, channel=channel, wording=f'wording = "{wording}"' if wording else "")
                          for name, (channel, wording) in SOURCES.items() if any(it["source"] == name for it in self.people))
        sending = "".join(_line(key, value) for key, value in self.sending.items() if value is not None)
        text = PLAN.format(sources=sources, where=self.where, url=self.url, sending=sending, campaigns=self.campaigns)
        (self.folder / "plan.toml").write_text(text)

    def load(self, *people):
        """Loads these people, and nobody else, by a run."""
        for source in {it["source"] for it in self.people}:
            with (self.folder / f"{source}.csv").open("w", newline="") as file:
                rows = csv.DictWriter(file, ["phone", "name", "lang", "last", "optin", "at", "city"], extrasaction="ignore")
                rows.writeheader()
                rows.writerows(it for it in people if it["source"] == source)
        self.must("run", "--quiet", *(["--new"] if (self.folder / "ferry.db").exists() else []))

    # Commands.

    def ferry(self, *words, stdin=None, wait=60):
        """Runs a command to its end."""
        return Done(subprocess.run([self.program, *words], cwd=self.folder, env=self.environment, text=True, check=False,
                                   capture_output=True, input=stdin if stdin is not None else "", timeout=wait))

    def must(self, *words, stdin=None):
        """Runs a command that must not fail. 3 is: done, with something to look at."""
        done = self.ferry(*words, stdin=stdin)
        if done.code not in (0, 3):
            raise SystemExit(f"ferry {' '.join(words)} ended with {done.code}: {done.text}")
        return done

    def start(self, name="welcome", *words):
        return self.ferry("campaign", "start", name, "--rehearse", *words)

    def begin(self, name="welcome", *words):
        """Starts a campaign, and does not wait for its end."""
        with (self.folder / f"start-{len(self.processes)}.out").open("w") as out:
            self.processes.append(subprocess.Popen([self.program, "campaign", "start", name, "--rehearse", *words], stderr=out,
                                                   cwd=self.folder, env=self.environment, stdout=out, stdin=subprocess.DEVNULL))
        return self.processes[-1]

    def order(self, word, name="welcome", *words):
        return self.ferry("campaign", word, name, *words)

    def status(self, name="welcome"):
        return self.order("status", name, "--rehearse", "--format", "json").json

    def prove(self, name="welcome"):
        return self.order("prove", name, "--sandbox-log", str(self.log), "--format", "json").json

    def sync(self):
        return self.must("template", "sync")

    # The sandbox.

    def call(self, path, body=None):
        """Calls the sandbox. Returns what it answered."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error.code} {error.read()}") from error
        return json.loads(text) if text else None

    def set(self, *changes):
        """Changes settings of the sending side. What is not named stays."""
        for change in changes:
            self.settings = _merged(self.settings, change)
        self.call("/sandbox/sending", self.settings)

    def moderate(self, *moderation, sync=True):
        """Decides about templates, and lets Ferry ask what became of them."""
        self.call("/sandbox/moderation", list(moderation))
        if sync:
            self.sync()

    def now(self):
        return self.call("/sandbox/clock")["now"]

    def move(self, **to):
        """Moves the clock: `to` a moment, or by `hours`."""
        self.call("/sandbox/clock", {"advance_seconds": round(to["hours"] * 3600)} if "hours" in to else to)
        if self.hook:
            self.derived()

    def writes(self, n, text="STOP"):
        """Somebody writes, and the webhook was answered."""
        self.does(n, {"writes": text})

    def does(self, n, what):
        self.call("/sandbox/inbound", [{"from": phone(n)[1:], "number": NUMBER, "does": what}])
        self.move(hours=1 / 3600)

    def webhook(self, field, value):
        """Sends a webhook to the server, as the platform does."""
        body = json.dumps({"object": "whatsapp_business_account", "entry": [
            {"id": ACCOUNT, "time": int(time.time()), "changes": [{"field": field, "value": value}]}]}).encode()
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(self.hook, body, {"X-Hub-Signature-256": signature})
        with urllib.request.urlopen(request, timeout=60):
            pass
        self.derived()

    def derived(self):
        """Waits until everything was derived from what webhooks brought."""
        while self.sql("select count(*) from event where number > coalesce((select number from event_cursor where name = 'derived'), 0)") != [(0,)]:
            time.sleep(0.01)

    # What happened.

    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def requests(self, **like):
        """The requests that came to the sandbox."""
        return [it for it in self.lines() if "n" in it and all(it[key] == value for key, value in like.items())]

    def sent(self, **like):
        """To whom messages were sent, by the n of the people."""
        taken = [it for it in self.requests(**like) if it["outcome"] != "refused"]
        return sorted((number(it["to"]) for it in taken), key=lambda it: (isinstance(it, str), it))

    def sql(self, question, *values):
        with sqlite3.connect(self.folder / "ferry.db", timeout=60) as database:
            return database.execute(question, values).fetchall()

    def state(self, n, campaign="welcome"):
        """What became of a person: a state of the outbox with its code, or the reason for which they were left out."""
        found = self.sql("select state, code from outbox_view join contact_view using (contact_id) where e164 = ? and "
                         "campaign = ?", phone(n), campaign)
        left = self.sql("select reason from campaign_exclusion_view join contact_view using (contact_id) where e164 = ? "
                        "and campaign = ?", phone(n), campaign)
        return " ".join(str(it) for row in found or left for it in row if it is not None) or "nothing"


def number(digits):
    """The n of a number that is reserved for fiction; others as they are."""
    return int(digits[-5:]) if digits.startswith("331990") else digits


def _merged(old, new):
    """Merges objects. Lists and words are replaced."""
    both = isinstance(old, dict) and isinstance(new, dict)
    return {key: _merged(old[key], new[key]) if key in old and key in new else new.get(key, old.get(key))
            for key in {**old, **new}} if both else new
