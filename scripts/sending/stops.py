"""People who write STOP, many a second: signed webhooks of Meta, sent to `ferry serve` until it answers 200.

`stops.jsonl` gets a line for each person: when the first attempt began and when the 200 came, by the real clock.
"""

import asyncio
import json
import sys
import threading
import time
from pathlib import Path

import plans

sys.path.append(str(Path(__file__).resolve().parent.parent / "receiving"))
from signatures import sign  # noqa: E402

CONNECTIONS = 64
PATIENCE = 30  # seconds until an answer counts as missing


def body(phone, number, at):
    """The webhook about one STOP."""
    message = {"from": phone, "id": f"wamid.stop{number}.{phone}", "timestamp": str(int(at)), "type": "text",
               "text": {"body": "STOP"}}
    value = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "33199009999", "phone_number_id": plans.NUMBER},
             "contacts": [{"profile": {"name": "Ana"}, "wa_id": phone}], "messages": [message]}
    entry = {"id": plans.ACCOUNT, "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


class Stops(threading.Thread):
    """Sends the stops of `phones` at `rate` a second, in a thread of its own."""

    def __init__(self, port, secret, phones, rate, folder):
        super().__init__(daemon=True)
        self.port, self.secret, self.phones, self.rate, self.folder = port, secret, phones, rate, Path(folder)
        self.n_done, self.n_again, self.began, self.seconds = 0, 0, 0.0, 0.0

    def run(self):
        asyncio.run(self._send_all())

    async def _send_all(self):
        queue = asyncio.Queue()
        self.began = time.monotonic()
        with open(self.folder / "stops.jsonl", "a", encoding="ascii") as log:
            workers = [asyncio.create_task(self._work(queue, log)) for _ in range(CONNECTIONS)]
            for number, phone in enumerate(self.phones):
                wait = self.began + number / self.rate - time.monotonic()
                if wait > 0.001:
                    await asyncio.sleep(wait)
                queue.put_nowait((number, phone))
            await queue.join()
            for worker in workers:
                worker.cancel()
        self.seconds = time.monotonic() - self.began

    async def _work(self, queue, log):
        connection = None
        while True:
            number, phone = await queue.get()
            first, data = time.time(), body(phone, number, time.time())
            status = None
            while status != 200:
                try:
                    connection = connection or await asyncio.open_connection("127.0.0.1", self.port)
                    status = await asyncio.wait_for(self._post(connection, data), PATIENCE)
                except (OSError, EOFError, asyncio.TimeoutError, ValueError):
                    status = None
                acknowledged = time.time()
                if status != 200:
                    if connection:
                        connection[1].close()
                    connection, self.n_again = None, self.n_again + 1
                    await asyncio.sleep(0.05)
            log.write(json.dumps({"from": phone, "sent_real_at_us": int(first * 1e6),
                                  "acknowledged_real_at_us": int(acknowledged * 1e6)}) + "\n")
            log.flush()
            self.n_done += 1
            queue.task_done()

    async def _post(self, connection, data):
        reader, writer = connection
        head = (f"POST /webhooks/meta HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                f"x-hub-signature-256: {sign('meta', self.secret, data)}\r\ncontent-length: {len(data)}\r\n\r\n")
        writer.write(head.encode() + data)
        await writer.drain()
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        await reader.readexactly(length)
        return int(answer.split()[1])


def seconds_until_acknowledged(folder):
    """Returns the sorted times that people's stops took until the 200."""
    path = Path(folder) / "stops.jsonl"
    lines = map(json.loads, path.read_text().splitlines() if path.exists() else ())
    return sorted((line["acknowledged_real_at_us"] - line["sent_real_at_us"]) / 1e6 for line in lines)
