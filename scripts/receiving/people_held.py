"""Says which people of the fold are which contacts of the database.

A person and a contact belong together if an event names an id of the person and is about the contact. People who belong
together through contacts, or contacts through people, are one class: what is known of them is compared as one, and that they
are not one and the same is counted once, here.
"""

from collections import defaultdict


class PeopleHeld:
    """Classes of people and contacts."""

    def __init__(self, document, contact_ids):
        self.person_of = {i: row["person"] for row in document["people"] for i in row["ids"]}
        self.links = [(row["person"], other) for row in document["people"] for other in row["linked_to"]]
        self.contacts, self.people, self.parent = defaultdict(set), defaultdict(set), {}
        self.unknown = defaultdict(set)
        for contact, ids in contact_ids.items():
            for ident in ids:
                person = self.person_of.get(written(ident))
                if person is None:
                    self.unknown[contact].add(written(ident))
                    continue
                self.contacts[person].add(contact)
                self.people[contact].add(person)
                self._join(("person", person), ("contact", contact))
        self.humans = self._humans(self.links)
        self.humans_or_alike = self._humans([*self.links, *self._named_alike(document["identity"]["usernames"])])

    def _named_alike(self, usernames):
        """Yields pairs of people who have had one username. Whether they are one person is not decided."""
        first = {}
        for person, row in usernames.items():
            for name in row["all"]:
                yield first.setdefault(name, person), person

    def _humans(self, links):
        """Groups people whom links make one. Returns the group of each."""
        group = {person: {person} for person in self.person_of.values()}
        for one, other in links:
            if group[one] is not group[other]:
                group[one] |= group[other]
                group.update(dict.fromkeys(group[other], group[one]))
        return {person: min(people) for person, people in group.items()}

    def with_other_ids(self, people):
        """Returns people and all whom changes of ids link with them."""
        humans = {self.humans[person] for person in people}
        return sorted(person for person, human in self.humans.items() if human in humans)

    def _root(self, node):
        self.parent.setdefault(node, node)
        while self.parent[node] != node:
            node = self.parent[node]
        return node

    def _join(self, one, other):
        roots = sorted((self._root(one), self._root(other)), reverse=True)
        self.parent[roots[1]] = roots[0]

    def of_person(self, person):
        """Names the class of a person."""
        return self._root(("person", person))[1] if person else None

    def of_contact(self, contact):
        """Names the class of a contact."""
        return self._root(("contact", contact))[1] if contact else None


def written(ident):
    """Writes an id as the fold does."""
    return "+" + ident[1] if ident[0] == "phone" else "/".join(ident[1:])
