"""What becomes of a message after its answer, a lost answer, and the statuses."""

from stories_told import tale
from stories_world import NUMBER, campaign, person, phone

# What a code of an answer makes of the row. A code about the account or the number stops: everybody waits.
REFUSED = [100, 131008, 131009, 131021, 131026, 131030, 131047, 131051, 131053, 132005, 132008, 132018, 135000, 130497, 131062]
UNKNOWN = [1, 2, 131000, 131016, 133004, 1005, 131055, 134011, 136024, 2494100, 999999]
OF_TEMPLATE = [132000, 132001, 132007, 132012, 132015, 132068]  # the next would be refused too
STOPPED = [0, 190, 10, 33, 200, 368, 131005, 131031, 131037, 131042, 131048, 131064, 132016, 133010]
STOPPED_UNKNOWN = [3, 131045, 134102]
PEOPLE_OF_CODES = REFUSED + UNKNOWN


def fault(kind, n=None, code=None, **when):
    """Something that goes wrong with the messages to a person."""
    return {"kind": kind, "when": ({"to": [phone(n)]} if n else {}) | when} | ({"code": code} if code else {})


@tale
def answers_by_code(tell):
    codes = dict(enumerate(PEOPLE_OF_CODES, 1))
    others = [len(codes) + 1, len(codes) + 2]
    world = tell.world(people=[person(n) for n in [*codes, *others]])
    world.set({"faults": [fault("error", n, code) for n, code in codes.items()]})
    world.start()
    for n, code in codes.items():
        expected = "unknown" if code in UNKNOWN else "refused"
        tries = len(world.requests(to=phone(n)[1:]))
        tell.right(f"{code}: {expected}, and asked once", (world.state(n).split()[0], tries), (expected, 1))
    tell.right("codes of single messages: others get theirs", [world.state(n) for n in others], ["accepted"] * 2)
    told = world.prove()
    tell.right("codes: the proof adds up", (told["accepted"], told["refused"], told["unknown"], told["doubled"]),
               (2, len(REFUSED), len(UNKNOWN), 0))
    text = world.order("status", "welcome", "--rehearse").out
    tell.right("codes: status names each refusal by what it means", text, lambda it: "132018" in it and "131026" in it)
    again = world.start()
    tell.right("codes: a second start sends nothing", (len(world.requests()), again.code), lambda it: it[0] == len(codes) + 2)


@tale
def answers_about_the_template(tell):
    for code in OF_TEMPLATE:
        world = tell.world(people=[person(n) for n in range(1, 7)], sending={"per_second": 1}, serve=False,
                           campaigns=campaign(not_after="2026-10-06T09:00:00Z"))
        world.set({"faults": [{"kind": "error", "code": code}]})
        world.start()
        tell.right(f"{code}: the first answers hold the template, and the others are not burnt",
                   (len(world.requests()) <= 2, world.prove()["planned"] >= 4), (True, True))
        world.close()


@tale
def answers_that_stop(tell):
    for code in STOPPED:
        _stops(tell, code)
    for code in STOPPED_UNKNOWN:
        _stops_unknown(tell, code)


def _stops(tell, code):
    world = tell.world(people=[person(n) for n in range(1, 5)], sending={"per_second": 1}, serve=False)
    world.set({"faults": [{"kind": "error", "code": code}]})
    done = world.start()
    told = world.prove()
    tell.right(f"{code}: it pauses at once, and everybody else still waits",
               (world.status()["state"], len(world.requests()), told["planned"] >= 3, done.code != 0), ("paused", 1, True, True))
    world.set({"faults": []})
    world.order("resume")
    world.start()
    tell.right(f"{code}: once it is settled, who waited gets it, nobody twice", (len(set(world.sent())) >= 3, world.prove()["doubled"]),
               (True, 0))
    world.close()


def _stops_unknown(tell, code):
    world = tell.world(people=[person(n) for n in range(1, 5)], sending={"per_second": 1}, serve=False)
    world.set({"faults": [{"kind": "error_after", "code": code, "when": {"requests": [1]}}]})
    world.start()
    told = world.prove()
    tell.right(f"{code}: it pauses, and the message may have gone", (world.status()["state"], told["unknown"], told["planned"]), ("paused", 1, 3))
    world.order("resume")
    world.start()
    tell.right(f"{code}: resumed, nobody gets it twice", sorted(world.sent()), [1, 2, 3, 4])
    world.close()


@tale
def lost_answers(tell):
    kinds = dict(enumerate(["silent_before", "silent_after", "close_before", "close_after", "reset_before", "reset_after", "cut"], 1))
    world = tell.world(people=[person(n) for n in range(1, 11)], sending={"timeout_ms": 300})
    after = {n for n, kind in kinds.items() if "before" not in kind}
    world.set({"faults": [fault(kind, n) for n, kind in kinds.items()] + [fault("error_after", 8) | {"http": 500},
                                                                         fault("error", 9) | {"http": 503}]})
    world.start()
    states = {n: world.state(n).split()[0] for n in range(1, 11)}
    tries = {n: len(world.requests(to=phone(n)[1:])) for n in range(1, 11)}
    tell.right("a lost answer, before or after the acceptance, is unknown and never sent again", ({states[n] for n in range(1, 10)}, set(tries.values())),
               ({"unknown"}, {1}))
    world.set({"faults": []})
    world.move(hours=1)
    states = {n: world.state(n).split()[0] for n in range(1, 11)}
    tell.right("a status settles what was taken", {states[n] for n in after | {8}}, {"accepted"})
    tell.right("what was not taken stays unknown", {states[n] for n in (1, 3, 5, 9)}, {"unknown"})
    world.start()
    tell.right("start again: nothing is sent again", max(len(world.requests(to=phone(n)[1:])) for n in range(1, 11)), 1)
    told = world.prove()
    tell.right("lost answers: the proof is good, with four unknown", (told["is_good"], told["unknown"], told["sandbox"]["unknown_taken"]), (True, 4, 0))
    ids = [it["message"] if isinstance(it, dict) else it for it in world.order("settle", "welcome", "--format", "json").json["unknown"]]
    tell.right("settle lists the four", len(ids), 4)
    bare = world.order("settle", "welcome", "--all", "--as", "not-sent")
    tell.right("settle asks for a reason", bare.code, 2)
    one = world.order("settle", "welcome", ids[0], "--as", "sent", "--reason", "the person says so")
    rest = world.order("settle", "welcome", "--all", "--as", "not-sent", "--reason", "the platform's list has none")
    tell.right("settle takes both", (one.code, rest.code), (0, 0))
    world.start()
    tell.right("settled as not sent: sent again, once; as sent: never", sorted(len(world.requests(to=phone(n)[1:])) for n in (1, 3, 5, 9)), [1, 2, 2, 2])
    told = world.prove()
    tell.right("settled: none is unknown, and the one that was settled as sent, and was not, is lost", (told["unknown"], told["sandbox"]["lost"]), (0, 1))
    kept = world.sql("select count(*) from outbox_view where settled_because <> '' and settled_by = 'eva'")
    tell.right("settled: the reason and who gave it are kept", kept, [(4,)])


@tale
def settle_that_was_wrong(tell):
    world = tell.world(people=[person(1)], sending={"timeout_ms": 300}, settings={"statuses": {"missing": 1.0}})
    world.set({"faults": [fault("silent_after", 1)]})
    world.start()
    world.set({"faults": []})
    world.order("settle", "welcome", "--all", "--as", "not-sent", "--reason", "a guess")
    world.start()
    told = world.prove()
    tell.right("settled as not sent, and it was: the proof shows what was doubled", (told["is_good"], told["sandbox"]["doubled"]), (False, 1))
    shown = world.order("prove", "welcome", "--sandbox-log", str(world.log))
    tell.right("a proof that is not good ends with 1 and says so", (shown.code, "doubled 1" in shown.out), (1, True))


@tale
def statuses_after_the_answer(tell):
    world = tell.world(people=[person(n) for n in range(1, 6)])
    world.set({"statuses": {"failures": [{"code": 131026, "when": {"to": [phone(1)]}}, {"code": 131050, "when": {"to": [phone(2)]}},
                                         {"code": 130472, "when": {"to": [phone(3)]}}]}})
    world.start()
    world.move(hours=1)
    wamid = {it["to"]: it["wamid"] for it in world.requests()}
    value = lambda n, state, at, **more: {
        "messaging_product": "whatsapp", "metadata": {"display_phone_number": "33199009999", "phone_number_id": NUMBER},
        "statuses": [{"id": wamid[phone(n)[1:]], "status": state, "timestamp": str(at), "recipient_id": phone(n)[1:]} | more]}
    world.webhook("messages", value(4, "failed", 1791277300, errors=[{"code": 131000, "title": "x"}]))
    world.webhook("messages", value(1, "delivered", 1791277400))
    found = {n: world.sql("select delivery_view.state, failed_code, is_anomaly from delivery_view join contact_view using (contact_id) "
                          "where e164 = ?", phone(n))[0] for n in range(1, 6)}
    tell.right("failed after the answer: failed with its code", [found[n][:2] for n in (2, 3)], [("failed", 131050), ("failed", 130472)])
    tell.right("delivered after failed: delivered, and an anomaly", found[1], ("delivered", 131026, "yes"))
    tell.right("failed after delivered: delivered, and an anomaly", (found[4][0] in ("delivered", "read"), found[4][1:]), (True, (131000, "yes")))
    tell.right("failed later: nothing is sent again", len(world.requests()), 5)
    world.write_plan(campaigns=campaign() + campaign("second"))
    world.move(hours=30)
    world.start("second")
    tell.right("131050: no more marketing for this person, others get the next campaign", sorted(world.sent().count(n) for n in range(1, 6)), [1, 2, 2, 2, 2])
    tell.right("131050: it says why", world.state(2, "second"), lambda it: it != "accepted")


@tale
def held_messages(tell):
    for verdict, expected in [("released", "delivered"), ("failed", "failed")]:
        world = tell.world(people=[person(n) for n in range(1, 11)], settings={"pacing": {"template": {"first": 4, "seconds": 600, "verdict": verdict}}},
                           campaigns=campaign(not_after="2026-10-06T12:00:00Z"))
        world.start()
        held = [it["to"] for it in world.requests(outcome="held")]
        told = world.status()["waves"]
        tell.right(f"held for an assessment ({verdict}): held ones are a state of their own, and not sent again",
                   (len(held), sum(it["held"] for it in told) in (0, 6), len(world.requests())), (6, True, 10))
        world.move(hours=1)
        states = world.sql("select state, count(*) from delivery_view group by 1")
        ended = {state: n for state, n in states}
        n = sum(count for state, count in ended.items() if state == expected or expected == "delivered" and state == "read")
        tell.right(f"held, then {verdict}: they end so", n, 10 if expected == "delivered" else 6)
        told = world.prove()
        tell.right(f"held, then {verdict}: the proof is good", (told["is_good"], told["accepted"]), (True, 10))


@tale
def nothing_can_have_left(tell):
    world = tell.world(people=[person(n) for n in range(1, 4)])
    right = world.url
    world.write_plan(url="http://127.0.0.1:9")
    done = world.start()
    tell.right("the platform cannot be reached: nothing is sent, nothing is lost, and it says so",
               (world.requests(), done.code in (1, 4, 75), "127.0.0.1:9" in done.text or "reach" in done.text), ([], True, True))
    world.write_plan(url=right)
    world.start()
    tell.right("it can be reached again: everybody gets it once", world.sent(), [1, 2, 3])


@tale
def trouble_is_told(tell):
    world = tell.world(people=[person(n) for n in range(1, 13)], sending={"per_second": 1})
    world.set({"faults": [fault("error", until="2026-10-06T08:00:10Z") | {"http": 500}]})
    done = world.start()
    told = [line for line in done.err.splitlines() if "answer" in line]
    tell.right("trouble for ten seconds: one line when it begins and one when it is over, and none for each pause", told, [
        "the platform does not answer as it should: of the last 5 messages 5 got HTTP 500; trying one message at a time, the first at "
        "2026-10-06 08:00:05 UTC", "the platform answers again after 7 s"])
    proof = world.prove()
    tell.right("trouble: seven messages are unknown, the others went", (proof["unknown"], proof["accepted"]), (7, 5))
