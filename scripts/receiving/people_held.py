"""Says which people of the fold are which contacts of the database.

A person and a contact belong together if an event names an id of the person and is about the contact. People who belong
together through contacts, or contacts through people, are one class: what is known of them is compared as one, and that they
are not one and the same is counted once, here.
"""

from collections import defaultdict


class PeopleHeld:
    """Classes of people and contacts."""

    def __init__(self, document, contact_ids, usernames):
        self.person_of = {i: row["person"] for row in document["people"] for i in row["ids"]}
        self.links = [(row["person"], other) for row in document["people"] for other in row["linked_to"]]
        self.links += [(people[0], other) for people in self._named_alike(usernames) for other in people[1:]]
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
        self.humans = self._humans()

    def _named_alike(self, usernames):
        """Groups people who have had one username: a username is one person's."""
        for idents in usernames.values():
            yield sorted({self.person_of[written(i)] for i in idents if written(i) in self.person_of})

    def _humans(self):
        """Groups people whom a change of ids or a username links. Returns the group of each."""
        group = {person: {person} for person in self.person_of.values()}
        for one, other in self.links:
            if group[one] is not group[other]:
                group[one] |= group[other]
                group.update(dict.fromkeys(group[other], group[one]))
        return {person: min(people) for person, people in group.items()}

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
