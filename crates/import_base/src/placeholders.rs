//! Reads the placeholders of texts, in the notations of the tools that texts come from.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use scenario::{Loss, Text};

use crate::scenario_builder::ScenarioBuilder;
use crate::{html, language};

/// Limits the name of a slot, in characters: longer ones are text in brackets.
const MAX_NAME: usize = 60;

/// The words of a placeholder that names a field, in any case: they tell a field from a sender or a quotation.
const FIELDS: &str = include_str!("fields.tsv");

static IS_FIELD: LazyLock<HashMap<String, ()>> = LazyLock::new(|| {
    let rows = FIELDS.lines().filter(|it| !it.starts_with('#')).filter_map(|it| it.split_once('\t'));
    rows.flat_map(|it| it.1.split('|')).map(|it| (crate::table::normal(it), ())).collect()
});

/// Every notation. The name of the group says which it is; an alternative that holds another comes first.
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[\p{L}_][\p{L}\p{M}\p{N}_ .'’°º/-]*";
    let word = r"[\p{L}_][\p{L}\p{M}\p{N}_.-]*";
    let notations = [
        // Jinja, Liquid, Handlebars and WhatsApp. Its tags for conditions and loops stay as they are.
        r"\{\{\{\s*(?<triple>[^{}#/^>!&\s][^{}]*?)\s*\}\}\}".to_owned(),
        r"\{\{-?\s*(?<double>[^{}#/^>!&\s][^{}]*?)\s*-?\}\}".to_owned(),
        r"<%=\s*(?<erb>[^<>%]+?)\s*%>".to_owned(),
        // The operators of India: `{#var#}`.
        r"\{#\s*(?<dlt>\w+)\s*#\}".to_owned(),
        // Salesforce, Smarty, shells, Python and Java.
        format!(r"\{{!\s*(?<bang>{name})\s*\}}|\{{\$\s*(?<smarty>{name})\s*\}}"),
        format!(r"\$\{{\s*(?<shell>{name}|\d{{1,3}})\s*\}}|\{{\s*(?<brace>{name}|\d{{1,3}})\s*\}}|(?<empty>\{{\}})"),
        // Square and angle brackets, double and single.
        format!(r"\[\[\s*(?<squares>{name})\s*\]\]|\[\s*(?<square>{name})\s*\]"),
        format!(r"<<\s*(?<angles>{name})\s*>>|<(?<angle>{name})>|<\s(?<angle_word>{word})\s>"),
        // Salesforce Marketing Cloud, Mailchimp, Word.
        format!(r"%%\s*(?<percents>{name})\s*%%|\*\|\s*(?<mailchimp>[^|*\s][^|]*?)\s*\|\*|«(?<word>{name})»"),
        // Signs on both sides.
        format!(r"##\s*(?<hashes>{name}|\d{{1,3}})\s*##|#(?<hash>{word})#|__(?<lines>\p{{L}}[\p{{L}}\p{{M}}\p{{N}} -]*(?:_[\p{{L}}\p{{N}}]+)*)__|@@\s*(?<ats>{name})\s*@@"),
        format!(r"%(?<percent>{word}(?: {word})*|\d{{1,3}})%"),
        // printf.
        r"%(?<nth>\d{1,2})\$[-+0#]*\d*(?:\.\d+)?(?:ll|l|h)?[sdifugc@]|%(?<printf>[-+0#]*\d*(?:\.\d+)?(?:ll|l|h)?[sdifu@])\b|(?<objc>%@)".to_owned(),
        // RapidPro, and a name after a dollar.
        r"@(?:contact|fields|results|run|flow|parent|child|globals|urns)\.(?<rapidpro>\w+(?:\.\w+)*)".to_owned(),
        r"\$(?<dollar>[\p{L}_][\p{L}\p{M}\p{N}_]*)".to_owned(),
    ];
    Regex::new(&notations.join("|")).ok()
});

/// Signs of currencies that end with a dollar, without it.
const DOLLARS: [&str; 16] =
    ["R", "US", "A", "AU", "C", "CA", "NZ", "HK", "S", "MX", "NT", "CLP", "COP", "ARS", "AR", "TT"];

/// The meaning of a placeholder in a text.
enum Found<'t> {
    /// A slot, after the first bytes of the match, which are text.
    Named { name: &'t str, n_text: usize, is_computed: bool },
    /// A slot without a name: each is a value of its own.
    Nameless,
    /// The nth value.
    Nth(&'t str),
}

/// Reads a text with placeholders in any of these notations.
///
/// A label in capitals and brackets that the text begins with, as in `[ACME] Your code`, is its sender and no slot.
pub fn parse(builder: &mut ScenarioBuilder, text: &str) -> Text {
    let Some(pattern) = ANY.as_ref() else { return Text::plain(text) };
    let mut parsed = Text::default();
    let (mut at, mut n_nameless) = (0, 0);
    for found in pattern.captures_iter(text) {
        let (Some(whole), Some(what)) = (found.get(0), look(&found, text)) else { continue };
        let mut start = whole.start();
        let slot = match what {
            Found::Nth(name) => builder.slot(name),
            Found::Nameless => {
                n_nameless += 1;
                builder.slot(&format!("value {n_nameless}"))
            }
            Found::Named { name, n_text, is_computed } => {
                start += n_text;
                if is_computed {
                    builder.record_loss(Loss::ExpressionDropped, "text", whole.as_str().to_owned());
                }
                builder.slot(name)
            }
        };
        parsed.push_plain(&text[at..start]);
        parsed.push_slot(&slot);
        at = whole.end();
    }
    parsed.push_plain(&text[at..]);
    parsed
}

/// Whether a text holds a placeholder.
pub fn are_in(text: &str) -> bool {
    ANY.as_ref().is_some_and(|pattern| pattern.captures_iter(text).any(|it| look(&it, text).is_some()))
}

/// The placeholder that a match is at its place; none if it is text.
fn look<'t>(found: &Captures<'t>, text: &'t str) -> Option<Found<'t>> {
    let whole = found.get(0)?;
    let named = |group: &str| found.name(group).map(|it| it.as_str().trim());
    let (before, after) = (&text[..whole.start()], &text[whole.end()..]);
    let ends_with = |is: fn(char) -> bool| before.ends_with(is);
    let slot = |name| {
        let is_short = |name: &&str| name.chars().count() <= MAX_NAME;
        Some(name).filter(is_short).map(|name| Found::Named { name, n_text: 0, is_computed: false })
    };
    if let Some(name) = ["triple", "double", "erb", "mailchimp"].iter().find_map(|it| named(it)) {
        return expression(name);
    }
    if found.name("dlt").or(found.name("empty")).is_some() {
        return Some(Found::Nameless);
    }
    if found.name("printf").or(found.name("objc")).is_some() {
        // `100%d'accord` is a per cent sign.
        return (!ends_with(|it| it.is_ascii_digit())).then_some(Found::Nameless);
    }
    if let Some(n) = named("nth") {
        return Some(Found::Nth(n));
    }
    if let Some(name) = named("square") {
        return slot(name).filter(|_| !is_label(before, name, after));
    }
    if let Some(name) = named("angle").or_else(|| named("angle_word")) {
        return slot(name).filter(|_| !html::is_tag(name));
    }
    if let Some(name) = named("word") {
        return slot(name).filter(|_| is_merge_field(name, text));
    }
    if let Some(name) = named("shell") {
        // In `R${valor}`, and beside `{name}`, the dollar is a currency.
        let is_currency = follows_currency(before) || has_plain_braces(text);
        return Some(Found::Named { name, n_text: usize::from(is_currency), is_computed: false });
    }
    if let Some(name) = named("dollar").or_else(|| named("percent")).or_else(|| named("hash")) {
        return slot(name).filter(|_| !ends_with(char::is_alphanumeric));
    }
    if let Some(name) = named("rapidpro") {
        return slot(name.rsplit('.').next().unwrap_or(name)).filter(|_| !ends_with(char::is_alphanumeric));
    }
    let others = ["bang", "smarty", "brace", "squares", "angles", "percents", "hashes", "lines", "ats"];
    others.iter().find_map(|it| named(it)).and_then(slot)
}

/// A name, or a name and what is made of it: `name | upcase`, `name|default:"x"`.
fn expression(inside: &str) -> Option<Found<'_>> {
    let (name, rest) = inside.split_once(['|', '(']).unwrap_or((inside, ""));
    let name = name.trim();
    let is_keyword = ["else", "end", "if ", "for ", "endif", "endfor", "elsif", "unless "].iter().any(|it| {
        match it.strip_suffix(' ') {
            Some(word) => name.starts_with(it) || name == word,
            None => name == *it,
        }
    });
    (!name.is_empty() && !is_keyword).then_some(Found::Named { name, n_text: 0, is_computed: !rest.is_empty() })
}

/// Whether brackets name the sender, as in `[ACME] Your code`; `[NOM], votre commande` names a field.
fn is_label(before: &str, name: &str, after: &str) -> bool {
    let is_first = before.trim().is_empty() && !name.contains(char::is_lowercase);
    is_first && !after.starts_with(',') && !is_field(name)
}

fn is_field(name: &str) -> bool {
    let name = crate::table::normal(name);
    name.split(' ').any(|it| IS_FIELD.contains_key(it)) || name.chars().any(|it| it.is_ascii_digit())
}

/// Whether guillemets hold a field of Word, and no quotation.
///
/// A quotation in French has blanks within; those of Spanish, Italian, Portuguese and of Cyrillic texts have none.
fn is_merge_field(name: &str, text: &str) -> bool {
    let is_plain = !name.starts_with(' ') && !name.ends_with([' ', '\u{a0}']);
    let is_latin = name.chars().all(|it| !it.is_alphabetic() || it.is_ascii() || matches!(it, '\u{c0}'..='\u{24f}'));
    let is_code = name.contains('_')
        || name.chars().zip(name.chars().skip(1)).any(|it| it.0.is_lowercase() && it.1.is_uppercase());
    let quotes =
        || matches!(language::detect(text), Some("es" | "it" | "pt" | "nb" | "ru" | "uk" | "de" | "el" | "ca"));
    is_plain && (is_code || is_field(name) || (is_latin && !quotes()))
}

fn follows_currency(before: &str) -> bool {
    let word = before.rsplit(|it: char| !it.is_alphabetic()).next().unwrap_or_default();
    DOLLARS.contains(&word)
}

/// Whether the text has placeholders in braces without a dollar.
fn has_plain_braces(text: &str) -> bool {
    static PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|[^${])\{[\p{L}_]").ok());
    PLAIN.as_ref().is_some_and(|it| it.is_match(text))
}

/// A text whose slots are what a pattern finds, under the names that `name` gives; what it gives none stays text.
pub fn parse_with(
    builder: &mut ScenarioBuilder,
    text: &str,
    pattern: &Regex,
    name: impl Fn(&Captures<'_>) -> Option<String>,
) -> Text {
    let mut parsed = Text::default();
    let mut at = 0;
    for found in pattern.captures_iter(text) {
        let (Some(name), Some(whole)) = (name(&found), found.get(0)) else { continue };
        parsed.push_plain(&text[at..whole.start()]);
        parsed.push_slot(&builder.slot(&name));
        at = whole.end();
    }
    parsed.push_plain(&text[at..]);
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse(&mut ScenarioBuilder::default(), text).to_string()
    }

    #[test]
    fn slots_are_known_in_every_notation() {
        for text in [
            "[Nom]",
            "{Nom}",
            "{{Nom}}",
            "{{ Nom }}",
            "{{{Nom}}}",
            "%Nom%",
            "<Nom>",
            "$Nom",
            "##Nom##",
            "${Nom}",
            "[[Nom]]",
            "<<Nom>>",
            "%%Nom%%",
            "*|NOM|*",
            "«Nom»",
            "#Nom#",
            "__Nom__",
            "@@Nom@@",
            "{$Nom}",
            "{!Nom}",
            "<%= Nom %>",
            "@contact.nom",
            "@results.nom",
            "{{ Nom | upcase }}",
        ] {
            assert_eq!(
                read(&format!("Bonjour {text}, merci de votre visite.")),
                "Bonjour {{nom}}, merci de votre visite.",
                "{text}"
            );
        }
        assert_eq!(
            read("Dès {1} : [Prénom du client], $5 <b>gras</b>"),
            "Dès {{1}} : {{prenom_du_client}}, $5 <b>gras</b>"
        );
        assert_eq!(
            read("%first name%, order %order-no%, {n°}, [N° Série]"),
            "{{first_name}}, order {{order_no}}, {{n}}, {{n_serie}}"
        );
    }

    #[test]
    fn names_in_other_scripts_have_names_that_mean_something() {
        assert_eq!(
            read("مرحبا {الاسم}، طلبك رقم {رقم الطلب} جاهز في {تاريخ 2}"),
            "مرحبا {{name}}، طلبك رقم {{number_order}} جاهز في {{date_2}}"
        );
        assert_eq!(read("नमस्ते [नाम], राशि [राशि]"), "नमस्ते {{name}}, राशि {{amount}}");
        assert_eq!(read("Здравствуйте, [имя]! Заказ {номер заказа}"), "Здравствуйте, {{imya}}! Заказ {{nomer_zakaza}}");
        assert_eq!(read("尊敬的{姓名}，{日期}"), "尊敬的{{name}}，{{date}}");
    }

    #[test]
    fn slots_without_a_name_are_values_of_their_own() {
        assert_eq!(read("Hello %s, your order %s"), "Hello {{value_1}}, your order {{value_2}}");
        assert_eq!(read("Dear {#var#}, at {#var#}"), "Dear {{value_1}}, at {{value_2}}");
        assert_eq!(read("Hello %2$s, your order %1$s, %2$s"), "Hello {{2}}, your order {{1}}, {{2}}");
        assert_eq!(read("Hello %-10s, you owe %.2f"), "Hello {{value_1}}, you owe {{value_2}}");
        assert_eq!(read("Hello {}, order {}"), "Hello {{value_1}}, order {{value_2}}");
    }

    #[test]
    fn signs_of_currencies_and_of_ordinary_texts_are_text() {
        assert_eq!(read("R${{valor}}, R${valor}, US${amount}"), "R${{valor}}, R${{valor}}, US${{amount}}");
        assert_eq!(read("Hi {name}, you owe ${amount}"), "Hi {{name}}, you owe ${{amount}}");
        for text in [
            "50% de 100% et []",
            "100% of the deposit, use the #2 entrance, 20% discount, 100% d'accord",
            "[ACME] Your code",
            "Dites « oui » ou « non »",
            "Скидка в «Ромашке» до пятницы",
            "a < b and c > d, x_1 and y_2, 5$ or $5",
            "{% if betrag %}Der Betrag{% endif %}",
            "{{#if name}}Hello{{/if}}",
            "Follow #sale #promo",
            "Le ____ à ____",
        ] {
            assert_eq!(read(text), text);
        }
    }

    #[test]
    fn a_label_is_the_sender_and_a_field_is_a_slot() {
        assert_eq!(read("[ACME] Votre code : [CODE]"), "[ACME] Votre code : {{code}}");
        assert_eq!(read("[NOM], votre commande"), "{{nom}}, votre commande");
        assert_eq!(read("[CLIENT] votre commande"), "{{client}} votre commande");
    }
}
