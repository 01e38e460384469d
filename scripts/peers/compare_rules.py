"""The rules of renames.tsv: what is called otherwise in the new program, and what is not compared."""

import contextlib
import fnmatch
import json
import re

KINDS = {"file", "table", "column", "key", "value", "plan", "option", "query", "order", "exempt"}


class Rules:
    def __init__(self, path):
        self.rules, self.used = [], set()
        for n_line, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = line.split("\t")
            if len(cells) != 5 or cells[0] not in KINDS or not cells[4].strip():
                raise SystemExit(f"{path.name}:{n_line}: needs a kind, where, old, new and a reason, separated by tabs")
            self.rules.append(tuple(cells[:4]))

    def of(self, kind, name=None):
        """The rules of a kind that are about `name`, as (old, new)."""
        for rule in self.rules:
            if rule[0] == kind and (name is None or fnmatch.fnmatchcase(name, rule[1])):
                self.used.add(rule)
                yield rule[2], rule[3]

    def unused(self):
        return ["\t".join(rule) for rule in self.rules if rule not in self.used]

    def new_name(self, name):
        kind = "table" if name.startswith("table ") else "file"
        bare = name.removeprefix("table ")
        for old, new in self.of(kind):
            if kind == "table" and bare == old:
                return f"table {new}"
            if kind == "file" and f"/{bare}".endswith(f"/{old}"):
                return bare.removesuffix(old) + new
        return name

    def queries(self, is_new):
        for rule in self.rules:
            if rule[0] == "query":
                self.used.add(rule)
                yield rule[1], rule[3] if is_new else rule[2]

    def is_exempt(self, name):
        return any(old == "*" for old, _ in self.of("exempt", name))

    def exempt_fields(self, name):
        return [old for old, _ in self.of("exempt", name) if old != "*"]

    def plan(self, text):
        """A plan of the old program in the keys of the new one. `where` is the section."""
        lines, section = [], ""
        for line in text.splitlines():
            if header := re.fullmatch(r"\[+([\w.]+)\]+", line.strip()):
                section = header[1]
                for old, new in self.of("plan", "-"):
                    if section == old:
                        line, section = line.replace(old, new), new
            elif key := re.match(r"(\w+)(\s*=)", line):
                for old, new in self.of("plan", section):
                    if key[1] == old:
                        line = new + line[len(old) :]
            lines.append(line)
        return "\n".join(lines) + "\n"

    def arguments(self, arguments):
        for old, new in self.of("option"):
            arguments = [new if argument == old else argument for argument in arguments]
        return arguments

    def translate(self, name, content, is_new=False):
        """Content in the words of the new program, without exempt fields; which were renamed; which are exempt."""
        renamed, exempt = set(), set()
        if isinstance(content, list):
            names = {} if is_new else dict(self.of("column", name))
            skipped = self.exempt_fields(name)
            rows = [self.row(name, row, names, skipped, is_new, renamed, exempt) for row in content]
            if any(True for _ in self.of("order", name)) or name.startswith("table "):
                rows.sort(key=lambda row: repr(sorted(row.items())))
            return rows, renamed, exempt
        names = {} if is_new else {**dict(self.of("key", name)), **dict(self.of("file"))}
        document = self.document(name, content, names, self.exempt_fields(name), (), is_new, renamed, exempt)
        return document, renamed, exempt

    def row(self, name, row, names, skipped, is_new, renamed, exempt):
        """One row. A column that one program lacks is renamed from or to `-`."""
        out = {}
        added = {new for old, new in self.of("column", name) if old == "-"} if is_new else set()
        for column, value in row.items():
            new = names.get(column, column)
            if new == "-" or column in added:
                renamed.add(f"{'added' if column in added else 'dropped'} {column}")
            elif any(fnmatch.fnmatchcase(new, it) for it in skipped):
                exempt.add(new)
            else:
                if new != column:
                    renamed.add(f"{column} → {new}")
                keys = {} if is_new else dict(self.of("key", name))
                out[new] = self.document(f"{name}:{new}", value, keys, skipped, (new,), is_new, renamed, exempt)
        return out

    def value(self, place, value, is_new, renamed):
        if not is_new:
            for old, new in self.of("value", place):
                if value == old:
                    renamed.add(f"{old} → {new}")
                    return new
        return value

    def document(self, place, value, names, skipped, path, is_new, renamed, exempt):
        if isinstance(value, str) and value.startswith(("{", "[")):
            with contextlib.suppress(json.JSONDecodeError):
                value = json.loads(value)
        if isinstance(value, list):
            return [self.document(place, it, names, skipped, path, is_new, renamed, exempt) for it in value]
        if not isinstance(value, dict):
            return self.value(place, value, is_new, renamed)
        out, added = {}, {new for old, new in self.of("key", place) if old == "-"} if is_new else set()
        for key, it in value.items():
            new = names.get(key, key)
            there = path + (new,)
            if key in added:
                renamed.add(f"added {key}")
                continue
            if new == "-" or any(fnmatch.fnmatchcase(".".join(there), pattern) for pattern in skipped):
                exempt.add(key)
                continue
            if new != key:
                renamed.add(f"{key} → {new}")
            out[new] = self.document(place, it, names, skipped, there, is_new, renamed, exempt)
        return out
