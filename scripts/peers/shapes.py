"""Writes one large export per shape, of made-up people with numbers reserved for fiction.

shapes.py FOLDER ROWS
"""

import csv
import gzip
import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

home, n_rows = Path(sys.argv[1]), int(sys.argv[2])
home.mkdir(parents=True, exist_ok=True)
chance = random.Random(7)
FIRST = "Ana Ben Chloé Dea Eva Félix Gia Hugo Inès João".split()
LAST = "Lopez Müller Diop Garcia Nowak Rossi Silva Young".split()


def people():
    for n in range(n_rows):
        yield (
            f"+3319900{chance.randrange(10000):04d}",
            f"{chance.choice(FIRST)} {chance.choice(LAST)}",
            f"p{n}@example.com",
            f"2026-0{1 + n % 9}-{1 + n % 28:02d}T10:{n % 60:02d}:00Z",
            "yes" if n % 3 else "stop",
        )


def message(n, person):
    phone, _, _, at, _ = person
    inbound = n % 2 == 0
    return {
        "body": "Bonjour, votre commande est prête " + "x" * (n % 60),
        "num_segments": "1",
        "direction": "inbound" if inbound else "outbound-api",
        "from": phone if inbound else "+33199009999",
        "to": "+33199009999" if inbound else phone,
        "date_updated": at,
        "account_sid": "AC0",
        "num_media": "0",
        "status": "received" if inbound else "delivered",
        "sid": f"SM{n:032x}",
        "date_sent": at,
        "date_created": at,
        "error_code": None,
    }


COLUMNS = ["phone", "name", "email", "last_at", "opt_in"]
table = io.StringIO()
writer = csv.writer(table, lineterminator="\n")
writer.writerow(COLUMNS)
rows = list(people())
writer.writerows(rows)
text = table.getvalue().encode()
(home / "contacts.csv").write_bytes(text)
with gzip.open(home / "contacts.csv.gz", "wb", 6) as file:
    file.write(text)
subprocess.run(["zstd", "-q", "-f", home / "contacts.csv", "-o", home / "contacts.csv.zst"], check=False)
with zipfile.ZipFile(home / "contacts.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("contacts.csv", text)
with open(home / "bulk.ndjson", "w") as file:
    for n, person in enumerate(rows):
        file.write(json.dumps(message(n, person), ensure_ascii=False, separators=(",", ":")) + "\n")
with open(home / "pages.json", "w") as file:
    json.dump(
        {
            "page": 0,
            "messages": [dict(message(n, it), uri=f"/M/{n}", api_version="2010-04-01") for n, it in enumerate(rows)],
            "next_page_uri": None,
        },
        file,
        indent=1,
    )


def cell(column, n, text):
    return f'<c r="{"ABCDE"[column]}{n}" t="inlineStr"><is><t>{text}</t></is></c>'


PARTS = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
with zipfile.ZipFile(home / "contacts.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
    for name, part in PARTS.items():
        archive.writestr(name, part)
    with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
        sheet.write(
            b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        )
        for n, row in enumerate([COLUMNS, *rows], 1):
            sheet.write(f'<row r="{n}">{"".join(cell(c, n, it) for c, it in enumerate(row))}</row>'.encode())
        sheet.write(b"</sheetData></worksheet>")
with zipfile.ZipFile(home / "contacts.ods", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
    archive.writestr(
        "META-INF/manifest.xml",
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>',
    )
    with archive.open("content.xml", "w") as sheet:
        sheet.write(
            b'<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="People">'
        )
        for row in [COLUMNS, *rows]:
            cells = "".join(
                f'<table:table-cell office:value-type="string"><text:p>{it}</text:p></table:table-cell>' for it in row
            )
            sheet.write(f"<table:table-row>{cells}</table:table-row>".encode())
        sheet.write(b"</table:table></office:spreadsheet></office:body></office:document-content>")
