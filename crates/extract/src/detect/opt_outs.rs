//! Detects opt-out lists by the names of files and columns.

use std::sync::LazyLock;

use crate::detect::profiles::ProfileMatch;
use crate::header::folded;

/// Stems of words of refusal, in names of columns and files, compared as [`folded`]. Each is long enough not to be part of
/// another word.
#[rustfmt::skip]
const REFUSALS: &[&str] = &[
    // English
    "opt out", "opted out", "unsubscri", "do not contact", "do not call", "do not text", "do not sms", "do not disturb", "do not email", "do not mail",
    "do not send", "do not market", "do not solicit", "never contact", "blacklist", "blocklist", "blocked contacts", "suppression", "suppressed",
    "stop list", "stop sms", "sms stop",
    // French
    "désabonn", "désinscri", "ne pas contacter", "ne plus contacter", "liste noire", "liste rouge", "liste d'opposition", "repoussoir", "bloqués",
    // Spanish, Portuguese, Italian
    "lista negra", "no contactar", "no llamar", "desuscri", "lista robinson", "bloquead", "dados de baja", "descadastr", "não contatar", "não contactar",
    "lista nera", "disiscri", "non contattare", "bloccati",
    // German, Dutch
    "abmeld", "abgemeldet", "abbestell", "gesperrt", "sperrliste", "nicht kontaktieren", "keine werbung", "schwarze liste", "robinsonliste", "widerspruch", "widerruf",
    "werbeverbot", "kontaktverbot",
    "uitgeschreven", "uitschrijv", "afgemeld", "afmeld", "niet contacteren", "zwarte lijst", "geblokkeerd",
    // Polish, Russian, Ukrainian
    "wypisan", "rezygnacj", "czarna lista", "zablokowan", "nie kontaktować", "nie dzwonić", "отписа", "отписк", "чёрный список", "стоп-лист", "заблокиро",
    "не беспокоить", "не звонить", "відписа", "відписк", "чорний список", "заблокован", "не турбувати",
    // Bulgarian, Serbian, Greek, Turkish
    "черен списък", "блокиран", "одјав", "црна листа", "odjav", "crna lista", "blokiran", "απεγγραφ", "διαγραφ", "μαύρη λίστα", "αποκλεισμ",
    "abonelikten çık", "abonelik iptal", "kara liste", "engellenen",
    // Arabic, Indonesian, Hindi
    "إلغاء الاشتراك", "القائمة السوداء", "محظور", "berhenti berlangganan", "daftar hitam", "jangan hubungi", "सदस्यता रद्द", "अनसब्सक्राइब", "ब्लैकलिस्ट",
];

/// Stems of words of refusal in names of files only. A column with such a name may be about something else, such as an
/// order.
#[rustfmt::skip]
const FILE_REFUSALS: &[&str] = &[
    "unsub", "refus", "opposition", "opposizion", "bloqueo", "bloqueio", "widerruf", "widersproch", "sperrung", "wypis", "rezygn", "отказ", "відмов",
    "iptal", "izinsiz", "διαγραμμ", "حظر", "منسحب", "blokir", "berhenti",
];

/// Words of negation, which count in a name that is about messages: "Keine SMS".
#[rustfmt::skip]
const NEGATIONS: &[&str] = &[
    "no", "not", "never", "without", "refuse", "refuses", "refused", "blocked", "ne", "pas", "sans", "refus", "refusé", "bloqué", "sin", "rechaza", "não", "sem", "recusa",
    "non", "senza", "rifiuta", "kein", "keine", "keinen", "nicht", "ohne", "blockiert", "verweigert", "geen", "niet", "zonder", "weigert", "nie", "bez", "brak", "не", "нет", "без", "ні",
    "отказ", "отказался", "відмова", "відмовився", "δεν", "μην", "χωρίς", "istemiyor", "istemiyorum", "etmeyin", "لا", "عدم", "بدون", "tidak", "jangan", "tanpa", "नहीं",
];
/// Words of assent. A name with one of them shows both answers: "SMS yes/no".
#[rustfmt::skip]
const ASSENTS: &[&str] = &["yes", "y", "oui", "o", "sí", "sim", "s", "ja", "j", "tak", "t", "да", "так", "ναι", "evet", "نعم", "ya", "हां"];
/// Stems of what a negation is about.
#[rustfmt::skip]
const MESSAGES: &[&str] = &[
    "sms", "mms", "смс", "एसएमएस", "whatsapp", "viber", "email", "e-mail", "newsletter", "message", "messaggi", "nachricht", "bericht", "pesan", "رسائل", "порук", "поруке", "повідомл",
    "сообщ", "съобщ", "contact", "kontakt", "контакт", "संपर्क", "hubungi", "επικοινων", "اتصال", "تواصل", "call", "text", "appel", "llam", "marketing", "advert", "promo", "offer", "publicid",
    "publicit", "prospection", "démarch", "werbung", "reklam", "reclam", "реклам", "διαφημ", "إعلان", "disturb", "perturb", "molest", "rahats", "ازعاج", "solicit", "mailing", "рассыл", "розсил",
    "присыл", "отправ", "надсил", "enviar", "send", "zgod", "consent", "einwillig", "соглас", "згод", "съглас", "συγκατ", "λαμβαν", "izin",
];

/// Words of refusal that are also parts of other words, so they count only as whole words.
#[rustfmt::skip]
const REFUSAL_WORDS: &[&str] = &[
    "stop", "stops", "stopped", "dnc", "dnd", "unsub", "unsubs", "baja", "bajas", "robinson", "стоп", "opposition", "diblokir",
];

/// Details of a refusal in the name of a column of an opt-out list: its time, its reason, or its keyword.
#[rustfmt::skip]
const DETAILS: &[&str] = &[
    "date", "time", "reason", "keyword", "motif", "raison", "fecha", "motivo", "data", "hora", "datum", "grund", "zeitpunkt", "reden",
    "powód", "дата", "причина", "датум", "разлог", "razlog", "ημερομηνία", "λόγος", "tarih", "sebep", "neden", "تاريخ", "سبب", "tanggal",
    "alasan", "तिथि", "दिनांक", "कारण", "mot-clé", "palabra", "parola", "stichwort", "timestamp", "outat", "scribedat", "listedat",
];

/// Words for a date, of those in [`DETAILS`].
#[rustfmt::skip]
const DATES: &[&str] = &[
    "date", "time", "fecha", "data", "hora", "datum", "zeitpunkt", "дата", "датум", "ημερομηνία", "tarih", "تاريخ", "tanggal", "तिथि", "दिनांक",
];

/// Whether a file may be an opt-out list although that is not certain. Then a person has to decide; it must not be read as
/// a list of contacts.
///
/// True if the best or nearest profile is of an opt-out list and not certain, or if the name of the file or of a column
/// says so. `matches` are those of [`detect`](crate::detect()).
pub fn looks_like_opt_outs(matches: &[ProfileMatch], columns: &[String], file_name: &str) -> bool {
    match matches.first() {
        Some(best) if best.is_certain() && names_opt_outs(best) => false,
        Some(best) if best.is_complete() && best.profile.consent.is_some() => true,
        Some(nearest) if is_near(nearest) && nearest.profile.consent.is_some() => true,
        _ => file_names_refusals(stem_of(file_name)) || columns_name_refusals(columns),
    }
}

/// Whether a profile is of opt-outs, or of messages, whose replies tell who has opted out.
fn names_opt_outs(found: &ProfileMatch) -> bool {
    let is_log = ["direction", "to"].iter().any(|it| found.profile.columns.contains_key(*it));
    found.profile.consent.is_some() || is_log
}

/// Whether more than half of the signature exists. One of two columns is not enough: any list has a phone number.
fn is_near(found: &ProfileMatch) -> bool {
    found.missing.len() * 2 < found.profile.signature.len()
}

/// Whether the name of a column or file has a word of refusal.
pub(super) fn has_refusal(name: &str) -> bool {
    static FOLDED: LazyLock<Vec<String>> = LazyLock::new(|| REFUSALS.iter().map(|it| folded(it)).collect());
    let whole = folded(name);
    let is_word = |it: &str| REFUSAL_WORDS.contains(&folded(it).as_str());
    FOLDED.iter().any(|it| whole.contains(it.as_str())) || name.split(|it: char| !it.is_alphanumeric()).any(is_word)
}

/// Whether the name of a column negates messages in other words, such as "Ne souhaite plus être contacté". That is less
/// certain than [`has_refusal`], so the cells have to look like flags too.
pub(super) fn negates_messages(name: &str) -> bool {
    let name = name.split(['(', '[']).next().unwrap_or(name);
    let words = || name.split(|it: char| !it.is_alphanumeric()).map(folded);
    let has = |list: &[&str]| words().any(|word| !word.is_empty() && list.iter().any(|it| folded(it) == word));
    let whole = folded(name);
    // "Contact no" is a number.
    let is_number = words().rfind(|it| !it.is_empty()).is_some_and(|it| it == "no");
    !is_number && has(NEGATIONS) && !has(ASSENTS) && MESSAGES.iter().any(|it| whole.contains(&folded(it)))
}

/// Whether the name of a column of refusals says that its cells are dates, such as "unsubscribed_at" or "Opt-out date".
pub(crate) fn names_date(name: &str) -> bool {
    let is_date =
        |it: &str| matches!(it, "at" | "on" | "le" | "am") || DATES.iter().any(|date| folded(date) == folded(it));
    name.split(|it: char| !it.is_alphanumeric()).any(is_date)
        || ["timestamp", "outat", "scribedat"].iter().any(|it| folded(name).ends_with(it))
}

fn file_names_refusals(name: &str) -> bool {
    let whole = folded(name);
    has_refusal(name) || FILE_REFUSALS.iter().any(|it| whole.contains(&folded(it)))
}

/// Whether a small table has a column with the time or reason of an opt-out. A table with many columns is a list of
/// contacts, of whom some have opted out.
fn columns_name_refusals(columns: &[String]) -> bool {
    let has_detail = |column: &str| DETAILS.iter().any(|it| folded(column).contains(&folded(it)));
    let names_refusal = |column: &String| has_refusal(column) && has_detail(column);
    columns.len() <= 5 && columns.iter().any(names_refusal)
}

/// The name of a file without its folder and its last extension.
fn stem_of(file_name: &str) -> &str {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    name.rsplit_once('.').map_or(name, |it| it.0)
}

#[cfg(test)]
mod tests {
    use super::super::detect;
    use super::*;
    use crate::Profile;

    #[test]
    fn a_column_of_refusals_says_by_its_name_whether_it_holds_dates() {
        for name in [
            "unsubscribed_at",
            "UnsubscribedAt",
            "Opt-out date",
            "Date de désinscription",
            "Désinscription SMS le",
            "opted out on",
            "Abmeldedatum am",
            "fecha de baja",
            "Дата отписки",
            "opt_out_timestamp",
        ] {
            assert!(names_date(name), "{name}");
        }
        for name in [
            "Do not contact",
            "unsubscribed",
            "Désinscrit",
            "opt_out",
            "STOP SMS",
            "Blacklist",
            "No SMS",
            "Update refused",
        ] {
            assert!(!names_date(name), "{name}");
        }
    }

    fn looks_so(file_name: &str, header: &str, key: Option<&str>) -> bool {
        static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| Profile::built_in().unwrap());
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        looks_like_opt_outs(&detect(&PROFILES, &columns, key), &columns, file_name)
    }

    #[test]
    fn a_file_looks_like_an_opt_out_list_by_its_profile_its_columns_or_its_name() {
        for (file, header, key) in [
            ("list.json", "identity", Some("identities")),
            ("numbers.json", "value", Some("phoneNumbers")),
            ("x.csv", "Numéro,Date de désinscription", None),
            ("x.json", "destination,sourceType,channel", Some("results")),
            ("x.csv", "Nummer,Abgemeldet am Datum", None),
            ("x.csv", "phone,unsubscribe_reason", None),
            ("x.csv", "Телефон,Дата отписки", None),
            ("opt-outs.csv", "phone,name", None),
            ("OptOut_2026-03.xlsx", "phone,name", None),
            ("unsubscribed_members_export_1a2b.csv", "Email Address,First Name,SMS Phone,LEID", None),
            ("STOP SMS mars.csv", "Mobile,Nom", None),
            ("stop.txt", "+33199000001", None),
            ("Désabonnés.csv", "Tél,Nom", None),
            ("contacts bloqués.csv", "Tél,Nom", None),
            ("lista_negra.csv", "Teléfono", None),
            ("bajas 2025.csv", "Móvil,Nombre", None),
            ("descadastrados.csv", "Celular", None),
            ("disiscritti.csv", "Cellulare", None),
            ("Abgemeldete.csv", "Handynummer", None),
            ("sperrliste.csv", "Handynummer", None),
            ("uitgeschreven.csv", "Mobiel", None),
            ("wypisani.csv", "Telefon", None),
            ("отписались.csv", "Телефон", None),
            ("чёрный список.csv", "Телефон", None),
            ("відписані.csv", "Телефон", None),
            ("одјављени.csv", "Телефон", None),
            ("odjavljeni.csv", "Telefon", None),
            ("ΔΙΑΓΡΑΦΕΣ.csv", "Κινητό", None),
            ("kara_liste.csv", "Cep", None),
            ("القائمة السوداء.csv", "الجوال", None),
            ("daftar hitam.csv", "Nomor HP", None),
            ("dnc.csv", "phone", None),
            ("suppression-list.csv", "phone", None),
            // Certainly people of MessageBird, but which?
            ("unsubscribed.json", "id,href,msisdn,createdDatetime", Some("items")),
        ] {
            assert!(looks_so(file, header, key), "{file}: {header}");
        }
    }

    #[test]
    fn the_name_of_a_file_tells_that_it_is_an_opt_out_list() {
        let names = [
            "optout_list.csv",
            "unsubscribes.csv",
            "do-not-contact.csv",
            "DNC list.csv",
            "Do not text.xlsx",
            "blacklist_sms.xlsx",
            "OptOuts2026.csv",
            "opt outs.csv",
            "stopped.csv",
            "stop-list.csv",
            "liste_stop.csv",
            "LISTE STOP SMS.csv",
            "STOPs mars.csv",
            "desinscrits.csv",
            "désinscriptions.csv",
            "desabonnements.csv",
            "liste rouge.csv",
            "opposition.csv",
            "refus.csv",
            "abmeldungen.xlsx",
            "Abmelder.csv",
            "Widerrufe.csv",
            "uitschrijvingen.csv",
            "afmeldingen.csv",
            "rezygnacje.csv",
            "wypisy.csv",
            "bajas.csv",
            "no_llamar.csv",
            "descadastros.csv",
            "lista de bloqueio.csv",
            "disiscrizioni.csv",
            "opposizioni.csv",
            "отказы.csv",
            "отписки.xlsx",
            "відмови.csv",
            "відписки.csv",
            "отписани.csv",
            "abonelik iptali.csv",
            "izinsiz.csv",
            "قائمة الحظر.csv",
            "المحظورين.csv",
            "إلغاء الاشتراك.csv",
            "blokir.csv",
            "berhenti.csv",
            "nie dzwonić.csv",
            "μαύρη_λίστα.csv",
            "διαγραμμένοι.csv",
            "odjave.csv",
            "одјаве.csv",
            "ब्लैकलिस्ट.csv",
            "अनसब्सक्राइब.csv",
        ];
        let missed: Vec<&str> = names.into_iter().filter(|it| !looks_so(it, "phone,name", None)).collect();
        assert!(missed.is_empty(), "{} of {}: {missed:?}", missed.len(), names.len());
        for name in [
            "opt-ins.csv",
            "subscribers.csv",
            "blackfriday.csv",
            "retail.csv",
            "returned.csv",
            "locked.csv",
            "stopwatch.csv",
            "Bajan.csv",
            "clients.csv",
            "widersprechen_nicht.csv",
        ] {
            assert!(!looks_so(name, "phone,name", None), "{name}");
        }
    }

    #[test]
    fn a_list_of_contacts_with_a_flag_and_a_certain_export_do_not_look_like_opt_outs() {
        for (file, header, key) in [
            ("contacts.csv", "phone,name,email", None),
            ("contacts.csv", "phone,name,opt_out", None),
            ("christopher.csv", "phone,name", None),
            ("shop stopover.csv", "phone,name", None),
            (
                "salesforce.csv",
                "Id,LastName,FirstName,Phone,MobilePhone,Email,HasOptedOutOfEmail,DoNotCall,CreatedDate",
                None,
            ),
            ("clients.csv", "Nom,Prénom,Tél. portable,E-mail,Pays,Date de désinscription", None),
            // Certain, whatever the file is called: the profile knows what the rows say.
            ("stop.csv", "From,To,Body,Status,SentDate,Direction,Sid", None),
            ("opted-out.json", "OptedOutNumber,OptedOutTimestamp", Some("OptedOutNumbers")),
            ("optouts.json", "from,to,messaging_profile_id,keyword,created_at", Some("data")),
        ] {
            assert!(!looks_so(file, header, key), "{file}: {header}");
        }
    }
}
