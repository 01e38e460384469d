#!/usr/bin/env python3
"""Measures how long messages still reach the platform after `ferry campaign stop`.

    stop_order.py --ferry BIN --out DIR [--people 3000] [--per-second 80] [--after 400] [--database sqlite|postgres|URL]

Starts a campaign by the real clock without faults, orders the stop once so many requests have come, and compares the last request
in the sandbox's log with the order. The moment of the order is the one before the command begins, and also the one that the
database noted. Ends with 0 if the last request came less than half a second after the noted order.
"""

import json
import signal
import sys
import time

from sandbox_log import Log
from storm import Storm, parser_of

MOST = 0.5  # seconds


class StopOrder(Storm):
    """A campaign without faults that is stopped in the middle."""

    def run(self):
        """Does all, and returns the measurement."""
        self._prepare()
        self._start_senders()
        while self._requests() < self.arguments.after and self.senders[0].is_running():
            time.sleep(0.002)
        before = time.time()
        said = json.loads(self.world.command("campaign", "stop", "spring", "--reason", "measured", "--format", "json"))
        after = time.time()
        time.sleep(2)
        codes = [sender.stop() for sender in self.senders]
        requests = Log(self.folder / "sandbox.log").requests
        last = max(request.real_at for request in requests) / 1e6
        noted = self.database.rows("select at from campaign_order_view where word = 'stop'")[0]["at"] / 1e6
        steady = [request for request in requests if request.real_at / 1e6 < before]
        seconds = (steady[-1].real_at - steady[0].real_at) / 1e6
        return {"requests": len(requests), "a_second": round(len(steady) / seconds, 1), "said": said, "exit_codes": codes,
                "command_seconds": round(after - before, 3), "noted_after_begin": round(noted - before, 3),
                "last_request_after_begin": round(last - before, 3), "last_request_after_noted": round(last - noted, 3)}


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--after", type=int, default=400, help="requests after which it is stopped")
    parser.set_defaults(people=3_000, share=0)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    order = StopOrder(arguments)
    try:
        report = order.run()
    finally:
        order.end()
    print(json.dumps(report, indent=1))
    sys.exit(report["last_request_after_noted"] >= MOST)


if __name__ == "__main__":
    main()
