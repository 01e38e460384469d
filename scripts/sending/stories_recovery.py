"""After a kill, a restored database, a lost or damaged log of sends."""

import shutil
import signal
import time

from stories_told import tale
from stories_world import campaign, person

LOG, DATABASE = "sends.log", "ferry.db"


def saved(world):
    """Keeps a copy of the database as it is now, while nothing writes."""
    for name in (DATABASE, DATABASE + "-wal"):
        if (world.folder / name).exists():
            shutil.copy(world.folder / name, world.folder / f"saved-{name}")


def restore(world):
    """Brings the copy back."""
    for name in (DATABASE, DATABASE + "-wal", DATABASE + "-shm"):
        (world.folder / name).unlink(missing_ok=True)
        if (world.folder / f"saved-{name}").exists():
            shutil.copy(world.folder / f"saved-{name}", world.folder / name)


@tale
def sender_is_killed(tell):
    world = tell.world(people=[person(n) for n in range(1, 201)], serve=False, sending={"per_second": 20})
    kills = 0
    for goal in (10, 60, 120):
        running = world.begin()
        until = time.monotonic() + 60
        while len(world.requests()) < goal and running.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        kills += running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.wait()
    for _ in range(3):
        world.start()
    sent = world.sent()
    told = world.prove()
    tell.right("killed three times in the middle, or this shows nothing", kills, 3)
    tell.right("killed: nobody twice", len(sent), len(set(sent)))
    tell.right("killed: nobody is forgotten: sent, or unknown", (told["accepted"] + told["unknown"] + told["intents"], told["planned"]), (200, 0))
    tell.right("killed: it is not called finished while messages have no outcome", (world.status()["state"], told["intents"]),
               lambda it: it[0] != "finished" or it[1] == 0)
    tell.right("killed: who was not sent is unknown", 200 - len(sent) <= told["unknown"], True)
    tell.right("killed: the proof is good", told["is_good"], True)


@tale
def database_is_restored(tell):
    world = tell.world(people=[person(n) for n in range(1, 9)], serve=False)
    saved(world)
    world.start()
    restore(world)
    done = world.start()
    tell.right("the database is older than the log of sends: nothing is sent", (len(world.sent()), done.code != 0), (8, True))
    tell.right("it says what to do", done.text, lambda it: "--from-log" in it)
    dry = world.order("plan", "welcome", "--rehearse")
    tell.right("the plan says it too", dry.text, lambda it: "from-log" in it or "sends.log" in it or "log of sends" in it)
    settled = world.order("settle", "welcome", "--from-log", "--reason", "restored")
    tell.right("settle --from-log ends with 0", (settled.code, settled.text if settled.code else ""), (0, ""))
    again = world.start()
    tell.right("after settle --from-log: nobody gets it twice", (len(world.sent()), again.code), lambda it: it[0] == 8)
    told = world.prove()
    tell.right("after settle --from-log: eight are unknown or accepted, none doubled", (told["unknown"] + told["accepted"], told["doubled"], told["is_good"]),
               (8, 0, True))


def restored_between_two_campaigns(tell):
    """A world whose database is that of before its second campaign."""
    world = tell.world(people=[person(n) for n in range(1, 9)], serve=False, campaigns=campaign("welcome", max_people=4) + campaign("second"))
    world.start()
    saved(world)
    world.move(hours=25)
    world.start("second")
    restore(world)
    world.move(hours=25)
    return world


@tale
def database_is_restored_to_the_middle(tell):
    world = restored_between_two_campaigns(tell)
    n = len(world.sent())
    done = world.start("second")
    tell.right("restored to between two campaigns: nothing is sent by the second", (len(world.sent()) - n, done.code != 0), (0, True))
    world.order("settle", "second", "--from-log", "--reason", "restored")
    world.start("second")
    tell.right("restored to between two campaigns: nobody gets the second twice", (len(world.sent()), world.prove("second")["is_good"]), (n, True))
    tell.right("the first one is as it was", world.prove()["accepted"], 4)


@tale
def people_stop_after_the_backup(tell):
    world = tell.world(people=[person(n) for n in range(1, 4)])
    world.server.terminate()
    world.server.wait()
    saved(world)
    world.hook = world.serve() + ""
    world.set({"webhooks": {"to": world.hook}})
    world.start()
    world.writes(1)
    world.server.terminate()
    world.server.wait()
    restore(world)
    done = world.start()
    tell.right("restored to before a STOP: nothing goes until it is settled", (len(world.sent()), done.code != 0), (3, True))


@tale
def log_is_lost(tell):
    world = tell.world(people=[person(n) for n in range(1, 9)], serve=False, campaigns=campaign("welcome", max_people=4) + campaign("second"))
    world.start()
    (world.folder / LOG).unlink()
    world.move(hours=25)
    done = world.start("second")
    tell.right("the log of sends is gone: nothing goes, or it is made anew and everybody gets the second once",
               (world.sent().count(1), len(world.sent()), done.code), lambda it: it[1] == 4 and it[2] != 0 or it[1] == 12 and it[2] == 0)
    tell.right("the log of sends is gone: it is told", done.text, lambda it: "log" in it.lower() and "sends" in it.lower())
    tell.right("the log of sends is gone: the proof says that it cannot prove by it", world.order("prove", "welcome", "--sandbox-log", str(world.log)).text,
               lambda it: "log" in it)


@tale
def log_is_damaged(tell):
    for what, damage in [("a torn last line", lambda text: text[:-40]), ("a line of noise in the middle", lambda text: text.replace('"n":2', '"n":\x00', 1)),
                         ("a number twice", lambda text: text + text.splitlines(keepends=True)[-1])]:
        world = tell.world(people=[person(n) for n in range(1, 7)], serve=False, campaigns=campaign("welcome", max_people=4) + campaign("second"))
        world.start()
        log = world.folder / LOG
        log.write_text(damage(log.read_text()))
        world.move(hours=25)
        done = world.start("second")
        sent = world.sent()
        tell.right(f"{what} in the log of sends: nothing goes and it says which line, or everybody gets it once",
                   (len(sent), done.code, "log" in done.text), lambda it: it[0] == 10 and it[1] == 0 or it[0] == 4 and it[1] != 0 and it[2])
        tell.right(f"{what}: nothing is lost of the log", len(log.read_text()) > 0, True)


@tale
def key_of_another_database(tell):
    world = tell.world(people=[person(n) for n in range(1, 4)], serve=False)
    world.start()
    (world.folder / "ferry.key").write_text("ab" * 32 + "\n")
    world.write_plan(campaigns=campaign() + campaign("second"))
    world.move(hours=25)
    done = world.start("second")
    tell.right("the key of another database: nothing goes, and it says so", (len(world.sent()), done.code != 0, "key" in done.text), (3, True, True))


@tale
def key_folder_is_shared(tell):
    world = tell.world(people=[person(n) for n in range(1, 4)], serve=False)
    world.start()
    world.write_plan(sending=world.sending | {"log": "elsewhere/sends.log"})
    done = world.start()
    tell.right("the log of sends is somewhere else now: nobody gets anything twice", (len(world.sent()), done.code != 0), (3, True))


@tale
def people_are_erased_and_come_again(tell):
    world = tell.world(people=[person(n) for n in range(1, 4)], serve=False, campaigns=campaign() + campaign("second"))
    world.start()
    world.load(person(1), person(2), person(3), person(4))
    done = world.start()
    tell.right("the same people are loaded again after the end: nobody gets it twice", (len(world.sent()), done.code != 0), (3, True))


@tale
def proof_after_a_restore(tell):
    world = restored_between_two_campaigns(tell)
    settled = world.order("settle", "second", "--from-log", "--format", "json").json
    tell.right("after a restore the log adds eight as unknown", (settled["added"], settled["settled"], len(settled["unknown"])), (8, 0, 8))
    tell.right("after settle --from-log: the proof does not say that they are not in the log", world.prove("second"),
               lambda it: it["not_logged"] == 0 and it["sandbox"]["unknown_taken"] == 8)
    (world.folder / LOG).unlink()
    told = world.prove()
    tell.right("without the log the proof still compares the database with the sandbox, and says what the log lacks",
               (told["sandbox"]["taken"], told["sent_not_logged"]), (4, 4))


@tale
def settle_takes_unknown_messages_only(tell):
    world = tell.world(serve=False)
    world.start()
    one = world.sql("select message_id from outbox limit 1")[0][0]
    for what, name in (("a message that was accepted", one), ("an id that nobody has", "ab" * 16)):
        done = world.order("settle", "welcome", name, "--as", "not-sent", "--reason", "no")
        tell.right(f"settle {what}: it is refused in words, and nothing changes",
                   (done.code, "no unknown message" in done.err, "constraint" in done.err, world.prove()["accepted"]), (1, True, False, 3))
    done = world.order("settle", "welcome", one)
    tell.right("settle a message without --as: it asks for it", (done.code, "--as" in done.err), (2, True))
