"""What happens when a template changes between the release of a wave and the sending of its messages."""

import json

from stories_consent import pause_at_once
from stories_told import tale
from stories_world import ACCOUNT, NOTE, campaign, person, step, template

SIX = [person(1), person(2), person(3), person(4, "orders"), person(5, "orders"), person(6, "orders")]
UTILITY = template(NOTE, category="UTILITY")
NOTES = campaign("welcome", step(template=NOTE), not_after="2026-10-06T08:30:00Z")


def waiting(tell, **given):
    """A world in which everybody waits for a message of utility, and the campaign is paused."""
    given = {"people": SIX, "templates": [UTILITY], "campaigns": NOTES, "sending": {"per_second": 1}} | given
    world = tell.world(**given)
    pause_at_once(world)
    return world


def go_on(world, *words):
    """Resumes and starts. Returns what was printed."""
    resumed = world.order("resume", "welcome", *words)
    return resumed, world.start()


@tale
def template_becomes_marketing(tell):
    world = waiting(tell)
    world.moderate({"name": NOTE, "category": "MARKETING"})
    _, done = go_on(world)
    tell.right("utility became marketing after the release: nothing goes, and the campaign pauses",
               (world.sent(), world.status()["state"], done.code != 0), ([], "paused", True))
    tell.right("it says that the category has changed", done.text, lambda it: "is MARKETING now" in it)
    tell.right("it says how to accept that", done.text.splitlines()[:4], lambda it: "--accept-templates" in str(it))
    _, done = go_on(world)
    tell.right("resume without accepting it: it pauses again", (world.sent(), world.status()["state"]), ([], "paused"))
    _, done = go_on(world, "--accept-templates", "--reason", "we saw it")
    tell.right("accepted: only those who consented to marketing get it", world.sent(), [1, 2, 3])
    tell.right("accepted: it goes to /marketing_messages", {it["path"] for it in world.requests(outcome="accepted")}, {"marketing_messages"})
    tell.right("accepted: the others stay held, and status says so", world.status(),
               lambda it: "consent" in str(it["waiting_for"]) + str(it["steps"]))
    tell.right("accepted: the proof is good", world.prove()["is_good"], True)


@tale
def template_becomes_utility(tell):
    world = waiting(tell, people=SIX[:3], templates=[template()], campaigns=campaign(not_after="2026-10-06T08:30:00Z"))
    world.moderate({"name": "offer", "category": "UTILITY"})
    go_on(world)
    tell.right("marketing became utility: it pauses too", (world.sent(), world.status()["state"]), ([], "paused"))
    go_on(world, "--accept-templates")
    tell.right("accepted: it goes to /messages, once each", ([it["path"] for it in world.requests(outcome="accepted")], world.sent()),
               (["messages"] * 3, [1, 2, 3]))


@tale
def template_is_changed_without_a_sync(tell):
    world = waiting(tell)
    world.moderate({"name": NOTE, "category": "MARKETING"}, sync=False)
    go_on(world)
    tell.right("changed where Ferry has not looked: who did not consent to marketing gets none",
               [it["to"] for it in world.requests(outcome="accepted") if it["category"] == "MARKETING" and it["to"][-1] in "456"], [])


@tale
def template_category_by_webhook(tell):
    world = waiting(tell)
    known = world.call(f"/v25.0/{ACCOUNT}/message_templates?fields=id,name")["data"]
    world.moderate({"name": NOTE, "category": "MARKETING"}, sync=False)
    world.webhook("template_category_update", {"message_template_id": int(known[0]["id"]), "message_template_name": NOTE,
                  "message_template_language": "fr", "previous_category": "UTILITY", "new_category": "MARKETING"})
    go_on(world)
    tell.right("the change of category is told by webhook, without a sync: it pauses", (world.sent(), world.status()["state"]), ([], "paused"))


@tale
def template_is_taken_away(tell):
    for status, word in [("PAUSED", "pause"), ("DISABLED", "disabled"), ("REJECTED", "reject")]:
        world = waiting(tell)
        world.moderate({"name": NOTE, "status": status})
        _, done = go_on(world)
        said = (done.text + world.status()["reason"] + world.order("status", "welcome", "--rehearse").out).lower()
        tell.right(f"template is {status.lower()}: nothing goes, nothing is lost, and it says so",
                   (world.sent(), world.prove()["planned"], word in said or "approved" in said), ([], 6, True))
        world.moderate({"name": NOTE, "status": "APPROVED"})
        go_on(world)
        tell.right(f"template was {status.lower()} and is approved again: everybody gets it once", world.sent(), [1, 2, 3, 4, 5, 6])


@tale
def template_is_taken_away_unseen(tell):
    for status, code in [("PAUSED", 132015), ("DISABLED", 132016)]:
        world = waiting(tell)
        world.moderate({"name": NOTE, "status": status}, sync=False)
        go_on(world)
        refused = [it["code"] for it in world.requests(outcome="refused")].count(code)
        tell.right(f"{code}: the template is held at the first answer, and the others are not burnt",
                   (refused <= 2, world.prove()["planned"] >= 4), (True, True))


@tale
def template_is_edited(tell):
    world = waiting(tell)
    world.moderate({"name": NOTE, "text": "Bonjour {{1}}, tout est moins cher chez nous."})
    _, done = go_on(world)
    tell.right("approved content differs from what was frozen: nothing goes, it pauses", (world.sent(), world.status()["state"]), ([], "paused"))
    tell.right("it says how to accept the new content", done.text.splitlines()[:4], lambda it: "--accept-templates" in str(it))
    go_on(world, "--accept-templates")
    tell.right("accepted: everybody gets it once", world.sent(), [1, 2, 3, 4, 5, 6])
    world = waiting(tell)
    world.moderate({"name": NOTE, "text": "Bonjour {{1}} {{2}}, tout est moins cher chez nous."})
    go_on(world)
    go_on(world, "--accept-templates")
    refused = [it["code"] for it in world.requests(outcome="refused")][1:]
    tell.right("accepted with a variable that has no value: at most the first is refused, and the others wait",
               (len(refused) <= 1, world.sent(), world.prove()["planned"] >= 5), (True, [], True))


@tale
def template_languages(tell):
    people = [person(1), person(2, lang="en"), person(3, lang="en")]
    english = template(language="en")
    world = waiting(tell, people=people, templates=[template()], campaigns=campaign("welcome", step(), not_after="2026-10-06T08:30:00Z"))
    (world.folder / "templates.json").write_text(json.dumps([template(), english]))
    world.must("template", "submit", "templates.json")
    world.sync()
    go_on(world)
    tell.right("another language is approved after the release: what was frozen is sent", {it["language"] for it in world.requests()}, {"fr"})
    tell.right("another language is approved later: everybody once", world.sent(), [1, 2, 3])
    world = tell.world(people=people, templates=[template(), english], campaigns=campaign("welcome", step(language=None)))
    world.moderate({"name": "offer", "quality": "RED"})
    done = world.start()
    tell.right("quality is red: it is said before anything goes, or nothing goes", done.text + str(world.sent()),
               lambda it: "red" in it.lower() or it.endswith("[]"))
    world = tell.world(templates=[template("other")])
    done = world.start()
    tell.right("no such template: refused before anything goes, by its name", (done.code, world.requests(), "offer" in done.text),
               lambda it: it[0] != 0 and it[1] == [] and it[2])
    world = tell.world(templates=[template()])
    world.moderate({"name": "offer", "status": "PENDING"})
    done = world.start()
    tell.right("template is not approved yet: nothing goes", (done.code != 0, world.requests()), (True, []))
