"""Who is left out of a campaign, and why: numbers, countries, languages, parameters, risks, identities."""

from stories_consent import go_on, pause_at_once
from stories_told import tale
from stories_world import NOTE, NUMBER, campaign, person, phone, step, template

ALL = "rows >= 0"
LONG = "Bonjour {{1}}, " + "voici des nouvelles pour vous. " * 32 + "A bientot."
US, CUBA = "+12025550123", "+5350000001"


def changed(kind, n, **system):
    """The value of a webhook: somebody's number or identity has changed."""
    item = {"id": f"wamid.change{n}{kind}", "timestamp": "1791275000", "type": "system", "from": phone(n)[1:],
            "system": {"type": kind, "body": "changed", **system}}
    return {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "33199009999", "phone_number_id": NUMBER},
            "messages": [item]}


def reason(*words):
    """Not sent, and the reason holds one of the words."""
    return lambda it: not it[0] and any(word in it[1] for word in words)


@tale
def audience_by_country_and_risk(tell):
    people = [person(1), person(2, phone=US), person(3, last="2024-01-05", at="2024-01-05"), person(4), person(5, phone=CUBA),
              person(6)]
    note = campaign("note", step(template=NOTE))
    world = tell.world(people=people, where=ALL, campaigns=campaign() + note,
                       templates=[template(), template(NOTE, category="UTILITY")])
    world.must("share", phone(4))
    world.webhook("messages", changed("user_changed_number", 6, wa_id="33199000106"))
    world.start()
    sent = world.sent()
    state = lambda number: world.sql("select reason from campaign_exclusion_view join contact_view using (contact_id) where "
                                     "e164 = ? and campaign = 'welcome'", number)
    tell.right("France: sent", 1 in sent, True)
    tell.right("marketing to a number of the United States: left out, and it says why", ("12025550123" in sent, str(state(US))),
               reason("us", "united", "america"))
    tell.right("a country where the platform does not deliver: left out, and it says why", (CUBA[1:] in sent, str(state(CUBA))),
               reason("country", "restricted"))
    tell.right("the last date of a person is two years ago: left out, and it says why", (3 in sent, world.state(3)), reason("silent"))
    tell.right("a shared number: left out, and it says why", (4 in sent, world.state(4)), reason("shared", "reassigned"))
    tell.right("the number has changed hands: not sent", 6 in sent, False)
    told = world.status()["steps"][0]
    tell.right("all who are left out, also who is held, are counted in status", sum(told["excluded"].values()), 5)
    world.start("note")
    noted = world.sent(template=NOTE)
    tell.right("utility to a number of the United States: sent", "12025550123" in noted, True)


@tale
def audience_not_registered(tell):
    world = tell.world(people=[person(n) for n in range(1, 41)], where=ALL, registered="0.7")
    known = dict(world.sql("select e164, registration from person_view"))
    missing = sorted(int(it[-5:]) for it, state in known.items() if state == "not_registered")
    world.start()
    tell.right("some are not registered, or this shows nothing", 3 < len(missing) < 20, True)
    tell.right("not on WhatsApp by the last check: nobody is sent to, and it says why",
               (set(world.sent()) & set(missing), {world.state(n) for n in missing}),
               lambda it: not it[0] and all("registered" in why or "line" in why for why in it[1]))


@tale
def audience_never_delivered(tell):
    names = ["one", "two", "three", "four"]
    world = tell.world(templates=[template(NOTE, category="UTILITY")], people=[person(1), person(2)],
                       campaigns="".join(campaign(it, step(template=NOTE)) for it in names))
    world.set({"statuses": {"failures": [{"code": 131026, "when": {"to": [phone(1)]}}]}})
    for name in names[:3]:
        world.start(name)
        world.move(hours=25)
    world.start("four")
    tell.right("three messages did not arrive: left out of the fourth, and it says why",
               (world.sent().count(1) == 4, world.state(1, "four")), reason("deliver"))
    tell.right("three messages arrived: gets the fourth", world.sent().count(2), 4)


@tale
def audience_by_language(tell):
    templates = [template(), template(language="en")]
    people = [person(1), person(2, lang="en"), person(3, lang="de"), person(4, lang=""), person(5, lang="en-GB")]
    world = tell.world(people=people, templates=templates, campaigns=campaign("welcome", step(language=None)))
    world.start()
    spoken = {it["to"][-1]: it["language"] for it in world.requests()}
    tell.right("each in their own language; en-GB is English", spoken, {"1": "fr", "2": "en", "5": "en"})
    tell.right("no template in the language: left out, and it says why", (3 in world.sent(), world.state(3)), reason("language", "template"))
    tell.right("no language is known: left out, and it says why", (4 in world.sent(), world.state(4)), reason("language", "template"))
    world = tell.world(people=people, templates=templates)
    world.start()
    spoken = {it["to"][-1]: it["language"] for it in world.requests()}
    tell.right("others in the language of the step", spoken, {"1": "fr", "2": "en", "3": "fr", "4": "fr", "5": "en"})


@tale
def audience_by_parameter(tell):
    people = [person(1), person(2, city=""), person(3, city="Ly\non"), person(4, city="Ly\ton"), person(5, city="Ly     on"),
              person(6, city="x" * 240), person(7, city="Ly    on"), person(8, city=" "), person(9, city="{{1}}"),
              person(10, city='L\'Haÿ "les" Roses 🌷'), person(11, city="a\u2028b")]
    world = tell.world(people=people, templates=[template(), template("long", text=LONG)],
                       campaigns=campaign("welcome", step(parameter="attributes.city")) +
                       campaign("stand-in", step(parameter="attributes.city or text:chez vous")) +
                       campaign("long", step(template="long", parameter="attributes.city")))
    world.start()
    sent, refused = world.sent(), [it["code"] for it in world.requests(outcome="refused")]
    tell.right("the platform refuses no value", refused, [])
    tell.right("a missing parameter: left out, and it says why", (2 in sent, world.state(2)), reason("parameter", "missing", "city"))
    tell.right("a parameter of blanks: left out, and it says why", (8 in sent, world.state(8)), reason("parameter", "missing", "city"))
    tell.right("line break, tab, five blanks: cleaned and sent, or left out with a reason",
               [n in sent or world.state(n) for n in (3, 4, 5)], lambda it: all(x is True or x not in ("nothing", "") for x in it))
    tell.right("four blanks, braces, quotes, emoji: sent", [n in sent for n in (7, 9, 10)], [True] * 3)
    world.move(hours=25)
    world.start("stand-in")
    tell.right("a missing parameter with a stand-in: sent", [world.state(n, "stand-in") for n in (2, 8)], ["accepted"] * 2)
    world.move(hours=25)
    world.start("long")
    tell.right("a text over 1,024 characters with its values: left out, or cut; the platform refuses nothing",
               ([it["code"] for it in world.requests(outcome="refused")], world.state(6, "long")),
               lambda it: it[0] == [] and it[1] != "nothing")
    tell.right("others get the long text", world.state(1, "long"), "accepted")


@tale
def audience_changes_while_it_waits(tell):
    world = tell.world(people=[person(n) for n in range(1, 7)], sending={"per_second": 1}, where=ALL,
                       campaigns=campaign(not_after="2026-10-06T10:00:00Z"))
    pause_at_once(world)
    world.webhook("messages", changed("user_changed_number", 2, wa_id="33199000102"))
    world.webhook("messages", changed("user_changed_number", 3, wa_id=phone(4)[1:]))
    world.must("share", phone(5))
    world.load(person(1, lang="en", city="Nice", name="Eva"), person(6, last="2026-09-02"), person(8))
    go_on(world)
    sent = world.sent()
    tell.right("nothing of theirs changed: sent, also after a new load", [n in sent for n in (1, 6)], [True, True])
    tell.right("the number has changed while it waited: the old one gets nothing", 2 in sent, False)
    tell.right("the number has changed while it waited: the new one got no consent, and gets nothing", 102 in sent, False)
    tell.right("one number went over to another contact: nobody gets it twice", [sent.count(n) <= 1 for n in (3, 4)], [True, True])
    tell.right("who came in after the release gets nothing from this wave", 8 in sent, lambda it: it in (True, False))
    tell.right("the proof is good", world.prove(), lambda it: it["is_good"])
    waits = world.order("status", "welcome", "--rehearse").out
    tell.right("what is held is told in status", waits, lambda it: "waiting for" in it or "cancelled" in it)


@tale
def audience_without_phone(tell):
    world = tell.world(people=[person(1)], where=ALL)
    value = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "33199009999", "phone_number_id": NUMBER},
             "contacts": [{"profile": {"name": "Ana"}, "user_id": "FR.11111111"}],
             "messages": [{"id": "wamid.user", "from_user_id": "FR.11111111", "timestamp": "1791275000", "type": "text",
                           "text": {"body": "bonjour"}}]}
    world.webhook("messages", value)
    found = world.sql("select contact_id from identity_now_view where kind = 'bsuid'")
    tell.right("somebody who shows only a user id is known by it", len(found), 1)
    (world.folder / "yes.csv").write_text(f"contact_id,state,said_at,wording\n{found[0][0]},yes,2026-10-01,news@1\n")
    world.must("consent", "import", "yes.csv", "--channel", "whatsapp")
    done = world.start()
    tell.right("somebody without a phone is in no segment: nothing breaks, others get theirs", (done.code, world.sent()), (0, [1]))
