"""Mines a message log with Ferry and with drain3, and compiles and simulates a flow of 200 steps with Ferry.

bench_scenarios.py FERRY FOLDER MESSAGES
"""

import csv
import json
import os
import random
import re
import resource
import subprocess
import sys
import time

FERRY, FOLDER, MESSAGES = sys.argv[1], sys.argv[2], int(sys.argv[3])

TEMPLATES = [
    "Bonjour {name}, votre commande {number} est prête. Retrait avant le {date} à {time}.",
    "Votre code est {code}. Ne le donnez à personne.",
    "{name}, nous avons bien reçu votre paiement de {amount} pour la facture {number}. Merci !",
    "Rappel : votre rendez-vous avec {name} a lieu le {date} à {time} au cabinet.",
    "Votre colis {reference} arrive demain entre {time} et {time}. Suivi : {link}",
    "Soldes d'été : remise de {percent} sur tout le magasin jusqu'au {date}. STOP pour ne plus recevoir.",
    "Hello {name}, your order {number} has been sent and will arrive on {date}.",
    "Your verification code is {code}. It is valid for 10 minutes.",
    "Dear {name}, your invoice of {amount} is due on {date}. Thank you for paying in time.",
    "Your parcel {reference} waits for you at our shop until {date}. Bring your identity card.",
    "We could not deliver your parcel {reference} today. We will come again on {date}.",
    "Your table for {number} is booked on {date} at {time}. See you soon at our restaurant!",
    "Hola {name}, su pedido {number} está en camino y llegará el {date}.",
    "Su código de acceso es {code}. No lo comparta con nadie.",
    "Le recordamos su cita del {date} a las {time} en la clínica. Responda SI para confirmar.",
    "Hemos recibido su pago de {amount}. Gracias por confiar en nosotros, {name}.",
    "Olá {name}, o seu pedido {number} foi enviado e chega no dia {date}.",
    "O seu código é {code}. Não o partilhe com ninguém.",
    "A sua fatura de {amount} vence no dia {date}. Obrigado pela sua preferência.",
    "Lembrete: a sua consulta é no dia {date} às {time} no consultório.",
    "Halo {name}, pesanan {number} sudah dikirim dan akan tiba pada {date}.",
    "Kode Anda {code}. Jangan berikan kepada siapa pun.",
    "Pembayaran sebesar {amount} sudah kami terima. Terima kasih {name}!",
    "Pesanan Anda sudah tiba di toko kami. Silakan ambil sebelum {date} jam {time}.",
]
NAMES = [
    a + b
    for a in ("An", "Be", "Cla", "Do", "E", "Fa", "Gi", "Hu", "In", "Jo", "Ka", "Li", "Ma", "No", "O", "Pa")
    for b in ("na", "no", "ra", "ris", "la", "lie", "mar", "nette", "ti", "so", "bel", "ven")
]


def values(rng):
    return {
        "name": lambda: rng.choice(NAMES) if rng.random() < 0.85 else f"{rng.choice(NAMES)} {rng.choice(NAMES)}",
        "number": lambda: str(rng.randint(1, 99999)),
        "date": lambda: f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/2026",
        "time": lambda: f"{rng.randint(8, 19)}:{rng.choice(['00', '15', '30', '45'])}",
        "code": lambda: str(rng.randint(100000, 999999)),
        "amount": lambda: f"{rng.randint(5, 900)},{rng.randint(0, 99):02}€",
        "percent": lambda: f"{rng.randint(1, 14) * 5}%",
        "reference": lambda: f"FR{rng.randint(10000, 99999)}X",
        "link": lambda: f"https://example.com/t/{rng.randint(1000, 9999)}",
    }


def generate(path):
    rng = random.Random(11)
    kinds = values(rng)
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["To", "Body", "Direction", "Date Sent", "Status"])
        for n in range(MESSAGES):
            # Some templates are used much more than others.
            template = TEMPLATES[min(int(rng.expovariate(0.15)), len(TEMPLATES) - 1)]
            text = re.sub(r"\{(\w+)\}", lambda it: kinds[it[1]](), template)
            out.writerow(
                [f"+3319900{n % 10000:04}", text, "outbound-api", f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}", "delivered"]
            )


def flow(path, n_steps):
    """A flow of choices, questions, conditions and calls; every step leads on, some lead back."""
    steps = []
    for n in range(n_steps):
        to = lambda k: f"s{n + k}" if n + k < n_steps else "end"
        kind = n % 5
        if kind in (0, 3):
            choices = [{"action": "reply", "title": f"Choice {k}", "next": to(k + 1)} for k in range(2 + n % 4)]
            steps.append(
                {
                    "id": f"s{n}",
                    "type": "message",
                    "text": f"Step {n}: what do you want?",
                    "choices": choices,
                    "next": f"s{max(n - 3, 0)}",
                }
            )
        elif kind == 1:
            steps.append(
                {
                    "id": f"s{n}",
                    "type": "question",
                    "text": f"Step {n}: which number?",
                    "slot": f"slot_{n}",
                    "next": to(1),
                }
            )
        elif kind == 2:
            branches = [
                {"slot": f"slot_{n - 1}", "test": "equals", "value": str(k), "next": to(k + 1)} for k in range(3)
            ]
            steps.append({"id": f"s{n}", "type": "condition", "branches": branches, "otherwise": to(2)})
        else:
            steps.append(
                {"id": f"s{n}", "type": "call", "system": "GET https://example.com", "next": to(1), "on_failure": to(2)}
            )
    steps.append({"id": "person", "type": "handover", "via": "agent"})
    steps[0]["choices"].append({"action": "reply", "title": "A person", "next": "person"})
    scenario = {
        "id": "long",
        "intent": "long",
        "language": "en",
        "purpose": "conversation",
        "trigger": {"type": "message"},
        "start": "s0",
        "steps": steps,
    }
    json.dump(scenario, open(path, "w"))


def timed(arguments):
    """Seconds, CPU seconds, and what was printed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(arguments, capture_output=True, text=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


DRAIN = r"""
import csv, sys, logging
from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig
config = TemplateMinerConfig()
config.masking_instructions = [MaskingInstruction(p, n) for p, n in [
    (r"https?://\S+", "link"), (r"\d{2}/\d{2}/\d{4}", "date"), (r"\d+:\d{2}", "time"), (r"\d+,\d{2}€", "amount"),
    (r"\d+%", "percent"), (r"\b[A-Z]{2}\d+[A-Z]\b", "reference"), (r"\b\d+\b", "number")]]
miner = TemplateMiner(config=config)
rows = csv.reader(open(sys.argv[1], newline=""))
next(rows)
for row in rows:
    miner.add_log_message(row[1])
for cluster in miner.drain.clusters:
    print(cluster.size, cluster.get_template())
"""


def plain(text):
    """The words of a template without its slots, to compare with the truth."""
    text = re.sub(r"\{\{\w+\}\}|\{\w+\}|<[:*\w]*>", " ", text)
    return tuple(re.findall(r"\w+", text))


def found(texts):
    truth = {plain(it) for it in TEMPLATES}
    return len(truth & {plain(it) for it in texts}), len(truth)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    log, long = os.path.join(FOLDER, "log.csv"), os.path.join(FOLDER, "long.json")
    if not os.path.exists(log):
        generate(log)
    flow(long, 200)
    print(f"{MESSAGES:,} messages, {os.path.getsize(log) / 1e6:.0f} MB, {os.cpu_count()} cores")
    rounds = []
    for _ in range(3):
        seconds, cpu, out = timed([FERRY, "scenario", "import", log, "--format", "json"])
        rounds.append((seconds, cpu, out))
    seconds, cpu, out = sorted(rounds)[1]
    scenarios = json.loads(out)["scenarios"]
    texts = [it["steps"][0]["text"] for it in scenarios]
    ferry_seconds = seconds
    print(
        "ferry   %6.2f s, %5.2f s of CPU, %9s messages/s, %d templates, %d of %d of the truth"
        % (seconds, cpu, f"{MESSAGES / seconds:,.0f}", len(texts), *found(texts))
    )
    seconds, cpu, out = timed([sys.executable, "-c", DRAIN, log])
    texts = [it.split(" ", 1)[1] for it in out.splitlines()]
    print(
        "drain3  %6.2f s, %5.2f s of CPU, %9s messages/s, %d templates, %d of %d of the truth"
        % (seconds, cpu, f"{MESSAGES / seconds:,.0f}", len(texts), *found(texts))
    )
    print(f"ratio   {seconds / ferry_seconds:.1f}")
    for what, arguments in [("translate", ["translate", long]), ("simulate", ["scenario", "simulate", long])]:
        seconds, cpu, out = timed([FERRY, *arguments])
        print(f"{what} of 201 steps: {seconds:.3f} s ({out.splitlines()[0 if what == 'simulate' else -1]})")


main()
