"""The processes of a rehearsal or a storm: the sandbox, the receiver, and commands of Ferry."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import plans

SECRET = "any-word"
ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)")


class Process:
    """A program that runs until it is ended."""

    def __init__(self, words, folder, environment, log, ready=None):
        self.log, self.cpu_seconds = Path(folder) / log, 0.0
        with open(self.log, "ab") as file:
            place = file.tell()
            self.process = subprocess.Popen([str(word) for word in words], cwd=folder, env=environment, stdout=file, stderr=file)
        self.address = self._wait(ready, place) if ready else None

    def _wait(self, ready, place):
        until = time.monotonic() + 120
        while time.monotonic() < until and self.is_running():
            found = ready.search(self.log.read_bytes()[place:])
            if found:
                return found[0].decode()
            time.sleep(0.005)
        raise SystemExit(f"the program did not start: see {self.log}")

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        if self.process.returncode is None:
            self.cpu_seconds = _cpu_seconds(self.process.pid)
        return self.process.poll() is None

    def kill(self):
        """Ends the program by SIGKILL."""
        if self.is_running():
            os.kill(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def stop(self):
        """Asks the program to end, and returns its exit code."""
        if self.is_running():
            self.process.terminate()
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            return self.kill()


def _cpu_seconds(pid):
    """What a process has used of the processors until now, also one that has ended and was not waited for."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


class World:
    """A folder with a plan, a sandbox and a receiver. `database` is the address for [crm]."""

    def __init__(self, ferry, folder, database):
        self.ferry, self.folder, self.database = Path(ferry).resolve(), Path(folder).resolve(), database
        self.environment = os.environ | {plans.SECRET_VARIABLE: SECRET, plans.VERIFY_VARIABLE: "v", "USER": "rehearsal"}
        self.environment.pop("FERRY_LOG", None)
        self.sandbox = self.receiver = None
        self.port = 0

    def start_sandbox(self, seed, *words):
        """Starts the sandbox; its log of sends is the oracle."""
        command = [self.ferry, "sandbox", "--port", 0, "--seed", seed, "--registered", "1.0", "--sends-log", "sandbox.log",
                   "--webhook-secret-env", plans.SECRET_VARIABLE, *words]
        self.sandbox = Process(command, self.folder, self.environment, "sandbox.out", ADDRESS)
        return self.sandbox.address

    def start_receiver(self):
        """Starts `ferry serve`, on the same port as before."""
        command = [self.ferry, "serve", "plan.toml", "--listen", f"127.0.0.1:{self.port}"]
        self.receiver = Process(command, self.folder, self.environment, "serve.out", ADDRESS)
        self.port = int(self.receiver.address.rsplit(":", 1)[1])
        return self.receiver.address

    def sender(self, *words, log="sender.out", environment=None):
        """Starts `ferry campaign start`, which sends until there is nothing more to do."""
        command = [self.ferry, "campaign", "start", "spring", *words]
        return Process(command, self.folder, environment or self.environment, log)

    def command(self, *words, expect=(0,)):
        """Runs a command of Ferry. Returns what it printed."""
        done = subprocess.run([str(self.ferry), *map(str, words)], cwd=self.folder, env=self.environment, text=True,
                              capture_output=True, check=False)
        if done.returncode not in expect or (done.returncode and not done.stdout):
            raise SystemExit(f"ferry {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def post(self, path, body):
        """Posts JSON to the sandbox."""
        request = urllib.request.Request(self.sandbox.address + path, json.dumps(body).encode(),
                                         {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=600) as answer:
            return answer.status

    def get(self, path):
        """Gets JSON from the sandbox."""
        with urllib.request.urlopen(self.sandbox.address + path, timeout=60) as answer:
            return json.load(answer)

    def prepare(self):
        """Loads the people, and has the templates approved."""
        self.command("run", "--quiet", expect=(0, 3))
        (self.folder / "templates.json").write_text(plans.templates(), encoding="utf-8")
        self.command("template", "submit", "templates.json")
        self.command("template", "sync")

    def end(self):
        """Leaves nothing running."""
        for process in (self.receiver, self.sandbox):
            if process:
                process.kill()
