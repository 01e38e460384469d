"""The plan, the templates and the settings of the sandbox for a rehearsal or a storm."""

import json

ACCOUNT, NUMBER, PORTFOLIO = "400000000000033", "500000000000301", "600000000000001"
SECRET_VARIABLE, VERIFY_VARIABLE = "FERRY_META_SECRET", "FERRY_META_VERIFY"
WORDINGS = {"fr": "Oui, je veux recevoir vos offres par WhatsApp.", "en": "Yes, send me your offers on WhatsApp.",
            "de": "Ja, schickt mir eure Angebote über WhatsApp."}
TEXTS = {
    "spring_offer": {"fr": ("Bonjour {{1}}, notre offre de printemps vous attend.", "Stop promo"),
                     "en": ("Hello {{1}}, our spring offer is waiting for you.", "Stop promos"),
                     "de": ("Hallo {{1}}, unser Angebot im Frühling ist für dich da.", "Keine Angebote")},
    "spring_reminder": {"fr": ("Bonjour {{1}}, il reste quelques jours pour notre offre.", "Stop promo"),
                        "en": ("Hello {{1}}, some days are left for our offer.", "Stop promos")},
}
STEPS = {"invite": "spring_offer", "reminder": "spring_reminder"}
FALLBACK = "en"  # language of a step for people whose own has no template

HEAD = """[run]
name = "{name}"
default_region = "FR"

[crm]
url = "{database}"

[verify]
adapter = "contacts"
url = "{sandbox}"

[whatsapp]
account = "{account}"
url = "{sandbox}/v25.0"

[[webhook]]
kind = "meta"
path = "/webhooks/meta"
secrets_env = ["{secret}"]
verify_token_env = "{verify}"

[[segment]]
name = "everybody"
where = "{where}"

[gates]
max_reject_rate = 1
"""
SOURCE = """
[[source]]
name = "{name}"
channel = "sms"
path = "{name}.csv"
profile = "columns"
{consent}[source.columns]
phone = "phone"
name = "name"
language = "lang"
"""
STEP = """
[[campaign.step]]
name = "{step}"
template = "{template}"
language = "{fallback}"
{more}[campaign.step.parameters]
1 = "name or text:☀"
"""


def plan(name, database, sandbox, files, sending, campaign, reminder):
    """Returns the text of plan.toml. `sending` and `campaign` are further lines; `reminder` says whom the second step goes
    to, or is None."""
    text = HEAD.format(name=name, database=database, sandbox=sandbox, account=ACCOUNT, secret=SECRET_VARIABLE,
                       verify=VERIFY_VARIABLE, where="registration = 'registered'")
    for language, words in WORDINGS.items():
        text += _wording(f"offers-{language}", language, words, ("marketing", "utility"))
    text += _wording("orders", "en", "Yes, tell me about my orders on WhatsApp.", ("utility",))
    for file in files:
        has_consent = file != "plain"
        consent = f'consent_channel = "whatsapp"\nwording = "{file}@1"\n' if has_consent else ""
        text += SOURCE.format(name=file, consent=consent)
        text += 'consent = "optin"\nconsent_at = "at"\n' if has_consent else ""
    text += f'\n[sending]\nmode = "sandbox"\nnumber = "{NUMBER}"\nzone = "Europe/Paris"\n{sending}'
    text += f'\n[[campaign]]\nname = "spring"\nsegment = "everybody"\n{campaign}'
    text += STEP.format(step="invite", template=STEPS["invite"], fallback=FALLBACK, more="")
    if reminder:
        text += STEP.format(step="reminder", template=STEPS["reminder"], fallback=FALLBACK, more=reminder)
    return text


def _wording(name, language, words, purposes):
    listed = ", ".join(f'"{purpose}"' for purpose in purposes)
    return f'\n[[wording]]\nname = "{name}"\nversion = "1"\nlanguage = "{language}"\ntext = "{words}"\npurposes = [{listed}]\n'


def templates():
    """Returns the text of templates.json."""
    made = []
    for name, texts in TEXTS.items():
        for language, (body, button) in texts.items():
            parts = [{"type": "BODY", "text": body, "example": {"body_text": [["Ana"]]}},
                     {"type": "FOOTER", "text": f"→ {button}"},
                     {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": button}]}]
            made.append({"name": name, "language": language, "category": "MARKETING", "components": parts})
    return json.dumps(made, ensure_ascii=False, indent=1)


def settings(webhook, **more):
    """Returns the settings of the sandbox's sending side; `more` replaces parts of them."""
    made = {"accounts": {ACCOUNT: {"portfolio": PORTFOLIO}}, "portfolios": {PORTFOLIO: {"tier": "TIER_2K"}},
            "numbers": {NUMBER: {"account": ACCOUNT, "messages_a_second": 80}},
            "people": {"all_registered": True}, "limits": {"marketing_sync_seconds": 0},
            "webhooks": {"to": f"{webhook}/webhooks/meta", "events_in_a_body": 50}}
    return made | more


def language_of(step, language):
    """The language of the template that a person of `language` gets."""
    return language if language in TEXTS[STEPS[step]] else FALLBACK
