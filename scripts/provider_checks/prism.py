"""Prism in front of the sandbox: https://github.com/stoplightio/prism, in its mode `proxy`."""

import json
import pathlib
import socket
import subprocess
import time


class Prism:
    """A proxy that checks calls and answers by one of Twilio's documents, such as `twilio_api_v2010`."""

    def __init__(self, folder, document, upstream):
        documents = pathlib.Path(folder) / "node_modules/@twilio-alpha/mcp/twilio-oai/spec/json"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [pathlib.Path(folder) / "node_modules/.bin/prism", "proxy", documents / f"{document}.json", upstream]
        command += ["--port", str(self.port), "--verboseLevel", "error"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.1)
        self.process.kill()
        raise RuntimeError("Prism did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def violations(headers):
    """What Prism says of an exchange, as `(where, message)`."""
    found = json.loads(headers.get("sl-violations", "[]"))
    return [(".".join(it["location"]), it["message"]) for it in found]
