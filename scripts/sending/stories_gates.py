"""What lets nothing begin, and what pauses a campaign that runs."""

from datetime import datetime, timedelta

from stories_told import tale
from stories_world import ACCOUNT, NUMBER, person

GATES = {"max_refusers": None, "max_not_registered": None, "min_delivered": None, "max_failed": None, "max_stops": None}


def refused(tell, story, world, *words):
    """Nothing went, the code is not 0, and one of the words is said."""
    done = world.start()
    said = done.text.lower()
    tell.right(story, (world.requests(), done.code != 0, any(word in said for word in words) or said), ([], True, True))


@tale
def gate_of_the_list(tell):
    people = [person(n) for n in range(1, 31)] + [person(n, optin="STOP") for n in range(31, 33)]
    world = tell.world(people=people, sending=GATES, serve=False)
    refused(tell, "2 of 32 have refused, 3 % are allowed: nothing begins", world, "refus")
    plan = world.order("plan", "welcome", "--rehearse").out
    tell.right("refusers: the plan says which key of the plan lifts it", plan, lambda it: "max_refusers" in it)
    world.write_plan(sending=world.sending | {"max_refusers": 0.1})
    world.start()
    tell.right("refusers: with a higher gate it begins, and they get nothing", world.sent(), list(range(1, 31)))
    world = tell.world(people=[person(n) for n in range(1, 31)], sending=GATES, registered="0.7", serve=False)
    refused(tell, "8 of 30 are not on WhatsApp, 5 % are allowed: nothing begins", world, "registered", "whatsapp")


@tale
def gates_of_the_number(tell):
    number = lambda **more: {"numbers": {NUMBER: {"account": ACCOUNT} | more}}
    account = lambda **more: {"accounts": {ACCOUNT: more}}
    for story, settings, words in [
            ("the number is not connected", number(status="DISCONNECTED"), ["connected"]),
            ("the name was declined", number(name_status="DECLINED"), ["name"]),
            ("the number is flagged as restricted", number(status="RESTRICTED"), ["restricted", "connected"]),
            ("the account has no way to pay", account(has_payment=False), ["pay"]),
            ("the account is locked", account(is_locked=True), ["lock", "cannot send"]),
            ("the account was rejected", account(account_review_status="REJECTED"), ["account", "reject"]),
            ("the token has expired", {"token": {"is_valid": False}}, ["token"])]:
        refused(tell, f"{story}: nothing begins, and it says so", tell.world(settings=settings, serve=False), *words)
        tell.worlds[-1].close()
    world = tell.world(settings=account(marketing_messages_onboarding_status="NOT_ONBOARDED"), serve=False)
    world.start()
    tell.right("not onboarded for marketing messages: they go by /messages", {it["path"] for it in world.requests()}, {"messages"})
    world = tell.world(settings=account(marketing_messages_onboarding_status="NOT_ONBOARDED", disable_marketing_on_messages=True), serve=False)
    done = world.start()
    tell.right("not onboarded, and no marketing by /messages: nothing begins, or it pauses at the first answer",
               (len(world.requests()) <= 3, world.sent(), done.code != 0), (True, [], True))
    world = tell.world(settings={"token": {"expires_at": "2026-10-07T08:00:00Z"}}, serve=False)
    plan = world.order("plan", "welcome", "--rehearse")
    tell.right("the token expires tomorrow: the plan looks at it", plan.out, lambda it: "2026-10-07" in it or "no token" in it)
    world = tell.world(settings={"webhooks": None}, serve=False)
    tell.right("nobody receives webhooks: start says so", world.start().text.lower(), lambda it: "webhook" in it)


@tale
def gate_of_the_test_wave(tell):
    people = [person(n) for n in range(1, 131)]
    world = tell.world(people=people, sending=GATES | {"test_wave": 100, "watch_minutes": None})
    world.set({"statuses": {"failures": [{"code": 131026, "when": {"share": 0.5}}]}})
    done = world.start()
    tell.right("half of the test wave fails: it pauses, and the others get nothing", (world.status()["state"], len(world.requests()) <= 100,
               done.code != 0), ("paused", True, True))
    tell.right("half of the test wave fails: it says how many of how many, and what to do", done.text,
               lambda it: "of 100" in it or "of " in it and "resume" in it)
    paused_at = world.now()
    tell.right("half of the test wave fails: failed counts at once", paused_at < "2026-10-06T08:31", True)
    world.set({"statuses": {"failures": []}})
    world.order("resume", "welcome", "--reason", "we have seen it")
    world.start()
    tell.right("resumed by a person: it goes on, nobody twice", (world.prove()["doubled"], len(world.sent())), lambda it: it[0] == 0 and it[1] <= 130)


@tale
def gate_of_delivery(tell):
    people = [person(n) for n in range(1, 131)]
    world = tell.world(people=people, sending=GATES | {"test_wave": 100, "watch_minutes": None})
    world.set({"statuses": {"never_delivered": 0.3}})
    done = world.start()
    tell.right("a third of the test wave is never delivered: it pauses", (world.status()["state"], len(world.requests())), ("paused", 100))
    tell.right("delivered counts only what is 30 minutes old", world.now() >= "2026-10-06T08:30:00Z", True)
    tell.right("bad delivery: it says so", done.text, lambda it: "deliver" in it)
    world = tell.world(people=people, sending=GATES | {"test_wave": 100, "watch_minutes": None})
    done = world.start()
    waves = world.status()["waves"]
    tell.right("a good test wave: the others follow", (done.code, len(world.sent()), [it["size"] for it in waves]), (0, 130, [100, 30]))
    tell.right("a good test wave: it was judged before the others went", waves[0]["judged_at"] is not None, True)


@tale
def gate_of_stops(tell):
    people = [person(n) for n in range(1, 131)]
    for story, does in [("write STOP", {"writes": "STOP"}), ("stop in the app", "stops")]:
        world = tell.world(people=people, sending=GATES | {"test_wave": 100, "watch_minutes": None})
        world.set({"answers": [{"does": does, "after": [60, 600], "when": {"share": 0.1}}]})
        done = world.start()
        tell.right(f"a tenth of the test wave {story}: it pauses, the others get nothing", (world.status()["state"], len(world.requests()), done.code != 0),
                   ("paused", 100, True))
        tell.right(f"a tenth of the test wave {story}: it says that they are stops", done.text.lower(), lambda it: "stop" in it.split("welcome (")[0])


@tale
def gate_of_held_messages(tell):
    people = [person(n) for n in range(1, 131)]
    world = tell.world(people=people, sending=GATES | {"test_wave": 100, "watch_minutes": None},
                       settings={"pacing": {"template": {"first": 40, "seconds": 3600, "verdict": "released"}}})
    done = world.start()
    tell.right("60 of the test wave are held for an hour, then released: held ones are not counted as undelivered",
               (done.code, len(world.sent()), world.prove()["doubled"]), (0, 130, 0))


@tale
def test_wave_over_night(tell):
    people = [person(n) for n in range(1, 6)] + [person(n, phone=f"+6125550{n:04d}") for n in range(1, 151)]
    given = {"people": people, "start": "2026-11-04T09:30:00Z", "where": "region = 'FR' or region = 'AU'"}
    world = tell.world(**given, sending={"test_wave": 100})
    world.start()
    waves = world.sql("select number, min(intent_at), max(intent_at), max(judged_at), count(*) from wave join outbox using (campaign, step) "
                      "where wave.number = outbox.wave group by number order by number")
    tell.right("5 are awake and 95 of the test wave sleep: it is judged half an hour after the last of them, and the others follow at once",
               [it[4] for it in waves] + [waves[1][1] - waves[0][2]], lambda it: it[:2] == [100, 55] and 1_800 <= it[2] / 1e6 <= 2_100)
    world = tell.world(**given, sending={"test_wave": 100, "max_failed": 0.1}, settings={
        "statuses": {"failures": [{"code": 131026, "when": {"to": [f"6125550{n:04d}" for n in range(1, 151)]}}]}})
    done = world.start()
    tell.right("every message of the test wave to those who slept fails: the others get none", (len(world.sent()), done.code), (100, 4))


@tale
def test_wave_is_followed_at_once(tell):
    world = tell.world(people=[person(n) for n in range(1, 201)], sending={"test_wave": 100})
    world.start()
    moments = [datetime.fromisoformat(it["at"]) for it in world.requests() if it["outcome"] != "refused"]
    tell.right("all of the test wave are awake: the next wave comes half an hour after them", moments[100] - moments[99],
               lambda it: timedelta(minutes=30) <= it < timedelta(minutes=35))
