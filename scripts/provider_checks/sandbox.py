"""The control of the sandbox, by which reads are judged."""

import json
import urllib.request


class Sandbox:
    def __init__(self, url, token):
        self.url, self.token = url, token

    def rows(self, provider, stream):
        """The rows of a stream that are there, by their ids."""
        rows = self.lines(provider, stream)
        by_id = {row["id"]: row for row in rows}
        assert len(by_id) == len(rows), f"{provider}: two rows have one id"
        return by_id

    def lines(self, provider, stream):
        """The rows of a stream that are there, in a list: of some streams, several have one id."""
        rows = self._lines(f"providers/{provider}/rows")
        return [row for row in rows if row["stream"] == stream and row["state"] == "present"]

    def calls(self, provider):
        return [call for call in self._lines("providers/calls") if call["provider"] == provider]

    def change(self, provider, **change):
        self._post(f"providers/{provider}/change", change)

    def faults(self, *faults):
        self._post("faults", faults)

    def advance(self, seconds):
        self._post("clock", {"advance_seconds": seconds})

    def now(self):
        return json.loads(self._get("clock"))["now"]

    def _lines(self, path):
        return [json.loads(line) for line in self._get(path).splitlines()]

    def _get(self, path):
        with urllib.request.urlopen(f"{self.url}/sandbox/{path}") as answer:
            return answer.read().decode()

    def _post(self, path, body):
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", json.dumps(body).encode(), headers)
        urllib.request.urlopen(request).close()


def equal(what, read, expected):
    """Asserts that two dictionaries by id are equal, and says where they are not. Returns their size."""
    missing, unknown = sorted(expected.keys() - read.keys()), sorted(read.keys() - expected.keys())
    assert not missing and not unknown, f"{what}: missing {missing[:3]} ({len(missing)}), unknown {unknown[:3]} ({len(unknown)})"
    for key, row in expected.items():
        assert read[key] == row, f"{what}: {key}: read {read[key]}, and the ledger has {row}"
    return len(expected)
