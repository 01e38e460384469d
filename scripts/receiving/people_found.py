"""Finds out which ids belong to one person: those that one event names together."""


class PeopleFound:
    """Groups ids. An id is ("phone", digits) or ("bsuid", account, id)."""

    def __init__(self):
        self.parent = {}
        self.links = {}

    def bind(self, ids):
        """Says that all of `ids` are one person's."""
        roots = [self._root(i) for i in ids]
        for root in roots[1:]:
            self.parent[root] = self._root(roots[0])

    def link(self, old, new):
        """Says that whoever had `old` has `new` now."""
        self.bind([old]), self.bind([new])
        self.links.setdefault(old, set()).add(new)

    def _root(self, ident):
        self.parent.setdefault(ident, ident)
        while self.parent[ident] != ident:
            self.parent[ident] = self.parent[self.parent[ident]]
            ident = self.parent[ident]
        return ident

    def close(self):
        """Names each group by its smallest phone, else by its smallest BSUID. Call it once, after the last event."""
        groups = {}
        for ident in self.parent:
            groups.setdefault(self._root(ident), []).append(ident)
        self.names, self.rows = {}, []
        for ids in groups.values():
            ids.sort(key=lambda i: (i[0] != "phone", i))
            self.names.update(dict.fromkeys(ids, written(ids[0])))
        for ids in groups.values():
            linked = {self.names[new] for old in ids for new in self.links.get(old, ())} - {self.names[ids[0]]}
            self.rows.append({"person": self.names[ids[0]], "ids": [written(i) for i in ids], "linked_to": sorted(linked)})
        self.rows.sort(key=lambda row: row["person"])

    def name(self, ids):
        """Returns the name of the person who has one of `ids`."""
        return self.names[ids[0]] if ids else None


def written(ident):
    """Writes an id: `+digits`, or `account/bsuid`."""
    return "+" + ident[1] if ident[0] == "phone" else "/".join(ident[1:])
