"""Makes the people of a rehearsal: numbers reserved for fiction, languages, and what they have consented to.

Everything follows from the seed. `Person.expects` says what a campaign of offers may do with the person, by the plan of
plans.py: it is what the oracle (check.py) judges by.
"""

import csv
import json
import random
from dataclasses import asdict, dataclass

FRANCE = ("19900", "26191", "35301", "46571", "53649")  # ARCEP: 10,000 numbers each
BRITAIN = (*(f"{area}4960" for area in (113, 114, 116, 117, 118, 121, 131, 141, 151, 161)), "2079460", "1914980", "2920180")  # Ofcom: 1,000 each
GERMANY = ("3023125", "6990009", "4066969", "2214710", "8999998")  # Bundesnetzagentur: 1,000 each
STATES = (202, 206, 212, 213, 214, 215, 216, 303, 305, 310, 312, 313, 314, 404, 405, 406, 412, 415, 502, 503, 504, 505,
          512, 602, 603, 612, 615, 617, 702, 703, 713, 716, 718, 801, 802, 803, 804, 808, 901, 907, 916, 919, 971)
AUSTRALIA = ("25550", "27010", "35550", "37010", "75550", "77010", "85550", "87010")  # ACMA: 10,000 each

# country: (share of the people, language and its share, ...)
COUNTRIES = {"FR": (0.47, ("fr", 0.95), ("en", 0.05)), "GB": (0.11, ("en", 1.0)), "DE": (0.04, ("de", 0.8), ("fr", 0.2)),
             "US": (0.01, ("en", 1.0)), "AU": (0.37, ("en", 0.9), ("it", 0.1))}
# No people of Canada: Vancouver keeps its summer time from 2026 on, which the time zones of many machines do not know yet.
LISTS = ("offers", "orders", "plain")  # consent to offers and service, to service only, to nothing
NAMES = ("Ana", "Bea", "Chloé", "Dario", "Élodie", "Femi", "Gül", "Hà", "Inès", "Jo")
# behaviour after a message of a step: its share
BEHAVIOUR = {"stop-word": 0.006, "stop-button": 0.006, "stop-app": 0.004, "131026": 0.015, "131049": 0.015, "131050": 0.004}


@dataclass
class Person:
    """One person. `list` is the file that the person is in; `said` what stands there; `does` a name of BEHAVIOUR or None."""

    phone: str
    country: str
    language: str
    list: str
    said: str | None
    does: str | None

    @property
    def consents_to_offers(self):
        return self.list == "offers" and self.said == "yes"

    @property
    def expects_offers(self):
        """Whether offers may go to the person: with consent, and not in the United States."""
        return self.consents_to_offers and self.country != "US"


def make(seed, n_people):
    """Returns people in the order of their numbers."""
    chance = random.Random(f"people {seed}")
    people = []
    for country, (share, *languages) in COUNTRIES.items():
        n = max(1, round(n_people * share))
        for phone in _phones(country, n, chance):
            people.append(_person(phone, country, languages, chance))
    return sorted(people, key=lambda person: person.phone)[:n_people]


def _person(phone, country, languages, chance):
    language = chance.choices([name for name, _ in languages], [share for _, share in languages])[0]
    which = chance.choices(LISTS, (0.9, 0.06, 0.04))[0]
    said = None if which == "plain" else chance.choices(("yes", "no"), (0.99, 0.01))[0]
    does = chance.choices([*BEHAVIOUR, None], [*BEHAVIOUR.values(), 1 - sum(BEHAVIOUR.values())])[0]
    return Person(phone, country, language, which, said, does)


def _phones(country, n, chance):
    if country == "US":
        areas = STATES
        return _some([f"1{area}55501" for area in areas], 2, n, chance)
    code, blocks, digits = {"FR": ("33", FRANCE, 4), "GB": ("44", BRITAIN, 3), "DE": ("49", GERMANY, 3),
                            "AU": ("61", AUSTRALIA, 4)}[country]
    return _some([code + block for block in blocks], digits, n, chance)


def _some(starts, digits, n, chance):
    each = 10**digits
    if n > len(starts) * each:
        raise SystemExit(f"only {len(starts) * each} numbers of {starts[0][:2]} are reserved for fiction: ask for fewer people")
    picks = chance.sample(range(len(starts) * each), n)
    return [f"{starts[pick // each]}{pick % each:0{digits}d}" for pick in picks]


def save(people, folder):
    """Writes a file for each list and language, and people.json for the oracle."""
    files = {}
    for number, person in enumerate(people):
        name = f"{person.list}-{wording_language(person)}" if person.list == "offers" else person.list
        name_of_person = f"{NAMES[number % len(NAMES)]} {number}" if number % 7 else ""
        row = [f"+{person.phone}", name_of_person, person.language, person.said or "", "2026-01-15" if person.said else ""]
        files.setdefault(name, []).append(row)
    for name, rows in files.items():
        with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["phone", "name", "lang", "optin", "at"], *rows])
    (folder / "people.json").write_text(json.dumps([asdict(person) for person in people]))
    return sorted(files)


def load(folder):
    """Reads people.json: people by their numbers."""
    return {row["phone"]: Person(**row) for row in json.loads((folder / "people.json").read_text())}


def wording_language(person):
    """The language of the wording that the person agreed to: people of other languages read the English one."""
    return person.language if person.language in ("fr", "de") else "en"
