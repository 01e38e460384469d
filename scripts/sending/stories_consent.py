"""Who may be written to: consent before the start, between planning and start, and while a message waits."""

import signal
import time
from datetime import datetime, timezone

from stories_recovery import restore, saved
from stories_told import tale
from stories_world import NOTE, NUMBER, campaign, person, phone, step, template

STOPPED = "Vous ne recevrez plus rien de nous."


def opt_out(world, n, channel="sms"):
    """Imports a list of people who refuse."""
    (world.folder / "stops.csv").write_text(f"phone\n{phone(n)}\n")
    world.must("consent", "import", "stops.csv", "--opt-outs", "--channel", channel)


def pause_at_once(world):
    """Lets the token fail at the first message, so that the campaign pauses and everybody waits. Mends the token then."""
    world.set({"faults": [{"kind": "error", "code": 190}]})
    done = world.start()
    world.set({"faults": []})
    return done


def go_on(world):
    world.must("campaign", "resume", "welcome", "--reason", "the token is new")
    return world.start()


@tale
def consent_before_the_start(tell):
    people = [person(1), person(2, optin=""), person(3, "sms"), person(4, "orders"), person(5), person(6, optin="hmm"),
              *[person(n) for n in range(7, 14)]]
    world = tell.world(people=people, templates=[template(), template(NOTE, category="UTILITY")],
                       campaigns=campaign() + campaign("note", step(template=NOTE)))
    plan = world.order("plan", "welcome", "--rehearse").code
    opt_out(world, 5)
    world.must("suppress", "--number", phone(7), "--reason", "asked by letter")
    world.does(8, "stops")
    for what in ("stops", "resumes"):
        world.does(9, what)
    world.writes(10)
    world.does(10, "resumes")
    world.does(11, "stops")
    world.writes(11, "START")
    world.writes(12)
    world.writes(12, "START")
    world.writes(13, "Oui")
    world.start()
    _say_who_got_the_offer(tell, world, plan)
    world.start("note")
    noted = set(world.sent(template=NOTE))
    tell.right("consent to utility, template for utility: sent", 4 in noted, True)
    tell.right("stopped marketing in the app, template for utility: not sent, as people who refused are in no segment", 8 in noted, False)
    tell.right("STOP by text: no utility either", noted & {5, 10, 12}, set())
    tell.right("two campaigns prove nothing doubled", [world.prove(it)["is_good"] for it in ("welcome", "note")], [True, True])


def _say_who_got_the_offer(tell, world, plan):
    sent, why = world.sent(), [world.state(n) for n in range(1, 14)]
    tell.right("a plan of a good campaign ends with 0", plan, 0)
    tell.right("consent to marketing: sent", 1 in sent, True)
    tell.right("no consent: not sent, and it says why", (2 in sent, why[1]), lambda it: not it[0] and "consent" in it[1])
    tell.right("consent by SMS only: not sent, and it says why", (3 in sent, why[2]), lambda it: not it[0] and "consent" in it[1])
    tell.right("consent to utility, template for marketing: not sent, and it says why", (4 in sent, why[3]),
               lambda it: not it[0] and "consent" in it[1])
    tell.right("refused by SMS after planning, before the start: not sent", 5 in sent, False)
    tell.right("unclear word: not sent", 6 in sent, False)
    tell.right("suppressed: not sent", 7 in sent, False)
    tell.right("stopped marketing in the app: not sent", 8 in sent, False)
    tell.right("stopped and resumed in the app: sent", 9 in sent, True)
    tell.right("STOP by text, resumed in the app: not sent", 10 in sent, False)
    tell.right("stopped in the app, START by text: not sent", 11 in sent, False)
    tell.right("STOP and START by text: not sent, as START names no wording", 12 in sent, False)
    tell.right("somebody who wrote yes stays one who gets messages", 13 in sent, True)
    tell.right("whoever refused, is suppressed or is not understood: it says why, though they are in no segment", [why[n - 1] for n in
               (5, 6, 7, 8, 10, 11)], ["refused", "no-consent", "suppressed", "refused", "refused", "refused"])
    tell.right("left out: all are counted", world.status()["steps"][0], lambda it: it["excluded"] == {
        "no-consent": 4, "refused": 5, "suppressed": 1} and it["messages"] == {"accepted": 3})
    told = world.order("plan", "welcome", "--rehearse", "--format", "json").json
    tell.right("left out: the plan counts them too, and not among the people of the segment", (told["members"], told["steps"][0]["excluded"]),
               (7, {"no-consent": 4, "refused": 5, "suppressed": 1}))


@tale
def consent_while_a_message_waits(tell):
    world = tell.world(people=[person(n) for n in range(1, 13)], sending={"per_second": 1},
                       campaigns=campaign(not_after="2026-10-06T10:00:00Z"))
    begun = pause_at_once(world)
    states = {world.state(n).split()[0] for n in range(1, 13)}
    tell.right("a token that fails pauses at once, and nothing is failed", (world.status()["state"], len(world.requests()) <= 1,
               states), ("paused", True, {"planned"}))
    tell.right("it says what to do about the token", begun.text, lambda it: "token" in it and begun.code != 0)
    world.writes(2)
    world.does(3, {"presses": "Stop promo"})
    opt_out(world, 4)
    world.does(5, "stops")
    world.must("suppress", "--number", phone(6))
    world.must("merge", phone(8), phone(7))
    world.writes(9)
    world.writes(9, "START")
    world.writes(10, "stop, o Zé não vem")
    opt_out(world, 11, "viber")
    (world.folder / "stops.csv").write_text(f"phone,state,said_at,purpose\n{phone(12)},no,2026-10-05,marketing\n")
    world.must("consent", "import", "stops.csv", "--channel", "whatsapp")
    go_on(world)
    sent = world.sent()
    tell.right("waiting, nothing said: sent", 1 in sent, True)
    for n, what in [(2, "STOP by text"), (3, "STOP by button"), (4, "STOP on an imported list of SMS"), (5, "stopped in the app"),
                    (6, "suppressed"), (9, "STOP, then START"), (10, "unclear words"), (11, "STOP on an imported list of Viber"),
                    (12, "a no to marketing that was imported")]:
        tell.right(f"waiting, {what}: not sent ({world.state(n)})", n in sent, False)
    tell.right("waiting, two contacts were merged: sent once", len({7, 8} & set(sent)), 1)
    tell.right("waiting: nothing doubled, nothing after a stop", world.prove(), lambda it: it["is_good"])
    tell.right("waiting: it is finished, and nothing waits", (world.status()["state"], world.prove()["planned"]), ("finished", 0))


@tale
def stops_while_it_runs(tell):
    world = tell.world(people=[person(n) for n in range(1, 9)], sending={"per_hour": 1})
    at = "2026-10-06T09:30:00Z"
    world.call("/sandbox/inbound", [{"from": phone(n)[1:], "number": NUMBER, "does": {"writes": "STOP"}, "at": at} for n in range(1, 9)])
    done = world.start()
    late = [it["at"] for it in world.requests() if it["at"] > at]
    tell.right("all stop after two of eight were sent: no more are", (late, 1 <= len(world.sent()) <= 2, done.code), ([], True, 0))
    tell.right("all stop: the proof counts them", world.prove()["sandbox"], lambda it: it["stops"] == 8 and it["after_stop"] == 0)
    counted = world.status()["steps"][0]["messages"]
    tell.right("all stop: the others are cancelled", counted, {"accepted": len(world.sent()), "cancelled": 8 - len(world.sent())})


def texts(world, n):
    """The texts, and not the templates, that came to a person."""
    return [it for it in world.requests(type="text") if it["to"] == phone(n)[1:] and it["outcome"] != "refused"]


def confirmed(world, *waited, seconds=8):
    """Waits until these people have got a text each, and a little longer. Returns who got how many."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not all(texts(world, n) for n in waited):
        time.sleep(0.05)
    time.sleep(0.8)  # three looks of the server
    return {n: len(texts(world, n)) for n in range(1, len(world.people) + 1) if texts(world, n)}


@tale
def stops_that_are_confirmed(tell):
    world = tell.world(people=[person(n) for n in range(1, 12)], sending={"confirm_stop": STOPPED})
    world.writes(1)
    world.does(2, {"presses": "Stop"})
    world.writes(3)
    world.writes(3)
    world.does(4, "stops")
    world.writes(5, "Oui")
    world.writes(6, "stop, o Zé não vem")
    opt_out(world, 7)
    opt_out(world, 8, "whatsapp")
    world.writes(8)
    world.writes(9)
    found = confirmed(world, 1, 2, 3, 9)
    tell.right("a STOP by text or button is confirmed once, STOP twice once, and nothing else is", found, {1: 1, 2: 1, 3: 1, 9: 1})
    tell.right("a confirmation is noted in the log of sends before it leaves",
               (world.folder / "sends.log").read_text().count('"confirm-stop"'), 4)
    world.writes(9, "START")
    world.writes(9)
    world.move(hours=0.1)  # one message in 6 seconds to a person
    until = time.monotonic() + 8
    while time.monotonic() < until and len(texts(world, 9)) < 2:
        time.sleep(0.05)
    tell.right("START and STOP again: a second confirmation", confirmed(world).get(9), 2)
    world.start()
    sent = set(world.sent(type="template"))
    tell.right("nothing but the confirmation goes to those who stopped", sent & {1, 2, 3, 4, 7, 8, 9}, set())
    proof = world.prove()
    tell.right("the proof counts confirmations as the only messages after a stop",
               (proof["is_good"], proof["after_stop"], proof["confirmations"], proof["confirmations_wrong"],
                proof["sandbox"]["confirmations"]), (True, 0, 5, 0, 5))
    told = world.order("prove", "welcome").text
    tell.right("the proof says so in words", told, lambda it: "confirmations 5: of stops" in it)


@tale
def stops_that_are_not_confirmed_by_default(tell):
    world = tell.world(people=[person(n) for n in range(1, 3)])
    world.writes(1)
    tell.right("without the text in the plan no STOP is confirmed", confirmed(world, seconds=0), {})
    world.server.send_signal(signal.SIGTERM)
    code = world.server.wait()
    world.write_plan(sending=world.sending | {"confirm_stop": STOPPED})
    world.hook = world.serve()
    world.set(world._webhooks())
    time.sleep(1)
    world.writes(2)
    tell.right("once it is there, later ones are, and none from before", (code, confirmed(world, 2)), (0, {2: 1}))


@tale
def stops_while_the_server_is_killed(tell):
    world = tell.world(people=[person(n) for n in range(1, 7)], sending={"confirm_stop": STOPPED, "timeout_ms": 20_000},
                       settings={"faults": [{"kind": "slow", "seconds": 3}]})
    for n in range(1, 7):
        world.writes(n)
        until = time.monotonic() + 8
        intents = []
        while time.monotonic() < until and not intents:
            intents = world.sql("select 1 from outbox where campaign = 'confirm-stop' and state = 'intent'")
            time.sleep(0.01)
        time.sleep(0.05 * n)
        world.server.send_signal(signal.SIGKILL)
        world.server.wait()
        world.hook = world.serve()
        world.set(world._webhooks() | {"faults": [{"kind": "slow", "seconds": 3}] if n < 6 else []})
    found = confirmed(world, seconds=4)
    tell.right("killed between intent and answer: never two", max(found.values(), default=0), lambda it: it <= 1)
    tell.right("killed: some had left", len(found), lambda it: it > 0)
    states = {it[0] for it in world.sql("select state from outbox where campaign = 'confirm-stop'")}
    tell.right("killed: what nobody knows stays so", states, lambda it: it <= {"intent", "unknown", "accepted"})
    proof = world.prove()
    tell.right("killed: the proof is good", (proof["is_good"], proof["confirmations_wrong"]), (True, 0))


@tale
def a_token_that_fails_while_a_stop_is_confirmed(tell):
    world = tell.world(people=[person(n) for n in range(1, 3)], sending={"confirm_stop": STOPPED},
                       settings={"faults": [{"kind": "error", "code": 190}]})
    world.writes(1)
    time.sleep(2)
    tell.right("the platform is not asked again and again", len(world.requests()), lambda it: it == 1)
    tell.right("the server goes on", world.server.poll(), None)
    tell.right("it waits to be tried again", world.sql("select state, waits_for from outbox"), [("planned", "paused")])
    log = "".join(it.read_text() for it in world.folder.glob("serve-*.out"))
    tell.right("the server says so", log, lambda it: "stops are not confirmed now" in it and "code-190" in it)


def stop_by_hand(world, n, name):
    """The webhook about a STOP, which can come again."""
    at = str(int(datetime.fromisoformat(world.now()).timestamp()))
    message = {"from": phone(n)[1:], "id": f"wamid.{name}", "timestamp": at, "type": "text", "text": {"body": "STOP"}}
    world.webhook("messages", {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "33199009999",
                  "phone_number_id": NUMBER}, "contacts": [{"profile": {"name": "Ana"}, "wa_id": phone(n)[1:]}], "messages": [message]})


def served_anew(world, *between):
    """Ends the server in good order, does something, and starts it again."""
    world.server.send_signal(signal.SIGTERM)
    code = world.server.wait()
    for do in between:
        do(world)
    world.hook = world.serve()
    world.set(world._webhooks())
    return code


@tale
def a_restored_database_and_a_stop(tell):
    world = tell.world(people=[person(n) for n in range(1, 3)], sending={"confirm_stop": STOPPED})
    world.writes(1, "Oui")
    served_anew(world, saved)
    stop_by_hand(world, 1, "one")
    tell.right("before the restore: confirmed", confirmed(world, 1), {1: 1})
    served_anew(world, restore)
    tell.right("the restored database has no STOP", world.sql("select count(*) from event where reading = 'stop'"), [(0,)])
    stop_by_hand(world, 1, "one")
    stop_by_hand(world, 1, "one")
    tell.right("restored, and the platform tells the STOP again: not confirmed again", confirmed(world, seconds=2), {1: 1})
    tell.right("restored: the confirmation is unknown", world.sql("select state from outbox"), [("unknown",)])
    proof = world.order("prove", "welcome", "--format", "json").json  # the sandbox has not seen this STOP
    tell.right("restored: the proof is good", (proof["is_good"], proof["confirmations"]), (True, 1))


@tale
def a_stop_in_mode_test(tell):
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    world = tell.world(people=[person(n) for n in range(1, 4)], start=now, sending={
        "confirm_stop": STOPPED, "mode": "test", "test_wave": None, "test_recipients": [phone(2)]})
    for n in (1, 2, 3):
        world.writes(n)
    tell.right("mode test: only a STOP of the list is confirmed", confirmed(world, 2), {2: 1})


@tale
def a_stop_and_a_sandbox_that_is_away(tell):
    world = tell.world(people=[person(1)], sending={"confirm_stop": STOPPED})
    url = world.url
    code = served_anew(world, lambda it: it.write_plan(url="http://127.0.0.1:9"), lambda it: setattr(it, "url", url))
    time.sleep(2)
    stop_by_hand(world, 1, "one")
    tell.right("the platform is away: the server takes the STOP and goes on", (code, world.server.poll(), confirmed(world, seconds=1)),
               (0, None, {}))
    log = "".join(it.read_text() for it in world.folder.glob("serve-*.out"))
    tell.right("the platform is away: the server says so", log, lambda it: "stops are not confirmed now" in it)
    world.server.send_signal(signal.SIGTERM)
    tell.right("the platform is away: the server ends when it is asked to", world.server.wait(timeout=20), 0)
