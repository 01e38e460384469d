#!/usr/bin/env python3
"""Tells small stories to `ferry campaign`, each in a world of its own, and says what is not as the facts have it.

    stories.py --ferry BIN [WORD…]      only the functions whose name or file holds one of the words

A world has a few people, a plan, templates, a sandbox whose clock stands still, and a server. Ends with 1 if one is wrong.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import stories_audience
import stories_consent
import stories_gates
import stories_limits
import stories_modes
import stories_orders
import stories_outcomes
import stories_recovery
import stories_templates
from stories_told import TALES, tell

MODULES = [stories_consent, stories_audience, stories_templates, stories_limits, stories_outcomes, stories_gates, stories_orders,
           stories_recovery, stories_modes]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ferry", type=Path, required=True, help="program to test")
    parser.add_argument("--workers", type=int, default=4, help="worlds at once")
    parser.add_argument("--times", action="store_true", help="print how long each function took")
    parser.add_argument("words", nargs="*", help="parts of names")
    arguments = parser.parse_args()
    is_wanted = lambda tale: not arguments.words or any(it in tale.__module__ + tale.__name__ for it in arguments.words)
    tales = [tale for tale in TALES if is_wanted(tale)]
    n_right = n_wrong = 0
    with ThreadPoolExecutor(arguments.workers) as workers:
        running = {workers.submit(tell, arguments.ferry, tale): tale.__name__ for tale in tales}
        for told in as_completed(running):
            lines, seconds = told.result()
            if arguments.times:
                print(f"{seconds:6.1f} {running[told]}")
            for is_right, line in lines:
                n_right, n_wrong = n_right + is_right, n_wrong + (not is_right)
                print(f"{'right' if is_right else 'WRONG':6} {line}", flush=True)
    print(f"{n_right} of {n_right + n_wrong} stories are right")
    raise SystemExit(1 if n_wrong or not n_right else 0)


if __name__ == "__main__":
    main()
