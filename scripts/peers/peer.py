"""The same work as a good data engineer would script it: polars, phonenumbers, two processes, sqlite3.

    peer.py FOLDER EXPORT.csv

Reads both exports with polars, cleans phones, dates and names in a pool of two processes (the phone library has no
vector form), merges with polars, and loads contacts into SQLite, sorted, in one transaction. No ledger, no lineage, no
receipts, no artifacts, no rejects. Writes its contacts to EXPORT.csv in the columns of `ferry export contacts`, after the
clock has stopped, and prints its times.
"""

import csv
import multiprocessing
import os
import resource
import sqlite3
import sys
import time
from datetime import timezone

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat

from truth import STRICTNESS, TYPES, consent_of, date, email_of, language_of, name, phone, region_of

CHUNK = 20_000


def clean(columns):
    """Cleans a chunk of rows: lists of cells in, lists of values out."""
    out = [[] for _ in range(8)]
    for number, country, full_name, mail, language, at, consent in zip(*columns):
        region = region_of(country or "")
        parsed = phone(number or "", region)
        if parsed is None:
            values = [None] * 8
        else:
            when = date(at or "")
            values = [
                phonenumbers.format_number(parsed, PhoneNumberFormat.E164),
                phonenumbers.region_code_for_number(parsed) or "",
                TYPES[phonenumbers.number_type(parsed)],
                int(when.astimezone(timezone.utc).timestamp()) if when else None,
                name(full_name or ""),
                email_of(mail or ""),
                language_of(language or ""),
                STRICTNESS.get(consent_of(consent or "")),
            ]
        for column, value in zip(out, values):
            column.append(value)
    return out


def chunks(frame):
    for part in frame.iter_slices(CHUNK):
        yield [part[column].to_list() for column in ("number", "country", "name", "mail", "language", "at", "consent")]


SCHEMA = {"e164": pl.String, "region": pl.String, "line_type": pl.String, "at": pl.Int64, "name": pl.String, "email": pl.String,
          "language": pl.String, "strictness": pl.Int8}
STATES = list(STRICTNESS)


def main():
    folder, export = sys.argv[1:]
    start = time.perf_counter()
    read = dict(infer_schema=False)
    sms = pl.read_csv(f"{folder}/sms.csv", **read).rename(dict(PhoneNumber="number", Country="country", FullName="name", Email="mail",
                                                              Lang="language", LastMessageAt="at", OptIn="consent"))
    viber = pl.read_csv(f"{folder}/viber.csv", separator=";", **read).rename(dict(phone="number", region="country", subscribed="consent", last_seen="at"))
    viber = viber.with_columns(mail=pl.lit(""), language=pl.lit(""))
    frames = [frame.select("number", "country", "name", "mail", "language", "at", "consent").with_columns(
        source=pl.lit(source), priority=pl.lit(priority), record=pl.int_range(pl.len())) for source, priority, frame in (("sms", 1, sms), ("viber", 2, viber))]
    rows = pl.concat(frames)
    with multiprocessing.Pool(2) as pool:
        parts = [pl.DataFrame(part, schema=SCHEMA) for part in pool.imap(clean, chunks(rows))]
    cleaned = pl.concat(parts).with_columns(rows["source"], rows["priority"], rows["record"]).drop_nulls("e164")
    # Latest first: undated rows last, then the smaller priority number, then the earlier row.
    ordered = cleaned.sort("at", "priority", "record", descending=[True, False, False], nulls_last=True)
    latest = lambda column: pl.col(column).drop_nulls().first()
    merged = ordered.group_by("e164", maintain_order=False).agg(
        pl.col("region").first(), pl.col("line_type").first(), latest("name"), latest("email"), latest("language"),
        pl.col("strictness").max().replace_strict(range(len(STATES)), STATES, return_dtype=pl.String).alias("consent"), pl.col("at").max(), pl.col("source").unique().sort().str.join("+").alias("sources"), pl.len().alias("rows"),
    ).sort("e164")
    cleaned_at = time.perf_counter()
    database = f"{folder}/peer.db"
    for name_ in (database, database + "-wal", database + "-shm"):
        if os.path.exists(name_):
            os.remove(name_)
    connection = sqlite3.connect(database)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute("create table contact (e164 text primary key, region text, line_type text, name text, email text, language text, consent text, "
                       "last_at integer, sources text, n_rows integer) without rowid")
    with connection:
        connection.executemany("insert into contact values (?,?,?,?,?,?,?,?,?,?)", merged.iter_rows())
    connection.close()
    end = time.perf_counter()
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    print(f"{end - start:.2f} {cleaned_at - start:.2f} {end - cleaned_at:.2f} {peak:.0f}")

    with open(export, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["e164", "region", "line_type", "name", "email", "language", "consent", "last_at", "sources", "rows"])
        stamp = lambda at: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at is not None else ""
        for e164, region, kind, full_name, mail, language, consent, at, sources, n in merged.iter_rows():
            out.writerow([e164, region, kind, full_name or "", mail or "", language or "", consent or "", stamp(at), sources, n])


if __name__ == "__main__":
    main()
