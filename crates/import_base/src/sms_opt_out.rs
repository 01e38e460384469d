//! Takes the instruction how to stop SMS out of a text: “STOP au 36180”, “Reply STOP to unsubscribe”, “Responda SAIR”.
//!
//! It belongs to SMS. The opt-out of WhatsApp is a button, which `translate` adds.

use std::sync::LazyLock;

use regex::Regex;
use scenario::{Act, Loss, PlacedLoss, Scenario, Text};

const WORDS: &str = include_str!("sms_opt_out.tsv");

/// The number of a gateway: a short code, or a phone number.
const NUMBER: &str = r"\+?\d(?:[ .-]?\d){2,12}";

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(Patterns::new);

struct Patterns {
    /// The keyword alone: most texts have none.
    keyword: Regex,
    /// The keyword and the number that it is sent to.
    to_number: Regex,
    /// A request to answer with the keyword.
    reply: Regex,
    /// The keyword and what it is for, in this order or the other.
    with_purpose: Regex,
    purpose: Regex,
    tail: Regex,
}

impl Patterns {
    fn new() -> Option<Self> {
        let keyword = format!("[\"'“”«»„‘’\\[(]*(?:{})[\"'“”«»‘’\\])]*", words("keyword"));
        let (to, reply, purpose, tail) = (words("to"), words("reply"), words("purpose"), words("tail"));
        let new = |pattern: String| Regex::new(&format!("(?i){pattern}")).ok();
        Some(Self {
            keyword: new(words("keyword"))?,
            to_number: new(format!(
                r"(?:\b(?:{reply})\s+)?\b{keyword}(?:\s+(?:par\s+|via\s+|por\s+|per\s+|by\s+)?sms\b)?\s*(?:[:=>-]+\s*|\s(?:{reply}|{to})\s+(?:{to}\s+)?|\s)(?:le\s+|the\s+|el\s+|o\s+|die\s+)?{NUMBER}\b"
            ))?,
            reply: new(format!(r"\b(?:{reply})\s*:?\s+{keyword}(?:\s+(?:{to})\s+{NUMBER})?"))?,
            with_purpose: new(format!(
                r"\b{keyword}\s*(?:=|:|\s)\s*(?:to\s+|pour\s+|para\s+|zum\s+|per\s+|om\s+|untuk\s+)?(?:{purpose})|(?:{purpose})\s*(?:=|:)\s*{keyword}(?:\s|$|[.!)])"
            ))?,
            purpose: new(format!(r"(?:^|[^\p{{L}}])(?:{purpose})(?:[^\p{{L}}]|$)"))?,
            tail: new(format!(r"^[\s,(]*(?:(?:{tail})[\s,]*)+[\s)]*$"))?,
        })
    }
}

/// The words of a kind as alternatives, the longest first.
fn words(kind: &str) -> String {
    let rows = WORDS.lines().filter(|it| !it.starts_with('#')).filter_map(|it| it.split_once('\t'));
    let mut words: Vec<String> =
        rows.filter(|it| it.0 == kind).flat_map(|it| it.1.split('|')).map(regex::escape).collect();
    words.sort_by_key(|it| std::cmp::Reverse(it.len()));
    words.join("|")
}

/// The text without its instruction, and the instruction; none if it has none.
pub fn take_out(text: &str) -> Option<(String, String)> {
    let patterns = PATTERNS.as_ref().filter(|it| it.keyword.is_match(text))?;
    let (start, end) = instruction(patterns, text)?;
    let taken = text[start..end].trim().to_owned();
    let after = text[end..].trim_start_matches([')', ']', '.', ',', ' ', '|', '/', ';', '*']);
    let before = text[..start].trim_end().trim_end_matches(['-', '–', '|', '/', '(', '[', '*', ',', ';']).trim_end();
    // “Offer: STOP to 36180, win a trip” goes on after the colon.
    let before = if after.trim().is_empty() { before.trim_end_matches(':').trim_end() } else { before };
    // Nothing but an instruction is no text that could do without it.
    if before.is_empty() && after.trim().is_empty() {
        return None;
    }
    let between = match () {
        () if before.is_empty() || after.trim().is_empty() => "",
        () if after.starts_with('\n') => "",
        () => " ",
    };
    Some(((before.to_owned() + between + after).trim().to_owned(), taken))
}

/// Takes instructions out of texts of other channels. “Reply STOP” is answered in a chat too, so that only an instruction
/// that names SMS or the number of a gateway is taken. One that nothing in the scenario answers stays, and is told.
pub fn take_out_of_chats(scenarios: &mut [Scenario]) {
    for scenario in scenarios {
        let mut answered: Option<String> = None;
        for n in 0..scenario.steps.len() {
            let Some((left, taken)) = scenario.steps[n].act.text().and_then(|it| take_out(&it.to_string())) else {
                continue;
            };
            let shown = taken.replace("{{", "{").replace("}}", "}");
            let what = match is_of_sms(&taken) {
                true => format!("“{shown}”"),
                // What answers a single message is not in the source.
                false if scenario.steps.len() == 1 => continue,
                false if is_answered(&taken, answered.get_or_insert_with(|| answers(scenario))) => continue,
                false => format!("“{shown}” stays in the text: nothing in the flow answers it, and WhatsApp does not"),
            };
            let place = scenario.steps[n].id.clone();
            match &mut scenario.steps[n].act {
                Act::Message(it) if is_of_sms(&taken) => it.text = Text::parse(&left),
                Act::Question(it) if is_of_sms(&taken) => it.text = Text::parse(&left),
                _ => {}
            }
            scenario.losses.push(PlacedLoss { loss: Loss::SmsOptOut, place, what });
        }
    }
}

/// What a scenario compares answers with, and its buttons, in small letters.
fn answers(scenario: &Scenario) -> String {
    let mut found = String::new();
    let mut left: Vec<serde_json::Value> = serde_json::to_value(&scenario.steps).into_iter().collect();
    while let Some(value) = left.pop() {
        match value {
            serde_json::Value::Array(values) => left.extend(values),
            serde_json::Value::Object(fields) => {
                for (key, value) in fields {
                    match value.as_str() {
                        Some(text) if key == "value" || key == "title" => {
                            found += &format!("{}\n", text.to_lowercase())
                        }
                        Some(_) => {}
                        None => left.push(value),
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn is_answered(instruction: &str, answers: &str) -> bool {
    let keyword = PATTERNS.as_ref().and_then(|it| it.keyword.find(instruction));
    keyword.is_some_and(|it| answers.contains(&it.as_str().to_lowercase()))
}

fn is_of_sms(instruction: &str) -> bool {
    // “fin 2019” is a time.
    let digits: String = instruction.chars().filter(char::is_ascii_digit).collect();
    if digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")) {
        return false;
    }
    let mut words = instruction.split(|it: char| !it.is_alphanumeric());
    instruction.contains(|it: char| it.is_numeric()) || words.any(|it| it.eq_ignore_ascii_case("sms"))
}

/// Where the instruction is: what asks for it, and the rest of its sentence as far as it says what it is for.
fn instruction(patterns: &Patterns, text: &str) -> Option<(usize, usize)> {
    let found = patterns.to_number.find_iter(text).map(|it| (it, true));
    let found = found.chain(patterns.reply.find_iter(text).map(|it| (it, false)));
    let found = found.chain(patterns.with_purpose.find_iter(text).map(|it| (it, true)));
    found
        .filter_map(|(found, is_certain)| {
            let (from, to) = (found.start(), found.end());
            let (from, to) = (floor(text, from), to);
            let sentence = (sentence_start(text, from), sentence_end(text, to));
            let (before, after) = (&text[sentence.0..from], &text[to..sentence.1]);
            let is_purpose = |it: &str| patterns.purpose.is_match(it);
            let says_purpose = is_purpose(before) || is_purpose(after);
            let is_alone = after.trim_matches(|it: char| !it.is_alphanumeric()).is_empty();
            // “Reply STOP to cancel your visit” stops no messages.
            if !is_certain && !says_purpose && !is_alone {
                return None;
            }
            let start = if is_purpose(before) { sentence.0 } else { from };
            // “Unsubscribe? Send STOP to 3010”
            let asked = sentence_start(text, text[..start].trim_end().trim_end_matches(['?', '؟']).len());
            let is_asked = text[..start].trim_end().ends_with(['?', '؟']) && is_purpose(&text[asked..start]);
            let start = if is_asked && start == sentence.0 { asked } else { start };
            let ends = is_purpose(after) || is_alone || patterns.tail.is_match(after.trim_end_matches(['.', '!']));
            Some((start, if ends { sentence.1 } else { to }))
        })
        .min_by_key(|it| (it.0, std::cmp::Reverse(it.1)))
}

fn floor(text: &str, at: usize) -> usize {
    at + text[at..].len() - text[at..].trim_start().len()
}

/// The start of the sentence or the line that a place is in.
fn sentence_start(text: &str, at: usize) -> usize {
    let mut ends = text[..at].char_indices().filter(|(n, it)| is_end(text, *n, *it));
    let after = ends.next_back().map_or(0, |(n, it)| n + it.len_utf8());
    after + text[after..at].len() - text[after..at].trim_start().len()
}

fn sentence_end(text: &str, at: usize) -> usize {
    let mut ends = text[at..].char_indices().map(|(n, it)| (at + n, it)).filter(|(n, it)| is_end(text, *n, *it));
    ends.next().map_or(text.len(), |(n, it)| if it == '\n' { n } else { n + it.len_utf8() })
}

/// Whether a sign ends a sentence: a point inside of `99.90` does not.
fn is_end(text: &str, at: usize, sign: char) -> bool {
    let next = text[at + sign.len_utf8()..].chars().next();
    match sign {
        '\n' | '।' | '。' | '؟' | '|' => true,
        '.' | '!' | '?' | '…' | ';' => next.is_none_or(|it| it.is_whitespace() || it == ')'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_to_stop_sms_are_taken_out_in_many_languages() {
        for (text, left) in [
            ("Soldes ! Profitez-en. STOP au 36180", "Soldes ! Profitez-en."),
            ("Soldes : profitez-en STOP SMS au 36000", "Soldes : profitez-en"),
            ("Soldes : STOP SMS au 36000, profitez de -20 %", "Soldes : profitez de -20 %"),
            ("Pour ne plus recevoir nos offres, envoyez STOP au 36180. À bientôt.", "À bientôt."),
            ("Vente privée dès demain (STOP=36180)", "Vente privée dès demain"),
            ("Sale now on. Reply STOP to unsubscribe.", "Sale now on."),
            ("Sale now on. Txt STOP to 80888 to opt out", "Sale now on."),
            ("Sale now on. To opt out reply STOP", "Sale now on."),
            ("Frete grátis. Aproveite! Responda SAIR para não receber mais.", "Frete grátis. Aproveite!"),
            ("Frete grátis! Envie SAIR para 28000", "Frete grátis!"),
            ("Oferta hoy. Envía BAJA al 7654", "Oferta hoy."),
            ("Oferta hoy. Si no deseas recibir más SMS responde BAJA", "Oferta hoy."),
            ("Angebot bis November! Abmeldung: STOP an 84343 senden.", "Angebot bis November!"),
            ("Sconti del 20%. Per non ricevere più SMS rispondi STOP", "Sconti del 20%."),
            ("Sconto del 20%. Per cancellarti rispondi STOP a questo SMS.", "Sconto del 20%."),
            ("20 % Rabatt. Jetzt buchen. Abmelden: STOP auf diese SMS antworten.", "20 % Rabatt. Jetzt buchen."),
            ("Sale now on. Reply STOP to this message to opt out.", "Sale now on."),
            ("Nu 20% korting! Afmelden? Stuur STOP naar 3010", "Nu 20% korting!"),
            ("Diskon 20%! Ketik UNREG kirim ke 9123", "Diskon 20%!"),
            ("Diskon 20%! Balas BERHENTI untuk berhenti menerima SMS.", "Diskon 20%!"),
            ("Rabat 20%. Rezygnacja: wyślij STOP na 7055", "Rabat 20%."),
            ("Büyük indirim! SMS almak istemiyorsanız RET yazıp 4607 numarasına gönderin.", "Büyük indirim!"),
            ("Скидка 20%! Чтобы отписаться, отправьте СТОП на 4443", "Скидка 20%!"),
            ("خصم 20٪ اليوم. لإلغاء الاشتراك أرسل توقف إلى 4040", "خصم 20٪ اليوم."),
            ("Giam 20% hom nay. Tu choi QC soan TC gui 9123", "Giam 20% hom nay."),
            ("Punguzo la 20%. Jibu STOP kujiondoa.", "Punguzo la 20%."),
        ] {
            assert_eq!(take_out(text).map(|it| it.0).as_deref(), Some(left), "{text}");
        }
    }

    #[test]
    fn other_requests_to_answer_stay() {
        for text in [
            "Reply STOP to cancel your visit on Monday.",
            "Répondez OUI pour confirmer.",
            "Responda SI para confirmar o llame al 900 123 123.",
            "Non-stop service on 36180 lines.",
            "Der Bus fährt ohne Stopp an 3 Stationen.",
            "Votre colis attend au 12 rue du Stop",
            "STOP au 36180",
        ] {
            assert_eq!(take_out(text), None, "{text}");
        }
    }
}
