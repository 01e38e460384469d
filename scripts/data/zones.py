#!/usr/bin/env python3
"""Writes crates/rollout/src/hours/zones.tsv: the time zones of each country.

    python3 scripts/data/zones.py [/usr/share/zoneinfo]

The folder is that of IANA's time zone database: zone1970.tab, and tzdata.zi or +VERSION for its version. The database is in
the public domain.
"""

import sys
from collections import defaultdict
from pathlib import Path

# Codes with a numbering plan that are not in ISO 3166-1, with the zone of the place.
OTHERS = {"AC": "Africa/Abidjan", "TA": "Africa/Abidjan", "XK": "Europe/Belgrade"}


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/zoneinfo")
    version = (folder / "tzdata.zi").open().readline().split()[-1]
    zones = defaultdict(list, {code: [zone] for code, zone in OTHERS.items()})
    for line in (folder / "zone1970.tab").read_text().splitlines():
        if not line.startswith("#"):
            countries, _, zone = line.split("\t")[:3]
            for country in countries.split(","):
                zones[country].append(zone)
    out = Path(__file__).parents[2] / "crates/rollout/src/hours/zones.tsv"
    head = f"# ISO 3166-1 code and the time zones of the country, from IANA's zone1970.tab, version {version} (public domain).\n"
    head += "# Written by scripts/data/zones.py.\n"
    out.write_text(head + "".join("\t".join([code, *sorted(of)]) + "\n" for code, of in sorted(zones.items())))


main()
