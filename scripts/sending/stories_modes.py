"""Modes of sending, rehearsals, and what is printed."""

import re

from stories_told import tale
from stories_world import person, phone

PERSONAL = re.compile(r"33199\d{6}|\+33 ?1 ?99|Ana \d")


@tale
def mode_test(tell):
    world = tell.world(people=[person(n) for n in range(1, 6)], serve=False, sending={"mode": "test", "test_wave": None, "test_recipients": [phone(2), phone(4)]})
    done = world.start()
    tell.right("mode test: only the two of the list get it", (world.sent(), done.code), ([2, 4], 0))
    tell.right("mode test: others are left out with a reason", world.state(1), lambda it: it not in ("nothing", "accepted"))
    world = tell.world(people=[person(n) for n in range(1, 4)], serve=False)
    world.write_plan(sending=world.sending | {"mode": "test", "test_wave": None})
    done = world.start()
    tell.right("mode test without a list: nobody gets it, and it says which key is missing", (world.requests(), done.code != 0, "test_recipients" in done.text),
               ([], True, True))
    world = tell.world(people=[person(n) for n in range(1, 4)], serve=False, sending={"mode": "test", "test_wave": None, "test_recipients": [phone(9)]})
    done = world.start()
    tell.right("mode test, and the list has nobody of the segment: nobody gets it, and it says so", (world.requests(), done.text.split("\n")[0]),
               lambda it: it[0] == [] and it[1] != "")


@tale
def mode_live(tell):
    world = tell.world(people=[person(n) for n in range(1, 4)], serve=False, sending={"mode": "live", "test_wave": None})
    done = world.start()
    tell.right("live without a terminal and --yes-send: nothing goes, and it names the option", (world.requests(), done.code != 0, "--yes-send" in done.text),
               ([], True, True))
    for n in ("2", "4", "0"):
        done = world.start("welcome", "--yes-send", n)
        tell.right(f"live with --yes-send {n} for 3 people: nothing goes, and it says 3", (world.requests(), done.code != 0, "3" in done.err.split("Usage")[0]),
                   ([], True, True))
    done = world.ferry("campaign", "start", "welcome", "--rehearse", stdin="welcome\n3\n")
    tell.right("live with an answer from a pipe: nothing goes", (world.requests(), done.code != 0), ([], True))
    done = world.start("welcome", "--yes-send", "3")
    tell.right("live with --yes-send 3: three get it", (world.sent(), done.code), ([1, 2, 3], 0))


@tale
def mode_sandbox(tell):
    world = tell.world(people=[person(1)], serve=False)
    for url in ("https://graph.facebook.com", "http://192.0.2.1:8480", "http://127.0.0.1.example.com", "http://localhost.example.com:1"):
        world.write_plan(url=url)
        done = world.order("start")
        tell.right(f"mode sandbox with {url}: refused before anything is asked", (done.code, "sandbox" in done.text or "127.0.0.1" in done.text), (2, True))
        world.write_plan(sending=world.sending | {"mode": "live", "test_wave": None})
        done = world.start("welcome", "--yes-send", "1")
        tell.right(f"a rehearsal with {url}: refused", (done.code in (1, 2), "this machine" in done.text or "loopback" in done.text), (True, True))
        world.write_plan(sending=world.sending | {"mode": "sandbox"})
    tell.right("nothing was asked of the sandbox", world.requests(), [])


@tale
def rehearsal_with_a_clock_that_runs(tell):
    world = tell.world(people=[person(1)], serve=False)
    world.close()
    world.processes.clear()
    running = world._run("sandbox", "--port", "0", "--seed", "3", ready="sandbox on ").split()[0]
    world.write_plan(url=running)
    done = world.start()
    tell.right("a rehearsal with a clock that runs: refused, and it names the option of the sandbox", (done.code != 0, "--frozen-clock" in done.text or "frozen" in done.text),
               (True, True))


@tale
def what_is_printed(tell):
    world = tell.world(people=[person(n) for n in range(1, 8)], sending={"timeout_ms": 300}, settings={"statuses": {"missing": 1.0}})
    world.set({"faults": [{"kind": "silent_after", "when": {"to": [phone(1)]}}, {"kind": "error", "code": 132012, "when": {"to": [phone(2)]}},
                          {"kind": "error", "code": 131026, "when": {"to": [phone(3)]}}]})
    printed = [world.order(word, "welcome", "--rehearse").text for word in ("plan", "dry-run")]
    printed.append(world.ferry("-vv", "campaign", "start", "welcome", "--rehearse").text)
    printed += [world.order("status", "welcome", "--rehearse", *more).text for more in ([], ["--format", "json"])]
    printed += [world.order("prove", "welcome", "--sandbox-log", str(world.log)).text, world.order("settle").text]
    names = ["plan", "dry-run", "start -vv", "status", "status in JSON", "prove", "settle"]
    dry = printed[1].replace("+33199000001", "")  # the example number of a dry run, which is nobody's here
    for name, text in zip(names, [printed[0], dry, *printed[2:]]):
        tell.right(f"{name} prints no number and no name", PERSONAL.findall(text), [])
    log = (world.folder / "sends.log").read_text()
    tell.right("the log of sends has no number and no name", PERSONAL.findall(log), [])
    told, proof = world.status(), world.prove()
    rows = dict(world.sql("select state, count(*) from outbox_view group by 1"))
    tell.right("status, proof and database count the same", (told["steps"][0]["messages"], proof["accepted"], proof["refused"], proof["unknown"]),
               (rows, rows["accepted"], rows["refused"], rows["unknown"]))
    tell.right("everybody of the segment is accounted for", sum(rows.values()) + sum(told["steps"][0]["excluded"].values()), 7)
    tell.right("an unknown message: status names the command that settles it", world.order("status").out + printed[2], lambda it: "settle" in it)
    tell.right("a refusal: status says what its code means, not only the code", printed[3], lambda it: "132012" in it and ("values" in it or "template" in it.split("132012")[1]))
    tell.right("the proof says doubled 0", printed[5], lambda it: "doubled 0" in it)


@tale
def campaign_of_nobody(tell):
    world = tell.world(people=[person(1, optin=""), person(2, optin="")], serve=False)
    done = world.start()
    tell.right("nobody has consented: nothing goes, and it says so before it calls the campaign finished",
               (world.requests(), "consent" in done.text, world.status()["state"]), lambda it: it[0] == [] and it[1] and it[2] != "finished")
