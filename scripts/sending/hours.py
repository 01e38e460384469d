"""Hours of the day at which offers may go to a country: allowed only where the clock of every zone of it allows it.

France has rules of its own: no Sundays, no public holidays, nothing from 22:00 to 08:00.
"""

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

HOUR = 3_600_000_000
FRENCH = (8, 22)


def is_allowed(country, micros, hours):
    """Whether a message may go at a moment. `hours` is [first, last) of the plan, or None for any."""
    return _is_allowed(country, micros // 60_000_000, tuple(hours) if hours else None)


@lru_cache(maxsize=None)
def _is_allowed(country, minutes, hours):
    at = datetime.fromtimestamp(minutes * 60, timezone.utc)
    for zone in zones(country):
        local = at.astimezone(zone)
        if hours and not hours[0] <= local.hour < hours[1]:
            return False
        if country == "FR" and (not FRENCH[0] <= local.hour < FRENCH[1] or is_day_off(local.date())):
            return False
    return True


@lru_cache(maxsize=None)
def zones(country):
    """The time zones of a country, by the system's table."""
    rows = Path("/usr/share/zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines()
    names = [row.split("\t")[2] for row in rows if row.startswith(country + "\t")]
    return [ZoneInfo(name) for name in names]


def is_day_off(day):
    """Whether a day is a Sunday or a public holiday in France."""
    easter = _easter(day.year)
    moving = {easter + timedelta(days=n) for n in (1, 39, 50)}
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    return day.weekday() == 6 or day in moving or (day.month, day.day) in fixed


def _easter(year):
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = (a + 11 * d + 22 * e) // 451
    month, rest = divmod(d + e - 7 * f + 114, 31)
    return date(year, month, rest + 1)
