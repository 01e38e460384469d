"""When messages go: people in a day, messages in an hour, hours of the day, and what one person gets."""

import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import limits
from sandbox_log import Log
from stories_told import tale
from stories_world import ACCOUNT, NOTE, NUMBER, PORTFOLIO, campaign, person, phone, step, template

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def times(world, **like):
    """When messages were taken, in their order."""
    return sorted(datetime.fromisoformat(it["at"]) for it in world.requests(**like) if it["outcome"] != "refused")


def at(text):
    return datetime.fromisoformat(text)


def most(moments, window):
    """The most messages in any window of that length."""
    return max(sum(begin <= it < begin + window for it in moments) for begin in moments)


@tale
def limit_of_250_people(tell):
    world = tell.world(people=[person(n) for n in range(1, 256)], settings={"portfolios": {PORTFOLIO: {"tier": "TIER_250"}}})
    plan = world.order("plan", "welcome", "--rehearse").out
    done, moments = world.start(), None
    moments = times(world)
    tell.right("250 a day, 255 people: the plan says two days and names the limit", plan,
               lambda it: "people-per-day" in it and "2026-10-07" in it)
    tell.right("250 a day, 255 people: five wait for a day, and everybody gets one", (len(moments), most(moments, DAY), done.code), (255, 250, 0))
    tell.right("250 a day: five go as soon as they may", moments[-1] - moments[0] < DAY + HOUR, True)
    tell.right("250 a day: no limit is exceeded", world.prove()["sandbox"]["over_limits"], 0)


@tale
def limits_hold_after_a_kill(tell):
    for what, n, limit, window, given in [
            ("60 messages an hour", 150, 60, HOUR, {"sending": {"per_hour": 60}}),
            ("250 people a day", 300, 250, DAY, {"settings": {"portfolios": {PORTFOLIO: {"tier": "TIER_250"}}}})]:
        world = tell.world(people=[person(it) for it in range(1, n + 1)], serve=False, **given)
        running, until = world.begin(), time.monotonic() + 60
        while len(world.requests()) < limit // 3 and running.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.wait()
        n_before = len(world.requests())
        world.start()
        tell.right(f"{what}, killed in the middle of them, or this shows nothing", 0 < n_before < limit, True)
        tell.right(f"{what}, killed: a new sender counts what the old one sent", most(times(world), window), lambda it: n_before < it <= limit)


@tale
def limit_is_raised_while_it_waits(tell):
    world = tell.world(people=[person(n) for n in range(1, 256)], settings={"portfolios": {PORTFOLIO: {"tier": "TIER_250"}}})
    world.set({"faults": [{"kind": "error", "code": 190, "when": {"requests": [100]}}]})
    world.start()
    world.set({"faults": [], "portfolios": {PORTFOLIO: {"tier": "TIER_2K"}}})
    world.webhook("business_capability_update", {"max_daily_conversations_per_business": "TIER_2K", "max_phone_numbers_per_business": 20})
    world.order("resume")
    world.start()
    moments = times(world)
    tell.right("250 a day became 2,000 while it waited: all go on the same day", (len(moments), moments[-1] - moments[0] < HOUR), (255, True))
    tell.right("the limit was raised: nothing exceeded, nothing doubled", world.prove(), lambda it: it["is_good"] and it["sandbox"]["over_limits"] == 0)


@tale
def limits_of_the_plan(tell):
    world = tell.world(people=[person(n) for n in range(1, 6)], sending={"people_per_day": 2})
    world.start()
    moments = times(world)
    tell.right("2 people a day by the plan: 2, 2, 1", ([(it - moments[0]).days for it in moments], most(moments, DAY)), ([0, 0, 1, 1, 2], 2))
    world = tell.world(people=[person(n) for n in range(1, 8)], sending={"per_hour": 2})
    world.start()
    moments = times(world)
    tell.right("2 messages an hour: in no hour more, and not fewer than may go", (most(moments, HOUR), moments[-1] - moments[0] < 4 * HOUR),
               (2, True))
    world = tell.world(people=[person(n) for n in range(1, 1_202)], sending={"per_hour": None}, serve=False)
    plan = world.order("plan", "welcome", "--rehearse").out
    tell.right("1,000 an hour by default: the plan says what lifting it saves", plan, lambda it: "lifting messages-per-hour would save" in it)


@tale
def calendar_of_all_steps(tell):
    later = lambda **more: campaign("welcome", step(), step("reminder", wait="3 days", **more))
    world = tell.world(people=[person(n) for n in range(1, 4)], campaigns=later(only="not delivered in invite"), serve=False)
    shown, told = (world.order("plan", "welcome", "--rehearse", *words) for words in ((), ("--format", "json")))
    days = {it["day"]: it["steps"] for it in told.json["days"] if it["messages"]}
    tell.right("a reminder after three days: the calendar has both steps, each on its day", days,
               {"2026-10-06": {"invite": 3}, "2026-10-09": {"reminder": 3}})
    tell.right("a reminder for whom the first does not reach: the plan says that nobody knows how many that are", shown.out,
               lambda it: "reminder: 3 people at most, as nobody knows yet whom invite does not reach\n" in it)
    world.write_plan(campaigns=later())
    shown = world.order("plan", "welcome", "--rehearse").out
    tell.right("a reminder for all: no word of a most", shown, lambda it: "2026-10-09  reminder" in it and "at most" not in it)
    world.set({"faults": [{"kind": "error", "code": 190, "when": {"requests": [3]}}]})
    world.write_plan(sending=world.sending | {"per_second": 1})
    world.start()
    told = world.order("plan", "welcome", "--rehearse", "--format", "json").json
    days = {it["day"]: it["steps"] for it in told["days"] if it["messages"]}
    tell.right("two of three were sent, then it paused: they get the reminder three days after, the third is not in the calendar yet",
               (days, told["steps"][1]["later"], told["waiting"]), ({"2026-10-09": {"reminder": 2}}, 2, 1))


@tale
def limits_of_two_numbers(tell):
    other, until = "500000000000302", "2026-10-07T12:00:00Z"
    people = [person(n, city="Lyon" if n <= 20 else "Nice") for n in range(1, 41)]
    of = lambda city: f"attribute('city') = '{city}'"
    world = tell.world(people=people, sending={"per_hour": 10, "people_per_day": 30}, where=of("Lyon"), serve=False, settings={
        "numbers": {other: {"account": ACCOUNT, "display_phone_number": "+33 1 99 00 99 98"}}})
    world.start()
    began = times(world, number=NUMBER)
    tell.right("a number sends 10 an hour: 20 take an hour", most(began, HOUR) == 10 and HOUR <= began[-1] - began[0] < 1.1 * HOUR, True)
    world.write_plan(sending=world.sending | {"number": other}, where=of("Nice"), campaigns=campaign() + campaign("second", not_after=until))
    world.start("second")
    moments = times(world, number=other)
    tell.right("the second number begins with an hour of its own: 10 at once", moments[9] - began[-1] < timedelta(minutes=1), True)
    tell.right("30 people a day are those of both numbers: the others wait for a day", moments[10] - began[0] >= DAY, True)
    log = Log(world.log)
    tell.right("each number judged by itself: no limit is exceeded", [*limits.second(log, 80), *limits.per_hour(log, 10), *limits.pair(log),
               *limits.person(log)], [])
    told = [world.prove(name) for name in ("welcome", "second")]
    tell.right("two numbers: everybody once, and the sandbox saw nothing over a limit",
               ([it["is_good"] for it in told], len(set(world.sent())), told[1]["sandbox"]["over_limits"]), ([True, True], 40, 0))


@tale
def hours_of_the_day(tell):
    old = {"at": "2025-09-01", "last": "2025-09-01"}
    for what, start, hours, expected in [
            ("Saturday evening: Monday at nine, as it is Sunday between", "2026-10-10T19:00:00Z", None, "2026-10-12T07:00:00Z"),
            ("Saturday evening, any hours: at once, as France allows it until 22", "2026-10-10T19:00:00Z", "any", "2026-10-10T19:00:00Z"),
            ("Saturday at 22, any hours: Monday at eight", "2026-10-10T20:00:00Z", "any", "2026-10-12T06:00:00Z"),
            ("25 December: the day after", "2025-12-24T19:30:00Z", None, "2025-12-26T08:00:00Z"),
            ("Easter Monday: the day after", "2026-04-06T08:00:00Z", None, "2026-04-07T07:00:00Z"),
            ("before nine: at nine, also on the day on which the clocks change to winter", "2026-10-25T19:00:00Z", None, "2026-10-26T08:00:00Z"),
            ("at 19:59: at once", "2026-10-06T17:59:00Z", None, "2026-10-06T17:59:00Z"),
            ("at 20:00: tomorrow", "2026-10-06T18:00:00Z", None, "2026-10-07T07:00:00Z")]:
        world = tell.world(people=[person(1, **old)], start=start, sending={"hours": hours}, serve=False)
        world.start()
        tell.right(what, times(world), [at(expected)])


@tale
def those_who_wait_for_the_morning(tell):
    people = [person(n) for n in range(1, 1_301)] + [person(n, phone=f"+6125550{n:04d}") for n in range(1, 201)]
    world = tell.world(people=people, start="2026-10-10T20:00:00Z", where="region = 'FR' or region = 'AU'",
                       sending={"hours": "any"}, serve=False)
    world.start()
    days = Counter((it["to"].lstrip("+")[:2], it["at"][:10]) for it in world.requests() if it["outcome"] != "refused")
    tell.right("1,300 wait for Monday in France: that does not keep back 200 in Australia", days,
               {("61", "2026-10-10"): 200, ("33", "2026-10-12"): 1_300})
    released = world.sql("select wave.released_at / 1000000, region, count(*) from wave join outbox_view using (campaign, step) "
                         "join contact_view using (contact_id) where wave.number = outbox_view.wave and not is_test group by 1, 2")
    is_night = lambda moment: datetime.fromtimestamp(moment, UTC) < at("2026-10-12T05:00:00Z")
    tell.right("1,300 in France: but for the test wave nobody is released at night, who would take a place among the 10,000",
               {region for moment, region, _ in released if is_night(moment)}, {"AU"})


@tale
def limit_grows_while_it_sends(tell):
    people = [person(n) for n in range(1, 2_041)]
    world = tell.world(people=people, sending={"per_hour": None}, settings={"portfolios": {PORTFOLIO: {"tier": "TIER_2K"}}})
    done = world.start()
    moments = times(world)
    told = "the platform now allows 10000 people in 24 hours; before it was 2000 people\n"
    tell.right("2,000 a day become 10,000 six hours after the half: the sender sees it, says so, and the rest go on the same day",
               (len(moments), moments[-1] - moments[0] < 8 * HOUR, told in done.text), (2_040, True, True))
    tell.right("the limit grew: nothing exceeded, nothing doubled", world.prove(), lambda it: it["is_good"] and it["sandbox"]["over_limits"] == 0)
    world = tell.world(people=people, sending={"per_hour": None}, settings={"portfolios": {PORTFOLIO: {"tier": "TIER_2K"}}},
                       start="2026-10-10T08:00:00Z")
    world.start()
    tell.right("it grows on a Saturday: those who wait for it are not put off until Monday, because nobody is written to on Sunday",
               {it.date().isoformat() for it in times(world)}, {"2026-10-10"})


@tale
def hours_of_other_countries(tell):
    world = tell.world(people=[person(1, phone="+14165550123")], where="rows >= 0", start="2026-10-06T12:00:00Z")
    world.start()
    tell.right("Canada: from nine in its west on", times(world), [at("2026-10-06T16:00:00Z")])
    world = tell.world(people=[person(1, phone="+14165550123")], where="rows >= 0", start="2026-10-06T23:00:00Z")
    world.start()
    tell.right("Canada: not after twenty in its east", times(world), [at("2026-10-07T16:00:00Z")])


@tale
def no_hour_is_allowed(tell):
    people = [person(1), person(2, phone="+14165550123")]
    world = tell.world(people=people, where="rows >= 0", campaigns=campaign(hours="10:00-12:00"), serve=False)
    done = world.start()
    tell.right("10 to 12 in all zones of Canada is no hour: the others get it, and it pauses and says so",
               (world.sent(), done.code, "1 no-moment" in done.text), ([1], 4, True))


@tale
def person_gets_two_a_day(tell):
    names = ["one", "two", "three"]
    world = tell.world(people=[person(1), person(2)], templates=[template(), template(NOTE, category="UTILITY")],
                       campaigns="".join(campaign(it) for it in names) + campaign("note", step(template=NOTE)))
    for name in ["one", "note", "two", "three"]:
        world.start(name)
    moments = [at(it["at"]) - at("2026-10-06T08:00:00Z") for it in world.requests(to=phone(1)[1:])]
    tell.right("an offer, then a note of utility: at once", moments[1] < timedelta(minutes=1), True)
    tell.right("the second offer: six hours later", moments[2], lambda it: 6 * HOUR <= it < 6 * HOUR + timedelta(minutes=5))
    tell.right("the third offer: a day after the first", moments[3], lambda it: DAY <= it < DAY + timedelta(minutes=5))


@tale
def person_is_held_by_131049(tell):
    world = tell.world(people=[person(1), person(2)], campaigns=campaign("one") + campaign("two"))
    world.set({"statuses": {"failures": [{"code": 131049, "when": {"to": [phone(1)], "until": "2026-10-06T09:00:00Z"}}]}})
    world.start("one")
    world.move(hours=6.5)
    world.start("two")
    of = lambda n: [at(it["at"]) - at("2026-10-06T08:00:00Z") for it in world.requests(to=phone(n)[1:])]
    tell.right("131049: not sent again by itself, and the next offer waits a day", of(1), lambda it: len(it) == 2 and DAY <= it[1] < DAY + 2 * HOUR)
    tell.right("131049: others do not wait", of(2)[1] < 7 * HOUR, True)


@tale
def answers_that_ask_to_wait(tell):
    for code in (131056, 130429, 80007, 4, 134101):
        world = tell.world(people=[person(n) for n in range(1, 4)])
        world.set({"faults": [{"kind": "error", "code": code, "when": {"to": [phone(1)], "times": 1}}]})
        done = world.start()
        tries = [at(it["at"]) for it in world.requests(to=phone(1)[1:])]
        tell.right(f"{code}: sent again after a wait, and everybody gets it once", (world.sent(), len(tries), done.code), ([1, 2, 3], 2, 0))
        wait = timedelta(minutes=10) if code == 134101 else timedelta(seconds=1)
        tell.right(f"{code}: it waits at least as long as the table says", tries[-1] - tries[0] >= wait, True)
    world = tell.world(people=[person(n) for n in range(1, 4)])
    world.set({"faults": [{"kind": "error", "code": 131056, "when": {"to": [phone(1)], "times": 4}}]})
    world.start()
    tries = [at(it["at"]) for it in world.requests(to=phone(1)[1:])]
    waits = [(later - earlier).total_seconds() for earlier, later in zip(tries, tries[1:])]
    tell.right("131056 four times: the waits are 1, 4, 16 and 64 seconds at least", [a >= b for a, b in zip(waits, [1, 4, 16, 64])], [True] * 4)
    tell.right("131056 four times: others do not wait", [max(times(world, to=phone(n)[1:])) - tries[0] < timedelta(seconds=2) for n in (2, 3)],
               [True, True])


@tale
def number_is_slower_than_ferry_knows(tell):
    world = tell.world(people=[person(n) for n in range(1, 61)], settings={"numbers": {NUMBER: {"messages_a_second": 20}}})
    done = world.start()
    tell.right("a number with 20 a second: everybody gets it once all the same", (len(world.sent()), len(set(world.sent())), done.code), (60, 60, 0))


@tale
def first_moment_of_a_campaign(tell):
    world = tell.world(serve=False, campaigns=campaign(not_before="2026-10-08"))
    done = world.start()
    tell.right("not_before is in two days: nothing goes before nine on that day, and it says what it waits for",
               (times(world)[0], "waits for not_before until 2026-10-07 22:00:00 UTC" in done.text), (at("2026-10-08T07:00:00Z"), True))
    world = tell.world(serve=False, campaigns=campaign(not_before="2026-10-08"))
    with world.begin("welcome") as running:
        running.wait(60)
    tell.right("not_before, with one person after the other: all of them after it", [it < at("2026-10-08T07:00:00Z") for it in times(world)], [False] * 3)


@tale
def calendar_counts_what_is_decided(tell):
    world = tell.world(people=[person(n) for n in range(1, 8)], sending={"people_per_day": 3}, serve=False,
                       campaigns=campaign("welcome", max_people=2) + campaign("second"))
    told = world.order("plan", "second", "--rehearse", "--format", "json").json
    days = [it["messages"] for it in told["days"] if it["messages"]]
    tell.right("3 people a day by the plan, 2,000 by the platform: the calendar does not let it grow", days, [3, 3, 1])
    world.start()
    world.start("second")
    told = Counter(it["at"][:10] for it in world.requests() if it["outcome"] != "refused")
    tell.right("3 people a day, two of them by another campaign", told, lambda it: list(it.values())[0] == 3)
    world = tell.world(people=[person(n) for n in range(1, 8)], sending={"people_per_day": 3}, serve=False,
                       campaigns=campaign("welcome", max_people=2) + campaign("second"), where="region = 'FR'")
    world.start()
    told = world.order("plan", "second", "--rehearse", "--format", "json").json
    days = [it["messages"] for it in told["days"] if it["messages"]]
    tell.right("the calendar counts the two of another campaign", days[0], 1)


@tale
def long_waits_are_told(tell):
    world = tell.world(serve=False, start="2026-10-06T18:30:00Z", sending={"test_wave": 0})
    done = world.start()
    tell.right("after eight in the evening: it says that it waits for the hours", "waits for hours until 2026-10-07 07:00:00 UTC" in done.text, True)
    world = tell.world(serve=False, people=[person(n) for n in range(1, 3)], campaigns=campaign() + campaign("second"))
    world.start()
    done = world.start("second")
    tell.right("the second offer waits six hours: it says for what", done.text, lambda it: "waits for person-spacing until 2026-10-06 14:" in it)
