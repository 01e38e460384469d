#!/usr/bin/env python3
"""Writes crates/phone/src/regions.tsv and crates/model/src/languages.tsv: the names of countries and languages.

    python3 -m venv target/python-data
    target/python-data/bin/pip install babel==2.19.0
    target/python-data/bin/python scripts/data/countries.py

The names are those of Unicode CLDR, as Babel carries it, and those that are listed here. All are folded: no case, accents, spaces or punctuation. `folded` here and in
`crates/phone/src/fold.rs` must do the same; a test compares them.

A name that means two countries, in one language or in two, is left out.
"""

import re
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

import babel
from babel import Locale, core, localedata

# The countries for which Google's libphonenumber has a numbering plan.
REGIONS = """
AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD
CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE
GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH
SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG
VI VN VU WF WS XK YE YT ZA ZM ZW
""".split()

# Names in wide use that CLDR lacks: as ISO 3166 writes them, short and old forms, parts of a country.
OTHER_NAMES = """
AE: UAE, EAU, U.A.E., EAE, VAE, Emirates, Emirats, ОАЭ, الإمارات, Объединённые Арабские Эмираты, Об’єднані Арабські Емірати
AG: Antigua and Barbuda
BA: Bosnia and Herzegovina, Bosnia, Bosnie, Bosnien, Босния, BiH, Bosnia-Erzegovina
BL: Saint Barthélemy
BN: Brunei Darussalam
BO: Bolivia Plurinational State of, Plurinational State of Bolivia
BQ: Bonaire Sint Eustatius and Saba, Bonaire
BS: The Bahamas, Bahamas The
BY: Belarus, Bélarus, Byelorussia, Белоруссия
CC: Cocos Islands, Keeling Islands
CD: Congo The Democratic Republic of the, Congo Democratic Republic of the, Democratic Republic of the Congo, Democratic Republic of Congo, DR Congo, D.R. Congo, DRC, RDC, République démocratique du Congo, Congo-Kinshasa, Congo DRC, Congo RDC, Zaire, Congo République démocratique du, Congo República Democrática del, Congo República Democrática do, Demokratische Republik Kongo, Repubblica Democratica del Congo, Демократическая Республика Конго
CG: Republic of the Congo, Congo Republic of the, République du Congo, Congo-Brazzaville
CI: Ivory Coast, Cote d'Ivoire
CN: People's Republic of China, PRC, Mainland China, P.R. China
CV: Cape Verde, Cabo Verde, Cap-Vert
CZ: Czech Republic, République tchèque, Tschechische Republik, República Checa, Česká republika, Tschechei, Repubblica Ceca, Republika Czeska
DE: Federal Republic of Germany, Bundesrepublik Deutschland, Bundesrepublik, BRD, République fédérale d'Allemagne
DO: Dominican Rep., Rep. Dominicana
ES: Kingdom of Spain, Islas Canarias, Canary Islands, Islas Baleares
FK: Falkland Islands Malvinas, Malvinas, Falkland Islands
FM: Micronesia Federated States of, Federated States of Micronesia
FR: French Republic, République française, France métropolitaine, Metropolitan France
GB: UK, Great Britain, Britain, United Kingdom of Great Britain and Northern Ireland, Grande-Bretagne, Gran Bretaña, Großbritannien, Gran Bretagna, Grã-Bretanha, Groot-Brittannië, Wielka Brytania, Velká Británie, Storbritannien, Storbritannia, Великобритания, England, Angleterre, Inglaterra, Inghilterra, Anglia, Engeland, Anglie, İngiltere, Англия, Англія, Αγγλία, إنجلترا, אנגליה, 英格兰, イングランド, イギリス, 영국, Scotland, Écosse, Escocia, Schottland, Scozia, Escócia, Schotland, Szkocja, Шотландия, Wales, Pays de Galles, Gales, Galles, Northern Ireland, Irlande du Nord, Nordirland, Irlanda del Norte, Irlanda del Nord, Соединённое Королевство, Vereinigtes Königreich, The United Kingdom
GM: The Gambia, Gambia The, Republic of The Gambia
GR: Hellas, Hellenic Republic, EL
GW: Guinea Bissau
HK: Hong Kong, Hongkong, Hong Kong SAR, Hong Kong S.A.R., HKSAR, 香港, Гонконг, 홍콩, هونغ كونغ, הונג קונג, ฮ่องกง, Hồng Kông
IE: Republic of Ireland, Eire, République d'Irlande
IR: Iran Islamic Republic of, Islamic Republic of Iran
KG: Kirghizistan, Kirgisien, Киргизия
KN: Saint Kitts and Nevis, St Kitts and Nevis
KP: Korea Democratic People's Republic of, Democratic People's Republic of Korea, DPRK, DPR Korea, Korea North, North Korea, Северная Корея, Північна Корея
KR: Korea Republic of, Republic of Korea, Korea South, South Korea, République de Corée, ROK, Южная Корея, Південна Корея, Южна Корея, Republik Korea, República de Corea
LA: Lao People's Democratic Republic, Lao PDR, Lao
LC: Saint Lucia
LY: Libyan Arab Jamahiriya
MD: Moldova Republic of, Republic of Moldova, République de Moldavie, Молдавия, Moldau, Republik Moldau
MF: Saint Martin French part, Saint Martin (partie française)
MK: Macedonia, Macédoine, Mazedonien, Makedonien, Macedonia the former Yugoslav Republic of, FYROM, Republic of North Macedonia, Македонија, Македония
MM: Myanmar, Burma, Birmanie, Birma, Birmania
MO: Macau, Macao, Macau SAR, Macao SAR, 澳门, 澳門, Макао, 마카오
NL: The Netherlands, Holland, Hollande, Holanda, Olanda, Hollandia, Голландия, Niederland, Hollanda, هولندا, הולנד, Les Pays-Bas, Netherland
PF: Tahiti
PH: The Philippines
PM: Saint Pierre and Miquelon
PS: Palestine, Palestine State of, State of Palestine, Palestinian Territory, Palestinian Territory Occupied, Palestina, Palästina, فلسطين, Палестина, Palestine État de, Palestina Estado de, Palästinensische Gebiete
RE: Reunion Island, Île de la Réunion
RU: Russian Federation, Fédération de Russie, Russische Föderation, Federación Rusa, РФ, Россия, Russie Fédération de, Federação Russa, Federazione Russa, Federatia Rusa, Федерация Российская, Российская Федерация, Руска федерация, Федерація Російська, Російська Федерація
SH: Saint Helena, Saint Helena Ascension and Tristan da Cunha
SK: Slovak Republic, Slovakia Republic, Slovenská republika, République slovaque
SJ: Svalbard and Jan Mayen
ST: Sao Tome and Principe
SX: Sint Maarten Dutch part
SY: Syrian Arab Republic
SZ: Swaziland
TH: ประเทศไทย
TL: Timor-Leste, East Timor
TR: Turkey, Turkiye, Republic of Türkiye
TT: Trinidad and Tobago, Trinidad
TW: Taiwan Province of China, Republic of China, Taiwan R.O.C.
TZ: Tanzania United Republic of, United Republic of Tanzania
US: USA, U.S., United States of America, The United States, États-Unis d’Amérique, EE.UU., EEUU, EUA, Estados Unidos de América, Estados Unidos da América, Vereinigte Staaten von Amerika, Stati Uniti d'America, Verenigde Staten van Amerika, Stany Zjednoczone Ameryki, США, Соединенные Штаты Америки, ABD, Amerika Birleşik Devletleri, 美國
VA: Holy See, Saint-Siège, Vatican, Vatican City State, Holy See Vatican City State, Holy See (Vatican City State)
VC: Saint Vincent and the Grenadines, St Vincent
VE: Venezuela Bolivarian Republic of, Bolivarian Republic of Venezuela
VG: Virgin Islands British, British Virgin Islands, BVI
VI: Virgin Islands U.S., US Virgin Islands, USVI
VN: Viet Nam, Viêt Nam, Viêtnam, Socialist Republic of Vietnam, Socialist Republic of Viet Nam
WF: Wallis and Futuna
XK: Kosovo, Kosova, XKX, XKK
ZA: RSA, Republic of South Africa, Rep. South Africa, Южная Африка
SC: Сейшелы
KY: Cayman-Inseln, Cayman Isl.
FO: Färöer-Inseln
MV: Islas Maldivas
BM: Islas Bermudas
CH: Swiss Confederation, Confédération suisse, Schweizerische Eidgenossenschaft, Swiss
AR: Argentine Republic
IT: Italian Republic, Repubblica Italiana
PT: Portuguese Republic, República Portuguesa
MX: United Mexican States, Estados Unidos Mexicanos, México D.F.
LU: Grand Duchy of Luxembourg
BR: Federative Republic of Brazil, República Federativa do Brasil
NG: Federal Republic of Nigeria
PK: Islamic Republic of Pakistan
AF: Islamic Republic of Afghanistan
BD: People's Republic of Bangladesh
DZ: People's Democratic Republic of Algeria
EG: Arab Republic of Egypt
OM: Sultanate of Oman
AD: Principality of Andorra
LI: Principality of Liechtenstein
MC: Principality of Monaco
KW: State of Kuwait
QA: State of Qatar
IL: State of Israel
LK: Democratic Socialist Republic of Sri Lanka
JO: Hashemite Kingdom of Jordan
ET: Federal Democratic Republic of Ethiopia
NP: Federal Democratic Republic of Nepal
""".strip().splitlines()

# Countries that are called a kingdom; all others may be called a republic but those of which there are two.
KINGDOMS = "BE BH BT DK ES KH LS MA NL NO SA SE SZ TH TO".split()
TWO_REPUBLICS = "CD CG CN KP KR TW".split()

# Names that say which of two countries in no language, though CLDR gives them to one somewhere.
AMBIGUOUS_NAMES = """
Korea, Corée, Corea, Coreia, Coréia, Kore, Корея, Κορέα, כוריאה, كوريا, Koreja, Корейска, Конга, Congo, Kongo, Конго, Κονγκό,
קונגו, الكونغو, Kongó, 刚果, 剛果, コンゴ, 콩고, America, Amerika, Virgin Islands
"""

# The languages in which names of countries are read: those that CLDR covers well. Names of the others are drafts, and
# cost more than they give: Malawi is Latvia in Toki Pona.
COUNTRIES_READ = """
af am ar as az be bg bn br bs ca cs cy da de el en es et eu fa fi fil fo fr fy ga gd gl gu ha he hi hr hu hy id ig is it
ja ka kk km kn ko ku ky lb lo lt lv mk ml mn mr ms mt my nb ne nl nn no oc or pa pl ps pt rm ro ru sc sd si sk sl so sq
sr sv sw ta te tg th ti tk tr tt ug uk ur uz vi yo yue zh zu
""".split()

# The languages in which names of languages are read.
LANGUAGES_READ = """
ar bg bn bs ca cs da de el en es et eu fa fi fr gl he hi hr hu hy id is it ja ka kk ko lt lv mk ms nb nl nn no pl pt
pt_PT ro ru sk sl sq sr sr_Latn sv ta te th tr uk ur uz vi zh zh_Hant
""".split()

OTHER_LANGUAGES = """
de: Deutsch (Österreich), Deutsch (Schweiz), ger
en: Anglais (UK), English (US), English (UK), British English, American English, engl
es: Castellano, Castilian, Castillan, Español latino, Latin American Spanish
fa: Farsi
fr: Français (France), Français (Canada), Canadian French
nb: Norwegian Bokmal
id: Bahasa Indonesia, Bahasa
ms: Bahasa Melayu, Bahasa Malaysia
nl: Flemish, Flamand, Flämisch, Vlaams
pt: Brazilian Portuguese, Português do Brasil, Brazilian, Portugais du Brésil
zh: Mandarin, Mandarin Chinese, Chinese Simplified, Chinese Traditional, 中国语, 普通话, Putonghua
""".strip().splitlines()

# ISO 639-2/B, the codes of libraries, where they differ from ISO 639-3.
LIBRARY_CODES = dict(pair.split("=") for pair in """
alb=sq arm=hy baq=eu bur=my chi=zh cze=cs dut=nl fre=fr geo=ka ger=de gre=el ice=is mac=mk mao=mi may=ms per=fa rum=ro
slo=sk tib=bo wel=cy
""".split())

LETTERS = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ς": "σ",
    "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ʻ": None, "ʼ": None, "ʿ": None, "ـ": None,
})


def folded(name):
    """The letters of a name. Accents go; the vowel signs of India and Thailand, which part names, stay."""
    kept = "".join(it.lower() for it in unicodedata.normalize("NFKD", name) if is_letter(it))
    return kept.translate(LETTERS)


def is_letter(it):
    return not unicodedata.combining(it) and (it.isalnum() or unicodedata.category(it).startswith("M"))


def spellings(name, language):
    """The name, and as it is also written: English without `&`, German without umlauts."""
    yield name
    if language.startswith("en"):
        yield name.replace("&", "and").replace("St. ", "Saint ")
        yield name.replace("&", "and")
    if language.startswith("de"):
        for umlaut, letters in zip("äöüÄÖÜ", ["ae", "oe", "ue", "Ae", "Oe", "Ue"]):
            name = name.replace(umlaut, letters)
        yield name


def without_brackets(name):
    return re.sub(r"[(（\[].*?[)）\]]", "", name)


def listed(lines):
    for line in lines:
        code, names = line.split(": ", 1)
        for name in names.split(", "):
            yield code, name


def locales():
    for identifier in sorted(localedata.locale_identifiers()):
        yield identifier, Locale.parse(identifier)


def only(meanings, kind):
    """Each name with its one meaning; names of two are reported and dropped.

    Codes and the names listed here go before those of CLDR, and these before what is left of a name without its
    brackets: `Deutsch (Schweiz)`.
    """
    result = {}
    for name, by_code in sorted(meanings.items()):
        first = {code for code, sources in by_code.items() if sources & {"listed", "code"}}
        first = first or {code for code, sources in by_code.items() if sources != {"in brackets"}}
        codes = first or set(by_code)
        if len(codes) == 1:
            result[name] = codes.pop()
        if len(by_code) > 1:
            text = "; ".join(f"{code} in {' '.join(sorted(it)[:5])}" for code, it in sorted(by_code.items()))
            print(f"{kind} {name}: {text} -> {result.get(name, 'left out')}", file=sys.stderr)
    return result


def write(path, head, codes, names):
    by_code = defaultdict(list)
    for name, code in names.items():
        by_code[code].append(name)
    lines = [f"# {head}", f"# Written by scripts/data/countries.py from Unicode CLDR {cldr()} (Babel {babel.__version__})."]
    lines += ["\t".join([code, *sorted(by_code[code])]) for code in codes]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path}: {len(codes)} codes, {len(names)} names, {path.stat().st_size} bytes", file=sys.stderr)


def cldr():
    core.get_global("territory_aliases")
    return core._global_data["cldr"]["version"]


def countries(model):
    meanings = defaultdict(lambda: defaultdict(set))

    def add(code, name, source):
        if code in REGIONS and (name := folded(name)):
            meanings[name][code].add(source)

    for identifier, locale in locales():
        for code, name in locale.territories.items():
            # A language that has no name of its own shows the code.
            if name != code and locale.language in COUNTRIES_READ:
                for spelling in spellings(name, identifier):
                    add(code, spelling, identifier)
                add(code, without_brackets(name), "in brackets")
    for code, name in Locale("en").territories.items():
        if code not in TWO_REPUBLICS:
            add(code, ("Kingdom of " if code in KINGDOMS else "Republic of ") + name.replace("&", "and"), "listed")
    for code, name in listed(OTHER_NAMES):
        for spelling in spellings(name, "de"):
            add(code, spelling, "listed")
    for alias, codes in core.get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1:
            add(codes[0], alias, "code")
    for name in AMBIGUOUS_NAMES.replace("\n", " ").split(","):
        meanings.pop(folded(name), None)
    names = only(meanings, "country")
    # Two letters are a code, and nothing else.
    names = {name: code for name, code in names.items() if not re.fullmatch("[a-z]{2}", name) or name in ("uk", "el")}
    write(model / "regions.tsv", "ISO 3166-1 code, alpha-3 code and folded names in many languages.", REGIONS, names)


def languages(model):
    known = Locale("en").languages
    codes_known = sorted(it for it in known if re.fullmatch("[a-z]{2,3}", it) and it not in ("mul", "und", "zxx", "mis"))
    # Of other languages, codes are enough.
    named = {it for it in codes_known if len(it) == 2 or localedata.exists(it)}
    aliases = {
        alias: code for alias, code in core.get_global("language_aliases").items()
        if re.fullmatch("[a-z]{2,3}", alias) and code in codes_known
    }
    meanings = defaultdict(lambda: defaultdict(set))
    for alias, code in {**aliases, **LIBRARY_CODES}.items():
        meanings[alias][code].add("code")
    for identifier, locale in locales():
        for code, name in locale.languages.items():
            is_read = identifier in LANGUAGES_READ or identifier == code
            if is_read and code in named and name != code:
                for spelling in spellings(name, identifier):
                    meanings[folded(spelling)][code].add(identifier)
                meanings[folded(without_brackets(name))][code].add("in brackets")
    meanings.pop("", None)
    for code, name in listed(OTHER_LANGUAGES):
        meanings[folded(name)][code].add("listed")
    names = {
        name: code for name, code in only(meanings, "language").items()
        if not re.fullmatch("[a-z]{2,3}", name) or "code" in meanings[name][code] or "listed" in meanings[name][code]
    }
    write(model / "languages.tsv", "ISO 639 code, other codes and folded names.", codes_known, names)


if __name__ == "__main__":
    crates = Path(__file__).parents[2] / "crates"
    countries(crates / "phone/src")
    languages(crates / "model/src")
