#!/usr/bin/env python3
"""Sends a file of webhook traffic over many keep-alive connections, and again until each request has its final answer.

    sending.py DIR PORT CONNECTIONS SEED LOGS

A platform sends again what was not answered: after a lost connection, after 503 and 408, after no answer. So does this.
It writes to LOGS:

    requests.tsv   one row a request: its place in the traffic, SHA-256 of the body, answer, attempts, and the times of the
                   first attempt and of the answer (nanoseconds since 1970)
    lost.tsv       one row for each attempt without an answer: when it began and when it was lost (nanoseconds of the
                   monotonic clock), how many bytes were sent, and how many there are
    progress       two numbers of 8 bytes, shared by mmap: answered requests, and requests in flight

An attempt begins when its first bytes are in the socket.
"""

import asyncio
import hashlib
import json
import mmap
import random as randomness
import struct
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

AGAIN = (408, 500, 502, 503, 504)  # answers after which a platform sends again
PATIENCE = 30  # seconds until an answer counts as missing
MOST_ATTEMPTS = 2_000
IN_PARTS = 0.03  # share of requests whose body comes in two parts


@dataclass
class Job:
    """A request that waits for its final answer."""

    place: int
    digest: str
    head: bytes
    body: bytes
    expected: int
    n_attempts: int = 0
    first: int = 0


class Lost(Exception):
    """The connection ended before the answer."""


class Sender:
    """Shares a file of requests among connections."""

    def __init__(self, folder, port, seed, logs):
        self.port, self.random = port, randomness.Random(seed)
        self.source = self._jobs(folder)
        self.again, self.n_open, self.answers = [], 0, Counter()
        self.requests = open(logs / "requests.tsv", "w", encoding="ascii")
        self.lost = open(logs / "lost.tsv", "w", encoding="ascii", buffering=1)
        with open(logs / "progress", "r+b") as file:
            self.progress = mmap.mmap(file.fileno(), 16)
        self.n_answered = self.n_in_flight = 0

    def _jobs(self, folder):
        with open(Path(folder) / "traffic.jsonl", encoding="utf-8") as file:
            for place, text in enumerate(file):
                line = json.loads(text)
                body = line["body"].encode()
                head = [f"POST {line['path']} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Content-Length: {len(body)}"]
                head += [f"{name}: {value}" for name, value in line["headers"]]
                head = "\r\n".join(head + ["", ""]).encode("latin-1")
                yield Job(place, hashlib.sha256(body).hexdigest(), head, body, line["status"])

    async def next(self):
        """Returns a request to send, or None after the last one is answered."""
        while True:
            if self.again and self.again[0][0] <= time.monotonic():
                return self.again.pop(0)[1]
            job = next(self.source, None)
            if job:
                self.n_open += 1
                return job
            if self.n_open == 0:
                return None
            await asyncio.sleep(0.01)

    async def connection(self):
        """Sends one request after the other, and connects again when the connection is lost."""
        stream = None
        while job := await self.next():
            stream = stream or await self._connect()
            job.n_attempts += 1
            try:
                status, is_open = await self._exchange(stream, job)
            except Lost:
                status, is_open = None, False
            if not is_open:
                stream[1].transport.abort()
                stream = None
            self._answered(job, status)
        if stream:
            stream[1].close()

    async def _connect(self):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
            except OSError:
                await asyncio.sleep(0.02)

    async def _exchange(self, stream, job):
        """Sends a request once. Returns the status, and whether the connection can be used again."""
        reader, writer = stream
        began, n_sent = time.monotonic_ns(), 0
        job.first = job.first or time.time_ns()
        self._count(in_flight=1)
        try:
            for part in self._parts(job):
                if n_sent:
                    await asyncio.sleep(self.random.uniform(0.002, 0.03))
                if writer.is_closing() or reader.at_eof():
                    raise EOFError
                writer.write(part)
                n_sent += len(part)
            return await asyncio.wait_for(self._read(reader), PATIENCE)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError) as error:
            n_left = writer.transport.get_write_buffer_size()
            self.lost.write(f"{began}\t{time.monotonic_ns()}\t{n_sent - n_left}\t{len(job.head) + len(job.body)}\n")
            raise Lost from error
        finally:
            self._count(in_flight=-1)

    def _parts(self, job):
        whole = job.head + job.body
        if self.random.random() >= IN_PARTS:
            return [whole]
        place = self.random.randrange(1, len(whole))
        return [whole[:place], whole[place:]]

    async def _read(self, reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rows = head.rstrip().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rows)}
        await reader.readexactly(int(fields.get("content-length", 0)))
        return int(first.split()[1]), fields.get("connection", "").lower() != "close"

    def _answered(self, job, status):
        """Notes the final answer, or puts the request back to be sent again."""
        self.answers[status] += 1
        if (status is None or status in AGAIN) and job.n_attempts < MOST_ATTEMPTS:
            self.again.append((time.monotonic() + self.random.uniform(0.01, 0.2), job))
            self.again.sort(key=lambda pair: pair[0])
            return
        self.n_open -= 1
        self.requests.write(f"{job.place}\t{job.digest}\t{status or 0}\t{job.n_attempts}\t{job.first}\t{time.time_ns()}\n")
        self._count(answered=1)

    def _count(self, answered=0, in_flight=0):
        self.n_answered += answered
        self.n_in_flight += in_flight
        self.progress[:] = struct.pack("<qq", self.n_answered, self.n_in_flight)


async def send(folder, port, n_connections, seed, logs):
    sender = Sender(folder, port, seed, logs)
    await asyncio.gather(*(sender.connection() for _ in range(n_connections)))
    sender.requests.close()
    return sender.answers


def main():
    folder, port, n_connections, seed, logs = sys.argv[1:]
    answers = asyncio.run(send(folder, int(port), int(n_connections), int(seed), Path(logs)))
    print(json.dumps({str(status): n for status, n in sorted(answers.items(), key=str)}))


if __name__ == "__main__":
    main()
