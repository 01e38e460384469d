"""Reads an export as a Python script would, row by row, and keeps nothing: the peer of `ferry extract`.

reading.py FILE        prints the seconds that it took
"""

import csv
import gzip
import io
import json
import sys
import time
import zipfile

path = sys.argv[1]
start = time.perf_counter()
if path.endswith(".csv"):
    rows = csv.reader(open(path, newline="", encoding="utf-8"))
elif path.endswith(".csv.gz"):
    rows = csv.reader(io.TextIOWrapper(gzip.open(path), "utf-8", newline=""))
elif path.endswith(".zip"):
    rows = csv.reader(io.TextIOWrapper(zipfile.ZipFile(path).open("contacts.csv"), "utf-8", newline=""))
elif path.endswith(".zst"):
    import zstandard

    rows = csv.reader(
        io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(open(path, "rb")), "utf-8", newline="")
    )
elif path.endswith(".ndjson"):
    rows = map(json.loads, open(path, encoding="utf-8"))
elif path.endswith(".json"):
    rows = json.load(open(path, encoding="utf-8"))["messages"]
elif path.endswith(".xlsx"):
    import openpyxl

    rows = openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True)
else:
    import odf.opendocument
    import odf.table

    document = odf.opendocument.load(path)
    rows = document.spreadsheet.getElementsByType(odf.table.TableRow)
for row in rows:
    pass
print(f"{time.perf_counter() - start:.3f}")
