"""How a story is told: a function that gets a `Teller` and says what must be true.

One world can tell several stories: each line that is printed is one of them.
"""

import tempfile
import time
import traceback

from stories_world import World

TALES = []


def tale(function):
    """Marks a function that tells stories."""
    TALES.append(function)
    return function


class Teller:
    """Makes worlds, compares, and keeps the lines."""

    def __init__(self, program, name):
        self.program, self.name, self.lines, self.worlds, self.folders = program, name, [], [], []

    def world(self, **given):
        self.folders.append(tempfile.TemporaryDirectory(prefix="story-"))
        self.worlds.append(World.__new__(World))
        self.worlds[-1].processes = []
        self.worlds[-1].__init__(self.program, self.folders[-1].name, **given)
        return self.worlds[-1]

    def right(self, story, found, expected):
        """One story: right if both are equal. A function as `expected` says whether what was found is right."""
        is_right = expected(found) if callable(expected) else found == expected
        told = "" if is_right else f": expected {'otherwise' if callable(expected) else repr(expected)}, found {found!r}"
        self.lines.append((is_right, story + told))

    def close(self):
        for world in self.worlds:
            world.close()
        for folder in self.folders:
            folder.cleanup()


def tell(program, tale):
    """Tells the stories of a function. Returns lines (whether it is right, and what it says), and the seconds that it took."""
    teller, began = Teller(program, tale.__name__), time.monotonic()
    try:
        tale(teller)
    except (Exception, SystemExit) as error:  # what a story did not expect is wrong, and the others go on
        where = traceback.extract_tb(error.__traceback__)
        at = next((it.lineno for it in reversed(where) if "stories_" in it.filename and "world" not in it.filename), 0)
        teller.lines.append((False, f"({tale.__name__}, line {at}) broke off: {error!r}"))
    finally:
        teller.close()
    return teller.lines, time.monotonic() - began
