"""Reads a sandbox with the official client of each provider, and compares what it read with the ledger of the sandbox.

    check_providers.py URL TOKEN [--prism FOLDER] PROVIDER…

URL is that of `ferry sandbox --people N --messages N --token-env …`, TOKEN its secret. Prints a line for each provider:
its name, the calls that were exchanged, the rows that were equal. With --prism, Twilio is read through Prism in front of
the sandbox, with the documents of Twilio; FOLDER is what `scripts/prism/install` prints.

A provider is a file in provider_checks/ with a function `check(sandbox, prism)`. It returns how many rows were equal, and
raises an error where what the client read is not what the ledger has.
"""

import argparse
import importlib

from provider_checks.sandbox import Sandbox


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("--prism", metavar="FOLDER")
    parser.add_argument("providers", nargs="+", metavar="PROVIDER")
    arguments = parser.parse_args()
    sandbox = Sandbox(arguments.url, arguments.token)
    for provider in arguments.providers:
        before = len(sandbox.calls(provider))
        n_rows = importlib.import_module(f"provider_checks.{provider}").check(sandbox, arguments.prism)
        calls = sandbox.calls(provider)[before:]
        assert calls and n_rows, f"{provider}: nothing was exchanged"
        print(provider, "calls", len(calls), "rows", n_rows)


main()
