"""The same work as a good data engineer would script it: polars, phonenumbers, two processes, sqlite3.

    peer.py FOLDER EXPORT.csv

Reads both exports with polars, cleans phones, dates and names in a pool of two processes (the phone library has no
vector form), binds Viber users to phones and merges with polars, and loads contacts and identities into SQLite, sorted,
in one transaction. No ledger, no lineage, no receipts, no artifacts, no rejects.

Writes its contacts to EXPORT.csv in the columns of `ferry export contacts`, after the clock has stopped, and prints its
times.
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

from truth import STRICTNESS, TYPES, consent_of, date, email_of, language_of, name, names_no_phone, phone, region_of

CHUNK = 20_000


def clean(columns):
    """Cleans a chunk of rows: lists of cells in, lists of values out. A row without a person is all None."""
    out = [[] for _ in range(9)]
    for number, country, full_name, mail, language, at, consent, viber in zip(*columns):
        parsed = phone(number or "", region_of(country or ""))
        user = viber if parsed is None and viber and names_no_phone(number or "") else None
        if parsed is None and user is None:
            values = [None] * 9
        else:
            when = date(at or "")
            values = [
                parsed and phonenumbers.format_number(parsed, PhoneNumberFormat.E164),
                parsed and phonenumbers.region_code_for_number(parsed) or "",
                parsed and TYPES[phonenumbers.number_type(parsed)] or "",
                int(when.astimezone(timezone.utc).timestamp()) if when else None,
                name(full_name or ""),
                email_of(mail or ""),
                language_of(language or ""),
                STRICTNESS.get(consent_of(consent or "")),
                user,
            ]
        for column, value in zip(out, values):
            column.append(value)
    return out


CELLS = ["number", "country", "name", "mail", "language", "at", "consent"]
SCHEMA = {"e164": pl.String, "region": pl.String, "line_type": pl.String, "at": pl.Int64, "name": pl.String,
          "email": pl.String, "language": pl.String, "strictness": pl.Int8, "user": pl.String}
STATES = list(STRICTNESS)
SMS = dict(PhoneNumber="number", Country="country", FullName="name", Email="mail", Lang="language", LastMessageAt="at",
           OptIn="consent", CustomerId="external")
VIBER = dict(phone="number", region="country", subscribed="consent", last_seen="at", viber_id="external")


def chunks(frame):
    # Only a Viber id makes a contact without a phone.
    viber = pl.when(pl.col("source") == "viber").then("external").alias("viber")
    for part in frame.select(*CELLS, viber).iter_slices(CHUNK):
        yield [part[column].to_list() for column in part.columns]


def read(folder):
    """The rows of both exports in one frame; `external` is null in the plain shape."""
    sms = pl.read_csv(f"{folder}/sms.csv", infer_schema=False).rename(SMS, strict=False)
    viber = pl.read_csv(f"{folder}/viber.csv", separator=";", infer_schema=False).rename(VIBER, strict=False)
    viber = viber.with_columns(mail=pl.lit(""), language=pl.lit(""))
    frames = []
    for source, priority, frame in (("sms", 1, sms), ("viber", 2, viber)):
        if "external" not in frame.columns:
            frame = frame.with_columns(external=pl.lit(None, pl.String))
        order = dict(source=pl.lit(source), priority=pl.lit(priority), record=pl.int_range(pl.len()))
        frames.append(frame.select(*CELLS, "external", **order))
    return pl.concat(frames)


def bind_users(cleaned):
    """Gives each row the key of its contact: its phone, the only phone of its Viber user, or the user."""
    seen = cleaned.filter(pl.col("source") == "viber", pl.col("e164").is_not_null(), pl.col("external").is_not_null())
    bound = seen.group_by("external").agg(pl.col("e164").unique()).filter(pl.col("e164").list.len() == 1)
    bound = bound.select(user="external", bound=pl.col("e164").list.first())
    return cleaned.join(bound, on="user", how="left").with_columns(
        key=pl.coalesce("e164", "bound", pl.concat_str(pl.lit("viber:"), "user"))).drop_nulls("key")


def merge(rows):
    # Latest first: undated rows last, then the smaller priority number, then the earlier row.
    ordered = rows.sort("at", "priority", "record", descending=[True, False, False], nulls_last=True)
    latest = lambda column: pl.col(column).drop_nulls().first()
    consent = pl.col("strictness").max().replace_strict(range(len(STATES)), STATES, return_dtype=pl.String)
    return ordered.group_by("key", maintain_order=False).agg(
        latest("e164"), pl.col("region").max(), pl.col("line_type").max(), latest("name"), latest("email"),
        latest("language"), consent.alias("consent"), pl.col("at").max(),
        pl.col("source").unique().sort().str.join("+").alias("sources"), pl.len().alias("rows"),
    ).sort("key")


def identities_of(rows):
    kind = pl.when(pl.col("source") == "viber").then(pl.lit("viber")).otherwise(pl.lit("external"))
    identities = rows.drop_nulls("external").select(kind.alias("kind"), "external", "key")
    return identities.unique().sort("kind", "external", "key")


def load(database, contacts, identities):
    for path in (database, database + "-wal", database + "-shm"):
        if os.path.exists(path):
            os.remove(path)
    connection = sqlite3.connect(database)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute(
        "create table contact (contact_id text primary key, e164 text, region text, line_type text, name text, "
        "email text, language text, consent text, last_at integer, sources text, n_rows integer) without rowid")
    connection.execute(
        "create table identity (kind text, value text, contact_id text, "
        "primary key (kind, value, contact_id)) without rowid")
    with connection:
        connection.executemany("insert into contact values (?,?,?,?,?,?,?,?,?,?,?)", contacts.iter_rows())
        connection.executemany("insert into identity values (?,?,?)", identities.iter_rows())
        connection.execute("create unique index contact_e164 on contact (e164) where e164 is not null")
        connection.execute("create index identity_contact on identity (contact_id)")
    connection.close()


def write_export(path, contacts):
    columns = ["e164", "region", "line_type", "name", "email", "language", "consent", "last_at", "sources", "rows"]
    stamp = lambda at: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at is not None else ""
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(columns)
        for _, *cells, at, sources, n in contacts.iter_rows():
            out.writerow([*(cell or "" for cell in cells), stamp(at), sources, n])


def main():
    folder, export = sys.argv[1:]
    start = time.perf_counter()
    rows = read(folder)
    with multiprocessing.Pool(2) as pool:
        parts = [pl.DataFrame(part, schema=SCHEMA) for part in pool.imap(clean, chunks(rows))]
    cleaned = pl.concat(parts).with_columns(rows[column] for column in ("source", "priority", "record", "external"))
    bound = bind_users(cleaned)
    contacts, identities = merge(bound), identities_of(bound)
    cleaned_at = time.perf_counter()
    load(f"{folder}/peer.db", contacts, identities)
    end = time.perf_counter()
    own, workers = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    peak = (own + 2 * workers) / 1024
    print(f"{end - start:.2f} {cleaned_at - start:.2f} {end - cleaned_at:.2f} {peak:.0f}")
    write_export(export, contacts)


if __name__ == "__main__":
    main()
