"""People who write STOP, many a second: signed webhooks of Meta, sent to `ferry serve` until it answers 200.

`stops.jsonl` gets a line for each person: when the first attempt began and when the 200 came, by the real clock, and whether the
STOP was aimed at a message that was about to leave (see aim.py).
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

CONNECTIONS = 64  # at least; a 200 can take 120 ms, so there are more at a high rate
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
    """Sends the stops of `phones` at `rate` a second, in a thread of its own, and those that `aimed` brings until `close`.
    Each person writes once."""

    def __init__(self, port, secret, phones, rate, folder, most_aimed=0):
        super().__init__(daemon=True)
        self.port, self.secret, self.phones, self.rate, self.folder = port, secret, phones, rate, Path(folder)
        self.most_aimed, self.n_aimed, self.n_done, self.n_again = most_aimed, 0, 0, 0
        self.loop, self.queue, self.written, self.closed = asyncio.new_event_loop(), asyncio.Queue(), set(), asyncio.Event()

    def run(self):
        self.loop.run_until_complete(self._send_all())

    def aimed(self, phone):
        """Somebody writes STOP at once. Other threads call it."""
        self.loop.call_soon_threadsafe(self._put, phone, True)

    def close(self):
        """Nothing is aimed any more."""
        self.loop.call_soon_threadsafe(self.closed.set)

    def _put(self, phone, is_aimed):
        if phone in self.written or (is_aimed and self.n_aimed == self.most_aimed):
            return
        self.written.add(phone)
        self.n_aimed += is_aimed
        self.queue.put_nowait((len(self.written), phone, is_aimed))

    async def _send_all(self):
        began = time.monotonic()
        with open(self.folder / "stops.jsonl", "a", encoding="ascii") as log:
            n_workers = max(CONNECTIONS, round(self.rate / 4))
            workers = [asyncio.create_task(self._work(log)) for _ in range(n_workers)]
            for number, phone in enumerate(self.phones):
                wait = began + number / self.rate - time.monotonic()
                if wait > 0.001:
                    await asyncio.sleep(wait)
                self._put(phone, False)
            await self.closed.wait()
            await self.queue.join()
            for worker in workers:
                worker.cancel()

    async def _work(self, log):
        connection = None
        while True:
            number, phone, is_aimed = await self.queue.get()
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
            log.write(json.dumps({"from": phone, "is_aimed": is_aimed, "sent_real_at_us": int(first * 1e6),
                                  "acknowledged_real_at_us": int(acknowledged * 1e6)}) + "\n")
            log.flush()
            self.n_done += 1
            self.queue.task_done()

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


def lines(folder):
    """Returns the lines of stops.jsonl."""
    path = Path(folder) / "stops.jsonl"
    return [json.loads(line) for line in (path.read_text().splitlines() if path.exists() else ())]


def speed(lines):
    """Returns how many stops a second were acknowledged, aimed ones aside, and how long all took until the 200."""
    waits = sorted((line["acknowledged_real_at_us"] - line["sent_real_at_us"]) / 1e3 for line in lines) or [0]
    planned = [line for line in lines if not line["is_aimed"]]
    begin = min((line["sent_real_at_us"] for line in planned), default=0)
    end = max((line["acknowledged_real_at_us"] for line in planned), default=1_000_000)
    return {"a_second": round(len(planned) / (end - begin) * 1e6), "median_ms": round(waits[len(waits) // 2]),
            "longest_ms": round(waits[-1])}
