"""Orders of people: pause, resume, stop, start again, and edits of the plan in the middle."""

import signal
import time

from stories_told import tale
from stories_world import NOTE, NUMBER, campaign, person, phone, step, template

SLOW = {"per_second": 4}


def paused(world):
    """Pauses at the first answer, by a token that fails, so that everybody waits."""
    world.set({"faults": [{"kind": "error", "code": 190}]})
    world.start()
    world.set({"faults": []})


@tale
def orders_that_make_no_sense(tell):
    world = tell.world(serve=False)
    for word in ("pause", "resume", "stop"):
        done = world.order(word)
        tell.right(f"{word} before any start: says that it was never started, and what starts it", (done.code in (1, 2), "start" in done.text), (True, True))
    tell.right("status before any start: it is new", world.order("status").out, lambda it: "new" in it)
    done = world.order("start", "welcom", "--rehearse")
    tell.right("a name that is not in the plan: names the nearest", (done.code, "welcome" in done.text), (2, True))
    world.start()
    done = world.start()
    tell.right("start after the end: nothing is sent, and it says what to do", (len(world.requests()), "finished" in done.text, done.code != 0),
               (3, True, True))
    for word in ("pause", "resume", "stop"):
        done = world.order(word)
        tell.right(f"{word} after the end: says that it is finished", "finished" in done.text, True)


@tale
def stop_for_good(tell):
    world = tell.world(serve=False)
    paused(world)
    stopped = world.order("stop", "welcome", "--reason", "wrong text")
    again, resumed = world.start(), world.order("resume")
    tell.right("stop: ends with 0", stopped.code, 0)
    tell.right("start after a stop: nothing is sent", (again.code != 0, world.sent(), "stopped" in again.text), (True, [], True))
    tell.right("resume after a stop: refused", (resumed.code != 0, "stopped" in resumed.text), (True, True))
    told = world.status()
    tell.right("stop: the reason and who said it are kept", (told["orders"][-1]["reason"], told["orders"][-1]["by"]), ("wrong text", "eva"))
    tell.right("stop: the proof is good", world.prove()["is_good"], True)


@tale
def stop_and_pause_while_it_runs(tell):
    for word, state in [("stop", "stopped"), ("pause", "paused")]:
        world = tell.world(people=[person(n) for n in range(1, 401)], serve=False, sending={"per_second": 5})
        running = world.begin()
        while not world.requests():
            time.sleep(0.02)
        done = world.order(word, "welcome", "--reason", "enough")
        n = len(world.requests())
        running.wait(60)
        tell.right(f"{word} while it runs: it ends in time, with at most a group after it", (done.code, 0 < n < 400, len(world.requests()) - n <= 64,
                   world.status()["state"]), (0, True, True, state))
        after = [it["last_intent_after_ms"] for it in world.status()["orders"] if it["order"] == word]
        tell.right(f"{word}: the time of the last intent after it is kept, and under half a second", after, lambda it: it[0] is None or it[0] < 500)
        if word == "pause":
            world.order("resume")
            world.start()
            tell.right("paused and resumed: everybody once", (len(world.sent()), len(set(world.sent()))), (400, 400))


@tale
def two_starts_at_once(tell):
    world = tell.world(people=[person(n) for n in range(1, 201)], serve=False)
    both = [world.begin(), world.begin()]
    for process in both:
        process.wait(100)
    world.start()
    tell.right("two starts at once: everybody once", (len(world.sent()), len(set(world.sent()))), (200, 200))
    # Both move one clock, so a message of one may come in a second of the other: limits of two are judged by storm.py, by the real clock.
    proof = world.prove()
    tell.right("two starts at once: the proof finds nothing doubled, lost or unnoticed",
               (proof["doubled"], proof["after_stop"], proof["sandbox"]["lost"], proof["sandbox"]["unnoticed"]), (0, 0, 0, 0))


@tale
def same_name_with_something_else(tell):
    world = tell.world(settings={"numbers": {"500000000000302": {"account": "400000000000033", "display_phone_number": "+33 1 99 00 99 98"}}}, serve=False)
    paused(world)
    world.order("resume")
    world.write_plan(sending=world.sending | {"number": "500000000000302"})
    done = world.start()
    tell.right("the same name with another number: refused, and it says why", (done.code != 0, world.sent(), "number" in done.text), (True, [], True))
    world.write_plan(sending=world.sending | {"number": NUMBER, "mode": "test", "test_recipients": [phone(1)]})
    done = world.start()
    tell.right("the same name in another mode: refused, and it says why", (done.code != 0, world.sent(), "mode" in done.text), (True, [], True))


@tale
def not_after_in_the_middle(tell):
    world = tell.world(people=[person(n) for n in range(1, 4)], serve=False, campaigns=campaign(not_after="2026-10-06T08:10:00Z"))
    paused(world)
    world.move(hours=1)
    world.order("resume")
    done = world.start()
    tell.right("not_after passed while it was paused: nothing goes", (world.sent(), "not_after" in done.text), ([], True))
    status = world.status()
    tell.right("not_after passed: nothing waits any more", (status["state"] in ("finished", "stopped", "paused", "running"), world.prove()["is_good"]), (True, True))
    world.write_plan(campaigns=campaign(not_after="2026-10-06"))
    world.order("resume")
    world.start()
    tell.right("not_after is set to the evening: who waited gets it", world.sent(), [1, 2, 3])
    world = tell.world(serve=False, campaigns=campaign(not_after="2026-10-05"))
    done = world.start()
    tell.right("not_after was yesterday: nothing begins", (world.requests(), done.code != 0, "not_after" in done.text), ([], True, True))
    world = tell.world(serve=False, people=[person(1)], campaigns=campaign(not_after="2026-10-06"), start="2026-10-06T21:59:00Z", sending={"hours": "any"})
    done = world.start()
    tell.right("not_after is a day of Paris: one minute before its end it is still that day, but France says no at night", world.sent(), [])


@tale
def orders_need_the_database_only(tell):
    world = tell.world(serve=False)
    paused(world)
    world.write_plan(campaigns='[rates]\npath = "gone.csv"\n' + campaign())
    done = [world.order("status").code, world.start().code != 0, world.order("stop").code, world.order("prove").code]
    tell.right("the rate card is gone: nothing begins, and status, stop and prove work all the same", done, [0, True, 0, 0])


@tale
def at_most_so_many(tell):
    world = tell.world(people=[person(n) for n in range(1, 11)], serve=False, campaigns=campaign(max_people=4))
    done = world.start()
    tell.right("max_people 4 of 10: four get it", (len(world.sent()), done.code), lambda it: it[0] == 4 or it[0] == 0 and it[1] != 0)
    tell.right("max_people: it says why the others do not", world.order("status", "welcome", "--rehearse").out, lambda it: "6 over-max-people" in it)
    (world.folder / "rates.csv").write_text("market,currency,category,rate,effective_from\nFrance,EUR,marketing,0.10,2025-01-01\n")
    world.write_plan(campaigns='[rates]\npath = "rates.csv"\n' + campaign("dear", max_spend="0.35 EUR"))
    world.move(hours=25)
    done = world.start("dear")
    tell.right("max_spend 0.35 EUR at 0.10 each: at most three get it", (len(world.sent()) - 4 <= 3, "max_spend" in done.text), (True, True))


@tale
def plan_is_edited_in_the_middle(tell):
    world = tell.world(people=[person(n) for n in range(1, 5)], templates=[template(), template(NOTE, category="UTILITY")], serve=False)
    paused(world)
    world.order("resume")
    world.write_plan(campaigns=campaign("welcome", step(parameter="text:toi")))
    first = world.start()
    texts = {row[0] for row in world.sql("select distinct template from outbox_view")}
    tell.right("another parameter after the release: what was released goes as it was, or it says that it differs",
               (world.sent(), first.code), lambda it: it[0] in ([1, 2, 3, 4], []))
    tell.right("another parameter: nobody twice", (texts, world.prove()["doubled"]), ({"offer"}, 0))
    world = tell.world(people=[person(n) for n in range(1, 5)], templates=[template(), template(NOTE, category="UTILITY")], serve=False)
    paused(world)
    world.order("resume")
    world.write_plan(campaigns=campaign("welcome", step(template=NOTE)))
    world.start()
    tell.right("another template after the release: what was released is not silently another one", {it["template"] for it in world.requests(outcome="accepted")},
               lambda it: it in ({"offer"}, set()))
    world = tell.world(people=[person(n) for n in range(1, 5)], templates=[template(), template(NOTE, category="UTILITY")], serve=False)
    paused(world)
    world.order("resume")
    world.write_plan(campaigns=campaign("welcome", step(), step("thanks", NOTE)), where="region = 'FR' and name <> 'Ana 4'")
    world.start()
    tell.right("a step was added: everybody gets both, once each", (world.sent(template="offer")[:3], world.sent(template=NOTE)), ([1, 2, 3], [1, 2, 3]))
    tell.right("the segment is narrower now: who was released before still counts once", world.sent(template="offer").count(4) <= 1, True)


@tale
def steps_one_after_the_other(tell):
    steps = [step(), step("consented", NOTE, only="delivered in invite"), step("missed", "other", only="not delivered in invite", wait="1 hour")]
    world = tell.world(people=[person(n) for n in range(1, 7)], templates=[template(), template(NOTE, category="UTILITY"), template("other", category="UTILITY", text="Bonjour {{1}}, nous avons voulu vous joindre.")],
                       campaigns=campaign("welcome", *steps))
    world.set({"statuses": {"failures": [{"code": 131026, "when": {"to": [phone(5), phone(6)], "templates": ["offer"]}}]}})
    done = world.start()
    tell.right("a step only for those whom the first reached", world.sent(template=NOTE), [1, 2, 3, 4])
    tell.right("131026 leaves out of the rest of the campaign", world.sent(template="other"), [])
    tell.right("steps: it ends", (done.code, world.status()["state"]), (0, "finished"))
    steps = [step(), step("later", NOTE, only="consented in invite")]
    world = tell.world(people=[person(n) for n in range(1, 4)], templates=[template(), template(NOTE, category="UTILITY")], campaigns=campaign("welcome", *steps))
    world.set({"answers": [{"does": {"writes": "OUI"}, "after": [5, 10], "when": {"to": [phone(1)]}}, {"does": {"writes": "STOP"}, "after": [5, 10], "when": {"to": [phone(2)]}}]})
    world.start()
    tell.right("consented in an earlier step: not who stopped", 2 in world.sent(template=NOTE), False)


@tale
def start_does_not_lift_a_pause(tell):
    world = tell.world(people=[person(n) for n in range(1, 4)], serve=False)
    paused(world)
    world.order("resume")
    world.order("pause", "welcome", "--reason", "the picture is wrong")
    n, done = len(world.sent()), world.start()
    tell.right("start after a pause: nothing goes, and it says who has to do what", (len(world.sent()) - n, done.code, "the picture is wrong" in done.text,
               "ferry campaign resume welcome" in done.text), (0, 4, True, True))
    world.order("resume")
    world.start()
    tell.right("resume, and then start: everybody gets it", world.sent(), [1, 2, 3])


@tale
def start_that_is_interrupted(tell):
    world = tell.world(people=[person(n) for n in range(1, 401)], serve=False, sending={"per_second": 5})
    running, until = world.begin(), time.monotonic() + 60
    while len(world.requests()) < 20 and time.monotonic() < until:
        time.sleep(0.005)
    running.send_signal(signal.SIGTERM)
    tell.right("a start that is ended by a signal is no finished one: code 130", running.wait(60), 130)
