"""Starts and ends `ferry serve` with a plan that fits the settings of the traffic."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

READY = b"receiving webhooks on"  # what the server prints when it takes connections
PLAN = """[run]
name = "storm"
default_region = "FR"

[crm]
url = "{url}"

[[wording]]
name = "offers"
version = "1"
language = "en"
text = "Yes, send me offers on WhatsApp."
purposes = ["marketing"]

[[source]]
name = "people"
channel = "sms"
path = "people.csv"
profile = "columns"
consent_channel = "whatsapp"
wording = "offers@1"
[source.columns]
phone = "mobile"
name = "name"
consent = "offers"
consent_at = "since"

[gates]
max_reject_rate = 1
"""


class Server:
    """A server of webhooks on loopback. Its port and its plan stay the same when it starts again."""

    def __init__(self, program, folder, settings, url):
        self.program, self.folder = str(Path(program).resolve()), Path(folder).resolve()
        self.environment = dict(os.environ)
        (self.folder / "plan.toml").write_text(self._plan(settings, url))
        self.port = _free_port()
        self.process, self.n_starts = None, 0

    def _plan(self, settings, url):
        text = PLAN.format(url=url)
        for webhook in settings["webhooks"]:
            mark = webhook["kind"].upper().replace("360", "D360")
            names = [f"STORM_{mark}_{n}" for n in range(len(webhook["secrets"]))]
            self.environment |= dict(zip(names, webhook["secrets"]))
            text += f'\n[[webhook]]\nkind = "{webhook["kind"]}"\npath = "{webhook["path"]}"\n'
            text += "secrets_env = [" + ", ".join(f'"{name}"' for name in names) + "]\n"
            if "verify_token" in webhook:
                self.environment[f"STORM_{mark}_VERIFY"] = webhook["verify_token"]
                text += f'verify_token_env = "STORM_{mark}_VERIFY"\n'
            if "public_url" in webhook:
                text += f'public_url = "{webhook["public_url"]}"\n'
        return text

    def command(self, *words):
        """Runs another command of Ferry with the plan. Returns what it printed."""
        done = subprocess.run([self.program, *words], cwd=self.folder, env=self.environment, text=True, check=False,
                              capture_output=True)
        if done.returncode not in (0, 3):  # 3: done, with rejects to look at
            raise SystemExit(f"ferry {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def load(self, phones):
        """Loads people of these numbers, who have all said yes to offers on WhatsApp."""
        rows = [f"+{phone},Ana,yes,2026-01-01" for phone in phones]
        (self.folder / "people.csv").write_text("\n".join(["mobile,name,offers,since", *rows]) + "\n")
        self.command("run", "--quiet")

    def start(self):
        """Starts the server, and waits until it says that it receives."""
        log = open(self.folder / "serve.log", "a+", encoding="utf-8")
        place = log.seek(0, os.SEEK_END)
        self.process = subprocess.Popen([self.program, "serve", "plan.toml", "--listen", f"127.0.0.1:{self.port}"],
                                        cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        self.n_starts += 1
        until = time.monotonic() + 120
        while time.monotonic() < until and self.is_running():
            if READY in os.pread(log.fileno(), 4_096, place):
                log.close()
                return
            time.sleep(0.005)
        raise SystemExit(f"the server did not start: see {self.folder}/serve.log")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """Kills the server with SIGKILL. Returns the moment before, by the monotonic clock, in nanoseconds."""
        at = time.monotonic_ns()
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return at

    def stop(self):
        """Asks the server to end. Returns (moment in nanoseconds, exit code, seconds until it ended)."""
        at = time.monotonic_ns()
        self.process.terminate()
        code = self.process.wait(timeout=60)
        return at, code, (time.monotonic_ns() - at) / 1e9


def _free_port():
    """Finds a free port below those that the system gives to clients: a client that tries a port of those again and again
    connects to itself in the end."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as listener:
            if listener.connect_ex(("127.0.0.1", port)) != 0:
                return port
