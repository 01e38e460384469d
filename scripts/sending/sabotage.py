#!/usr/bin/env python3
"""Breaks `ferry` on purpose, and shows that the tests of sending notice it.

    sabotage.py --target DIR [--scratch DIR] [--cargo CARGO] [NAME…]
    sabotage.py --check        only says whether the mistakes can still be made in the files that are here

Each sabotage is one mistake that a change of the sender could make. The committed tree is copied to a git worktree; the right
program is built there first, and must pass what each sabotage must fail. Then each mistake is built and run. DIR is the target
directory of cargo. NAME is a part of the names of those that are wanted. Prints a table, and ends with 0 if the right program
passed everywhere and every mistake was noticed for the reason that is expected.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass
class Sabotage:
    """A mistake. `edits` are (file, text, new text). `command` must pass with the right program and fail with this one, and say
    what `caught` finds: its number must be above 0."""

    name: str
    says: str
    edits: list
    command: list
    caught: str


SABOTAGES = [
    Sabotage(
        "marked, then sent",
        "a message is noted as accepted before its bytes leave: a crash between loses it",
        # An answer that comes later still corrects the row, so only a crash shows the mistake.
        [("crates/campaign/src/sending/run/claims.rs",
          "        self.n_flying += intents.len();\n",
          "        let sent: Vec<crm::Settled> =\n"
          "            intents.iter().map(|it| crm::Settled::new(it.message.id, crm::SendOutcome::Accepted)).collect();\n"
          "        self.account.crm.settle(&sent, self.account.clock.now()).await?;\n"
          "        self.n_flying += intents.len();\n"),
         ("crates/crm/src/outbox/settle.rs",
          '            "intent" => true,\n',
          '            "intent" | "accepted" => true,\n'),
         ("crates/crm/schema/outbox_guards_sqlite.sql",
          "      when 'not_sent' then new.state = 'planned' or new.state = 'cancelled' end, 0);\n",
          "      when 'accepted' then new.state <> 'intent'\n"
          "      when 'not_sent' then new.state = 'planned' or new.state = 'cancelled' end, 0);\n")],
        ["storm.py", "--people", "300", "--kills", "6", "--share", "0", "--linger", "3"],
        r"\blost (\d+)"),
    Sabotage(
        "sent, then marked",
        "bytes leave before the intent is committed and logged: a crash between sends the message twice",
        [("crates/crm/src/outbox/claim.rs",
          "        claimed.next_due = tx.next_due(request.campaign).await?;\n        tx.commit().await?;\n",
          "        claimed.next_due = tx.next_due(request.campaign).await?;\n"
          "        tokio::spawn(async move {\n"
          "            tokio::time::sleep(std::time::Duration::from_millis(60)).await;\n"
          "            let _ = tx.commit().await;\n"
          "        });\n"),
         ("crates/campaign/src/sending/run/claims.rs",
          "        self.account.log_intents(&intents).await?;\n",
          "        let (account, later) = (Arc::clone(&self.account), intents.clone());\n"
          "        tokio::spawn(async move {\n"
          "            tokio::time::sleep(std::time::Duration::from_millis(60)).await;\n"
          "            let _ = account.log_intents(&later).await;\n"
          "        });\n")],
        ["storm.py", "--people", "300", "--kills", "6", "--share", "0", "--linger", "3"],
        r"\bdoubled (\d+)"),
    Sabotage(
        "limit in memory only",
        "a new sender does not count what was sent before it: after a crash a limit is used again",
        [("crates/campaign/src/sending/usage.rs",
          "        let usage = Usage::of(limits, sent.iter().map(|it| counted(it, sender)));\n",
          "        let usage = Usage::of(limits, std::iter::empty());\n")],
        ["stories.py", "limits_hold_after_a_kill"],
        r"60 messages an hour, killed: a new sender counts what the old one sent: .*found (\d+)"),
    Sabotage(
        "horizon off",
        "a STOP is answered at once, although a message to that person is about to leave",
        [("crates/crm/src/outbox/withdraw.rs",
          "    (HORIZON + HORIZON_SLACK).saturating_sub(age)\n",
          "    (HORIZON + HORIZON_SLACK).saturating_sub(age).min(Duration::ZERO)\n")],
        ["storm.py", "--people", "300", "--kills", "0", "--aimed", "100", "--share", "0", "--linger", "3"],
        r"\bafter_stop (\d+)"),
]


def edited(tree, file, old, new):
    """Returns the text of a file with an edit."""
    text = (tree / file).read_text()
    if text.count(old) != 1:
        raise SystemExit(f"an edit of {file} does not apply any more: its text occurs {text.count(old)} times:\n{old}")
    return text.replace(old, new)


class Builds:
    """Builds of one worktree, in which edits are made and taken back."""

    def __init__(self, scratch, target, cargo):
        self.tree, self.target, self.cargo = scratch / "tree", target.resolve(), cargo
        subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(self.tree), "HEAD"], cwd=ROOT, check=True)

    def build(self, edits, program):
        """Builds with these edits, and copies the program to `program`."""
        for file, old, new in edits:
            (self.tree / file).write_text(edited(self.tree, file, old, new))
        # `cargo run` with cp as the runner: nothing comes between the build and the copy.
        words = [self.cargo, "run", "--quiet", "--package", "ferry", "--config", 'target."cfg(all())".runner="cp"', "--",
                 str(program)]
        built = subprocess.run(words, cwd=self.tree, env=os.environ | {"CARGO_TARGET_DIR": str(self.target)}, check=False)
        subprocess.run(["git", "checkout", "--quiet", "."], cwd=self.tree, check=True)
        if built.returncode:
            raise SystemExit("the program could not be built")

    def end(self):
        """Removes the worktree."""
        subprocess.run(["git", "worktree", "remove", "--force", str(self.tree)], cwd=ROOT, check=False)


def run(sabotage, program, folder):
    """Runs the command of a sabotage with a program. Returns whether it passed, what it said, and the number it is caught by."""
    script, *words = sabotage.command
    out = ["--out", str(folder)] if script == "storm.py" else []
    words = [sys.executable, str(HERE / script), "--ferry", str(program), *out, *words]
    done = subprocess.run(words, text=True, capture_output=True, check=False)
    said = done.stdout + done.stderr
    folder.with_suffix(".out").write_text(said)
    found = re.search(sabotage.caught, said)
    return done.returncode == 0, said, int(found[1]) if found else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    doing = parser.add_mutually_exclusive_group(required=True)
    doing.add_argument("--target", type=Path, help="target directory of cargo")
    doing.add_argument("--check", action="store_true", help="build nothing")
    parser.add_argument("--scratch", type=Path, help="folder for the worktree, the programs and the storms; it must not be there")
    parser.add_argument("--cargo", default="cargo")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    chosen = [it for it in SABOTAGES if not arguments.names or any(name in it.name for name in arguments.names)]
    if arguments.check:
        for sabotage in chosen:
            for edit in sabotage.edits:
                edited(ROOT, *edit)
        return
    scratch = (arguments.scratch or Path(tempfile.mkdtemp(prefix="sabotage-")) / "all").resolve()
    scratch.mkdir(parents=True)
    builds = Builds(scratch, arguments.target, arguments.cargo)
    try:
        rows = judge(chosen, builds, scratch)
    finally:
        builds.end()
    print(table(rows))
    sys.exit(not all(is_right for *_, is_right in rows))


def judge(chosen, builds, scratch):
    """Runs all. Returns rows of the table, with whether each is as it must be."""
    rows = []
    right = scratch / "right"
    builds.build([], right)
    passed = {}
    for number, sabotage in enumerate(chosen):
        key = json.dumps(sabotage.command)
        if key not in passed:
            passed[key] = run(sabotage, right, scratch / f"right-{number}")
        is_right = passed[key][0]
        broken = scratch / f"broken-{number}"
        builds.build(sabotage.edits, broken)
        is_passed, said, n = run(sabotage, broken, scratch / f"{number}")
        broken.unlink()
        rows.append((sabotage, numbers(passed[key][1]), numbers(said), is_right and not is_passed and n > 0))
    return rows


def numbers(said):
    """The numbers that a storm or stories print about what went wrong."""
    found = [f"{name} {n}" for name, n in re.findall(r"\b(doubled|lost|after_stop) (\d+)", said)]
    found += re.findall(r"\d+ of \d+ stories are right", said) + re.findall(r"^WRONG +(.*)", said, re.MULTILINE)
    crossed = re.search(r'"crossed": (\d+)', said)
    return ", ".join([*found, *([f"crossed {crossed[1]}"] if crossed and crossed[1] != "0" else [])])


def table(rows):
    """The result, for people."""
    lines = ["", "| sabotage | caught by | right program | sabotaged program | noticed |", "|---|---|---|---|---|"]
    lines += [f"| {it.name}: {it.says} | `{' '.join(it.command)}` | {before} | {after} | {'yes' if is_right else 'NO'} |"
              for it, before, after, is_right in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
