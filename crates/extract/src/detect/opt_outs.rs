//! Lists of people who have opted out, by the names of files and columns.

use std::sync::LazyLock;

use super::Fit;
use crate::header::folded;

/// Stems of words of refusal, as [`folded`] has them at the latest. Each is long enough to be no part of another word.
const REFUSALS: &[&str] = &[
    // English
    "optout",
    "optedout",
    "unsubscri",
    "donotcontact",
    "donotcall",
    "donottext",
    "donotsms",
    "donotdisturb",
    "donotemail",
    "donotmail",
    "donotsend",
    "donotmarket",
    "donotsolicit",
    "blacklist",
    "blocklist",
    "blockedcontacts",
    "suppression",
    "suppressed",
    "stoplist",
    "stopsms",
    "smsstop",
    "nevercontact",
    // French
    "désabonn",
    "désinscri",
    "ne pas contacter",
    "ne plus contacter",
    "liste noire",
    "liste d'opposition",
    "repoussoir",
    "bloqués",
    // Spanish, Portuguese, Italian
    "lista negra",
    "no contactar",
    "desuscri",
    "lista robinson",
    "bloquead",
    "dados de baja",
    "descadastr",
    "não contatar",
    "não contactar",
    "lista nera",
    "disiscri",
    "non contattare",
    "bloccati",
    // German, Dutch
    "abgemeldet",
    "abmeldung",
    "abbestellt",
    "gesperrt",
    "sperrliste",
    "nicht kontaktieren",
    "schwarze liste",
    "robinsonliste",
    "widerspruch",
    "uitgeschreven",
    "afgemeld",
    "niet contacteren",
    "zwarte lijst",
    "geblokkeerd",
    // Polish, Russian, Ukrainian, Bulgarian, Serbian
    "wypisan",
    "rezygnacj",
    "czarna lista",
    "zablokowan",
    "nie kontaktować",
    "отписа",
    "отписк",
    "чёрный список",
    "стоп-лист",
    "заблокиро",
    "не беспокоить",
    "відписа",
    "відписк",
    "чорний список",
    "заблокован",
    "черен списък",
    "блокиран",
    "одјавље",
    "црна листа",
    "odjavlj",
    "crna lista",
    "blokiran",
    // Greek, Turkish
    "απεγγραφ",
    "διαγραφ",
    "μαύρη λίστα",
    "αποκλεισμ",
    "abonelikten çık",
    "kara liste",
    "engellenen",
    // Arabic, Indonesian, Hindi
    "إلغاء الاشتراك",
    "القائمة السوداء",
    "محظور",
    "berhenti berlangganan",
    "daftar hitam",
    "सदस्यता रद्द",
];

/// Words of refusal that are parts of other words: they count alone.
const REFUSAL_WORDS: &[&str] = &[
    "stop",
    "stops",
    "stopped",
    "dnc",
    "dnd",
    "unsub",
    "unsubs",
    "baja",
    "bajas",
    "robinson",
    "стоп",
    "opposition",
    "ret",
    "diblokir",
];

/// What a column beside a refusal says when everybody on a list has refused: when, why, or by which word.
const DETAILS: &[&str] = &[
    "date",
    "time",
    "reason",
    "keyword",
    "motif",
    "raison",
    "fecha",
    "motivo",
    "data",
    "hora",
    "datum",
    "grund",
    "zeitpunkt",
    "reden",
    "powód",
    "дата",
    "причина",
    "датум",
    "разлог",
    "razlog",
    "ημερομηνία",
    "λόγος",
    "tarih",
    "sebep",
    "neden",
    "تاريخ",
    "سبب",
    "tanggal",
    "alasan",
    "तिथि",
    "दिनांक",
    "कारण",
    "mot-clé",
    "palabra",
    "parola",
    "stichwort",
    "timestamp",
    "outat",
    "scribedat",
    "listedat",
];

/// Whether a file looks like a list of people who have opted out, though that is not certain: whoever reads it should
/// ask, and must not take it for a list of contacts.
///
/// It does where the profile that fits, or that is nearest, is of such lists and is not certain, and where the name of
/// the file or of a column says so. `fits` are those of [`super::detect`].
pub fn looks_like_opt_outs(fits: &[Fit], columns: &[String], file_name: &str) -> bool {
    match fits.first() {
        Some(best) if best.is_certain() => false,
        Some(best) if best.is_whole() && best.profile.consent.is_some() => true,
        Some(nearest) if is_near(nearest) && nearest.profile.consent.is_some() => true,
        _ => speaks_of_refusal(stem_of(file_name)) || columns_say_so(columns),
    }
}

/// Whether more than half of the signature is there. Of two columns, one is a phone number like in any list.
fn is_near(fit: &Fit) -> bool {
    fit.missing.len() * 2 < fit.profile.signature.len()
}

/// Whether the name of a column or file speaks of people who do not want to be written to.
pub(super) fn speaks_of_refusal(name: &str) -> bool {
    static FOLDED: LazyLock<Vec<String>> = LazyLock::new(|| REFUSALS.iter().map(|it| folded(it)).collect());
    let whole = folded(name);
    let is_word = |it: &str| REFUSAL_WORDS.contains(&folded(it).as_str());
    FOLDED.iter().any(|it| whole.contains(it.as_str())) || name.split(|it: char| !it.is_alphanumeric()).any(is_word)
}

/// A table with a column or two of when and why somebody has left. With many columns it is a list of contacts, of whom
/// some have left.
fn columns_say_so(columns: &[String]) -> bool {
    let has_detail = |column: &str| DETAILS.iter().any(|it| folded(column).contains(&folded(it)));
    let says_so = |column: &String| speaks_of_refusal(column) && has_detail(column);
    columns.len() <= 5 && columns.iter().any(says_so)
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

    fn looks_so(file_name: &str, header: &str, key: Option<&str>) -> bool {
        let profiles = Profile::built_in().unwrap();
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        looks_like_opt_outs(&detect(&profiles, &columns, key), &columns, file_name)
    }

    #[test]
    fn a_file_is_near_to_a_list_of_opt_outs_by_its_profile_its_columns_or_its_name() {
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
        ] {
            assert!(looks_so(file, header, key), "{file}: {header}");
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
