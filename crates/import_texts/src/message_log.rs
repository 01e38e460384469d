//! Reads message logs: groups sent messages by the template that they came from.
//!
//! Numbers, dates, amounts and links become slots by their shape (`values`), names by the words before them (`names`).
//! Messages with most words in common then form a group (`cluster`), and a group a template with a slot wherever they
//! differ (`template`). The order of the rows does not matter.

mod align;
mod button;
mod cluster;
mod dates;
mod distinct;
mod names;
mod read;
mod template;
mod tokens;
mod values;
mod words;

use scenario::{Act, Loss, Message, Origin, Purpose, Scenario, Slot, Text, Trigger};

use cluster::groups;
use distinct::DistinctMessages;
use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of};
use import_base::{File, Format, ImportError, Imported, Options, Skipped};
use read::Log;
use template::{Part, Template, templates};
use values::ValueKind;

pub use names::caseless_names;

/// Limits the words of a text that is about its code and nothing else.
const MAX_CODE_WORDS: usize = 25;

/// Limits the texts of which it is found out whether they are alike.
const MAX_COMPARED: usize = 1000;

pub fn import(files: &[File], options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
    let mut log = Log::default();
    import_base::one_by_one(files, imported, |file, imported| log.read(file, options, imported))?;
    let file = files.first().map(|it| it.path.as_str()).unwrap_or_default();
    let (mut few, mut n_few, mut single, mut n_single) = (0, 0, 0, 0);
    for template in all_templates(&log.distinct) {
        match () {
            () if template.n_messages < options.min_messages => {
                few += 1;
                n_few += template.n_messages;
            }
            () if log.has_several_recipients && template.stats.has_one_recipient() => {
                single += 1;
                n_single += template.n_messages;
            }
            () => imported.scenarios.push(scenario(&template, file)),
        }
    }
    let mut skip = |place: &str, why| {
        imported.skipped.push(Skipped { file: file.to_owned(), place: place.to_owned(), why });
    };
    if few > 0 {
        skip("rare", format!("{n_few} messages of {few} kinds: each kind has fewer than {}", options.min_messages));
    }
    if single > 0 {
        let why = "each kind went to one phone number only, so its words may be about that person";
        skip("one recipient", format!("{n_single} messages of {single} kinds: {why}"));
    }
    Ok(())
}

/// The templates, most frequent first.
fn all_templates(distinct: &DistinctMessages) -> Vec<Template> {
    let (groups, numbers) = groups(distinct);
    let mut all: Vec<Template> = groups.into_iter().flat_map(|it| templates(it, &numbers)).collect();
    all.sort_by_cached_key(|it| (std::cmp::Reverse(it.n_messages), it.key()));
    all
}

/// Whether most of the texts differ in values only, so that they are messages and no templates.
pub fn are_alike<'t>(texts: impl Iterator<Item = &'t str>) -> bool {
    let mut distinct = DistinctMessages::new();
    let mut n_texts = 0u64;
    for text in texts.filter(|it| !it.trim().is_empty()).take(MAX_COMPARED) {
        // A template with a placeholder is like another in all but its words.
        if !import_base::placeholders::are_in(text) {
            read::add(&mut distinct, &read::Sent::text(text));
        }
        n_texts += 1;
    }
    let alike = all_templates(&distinct).into_iter().filter(|it| it.n_messages >= 3 && it.has_slots());
    let n_alike: u64 = alike.map(|it| it.n_messages).sum();
    n_alike * 2 > n_texts
}

/// Makes a scenario of a template. Values that may be personal data never become examples.
fn scenario(template: &Template, file: &str) -> Scenario {
    let mut builder = ScenarioBuilder::default();
    let mut text = Text::default();
    for part in &template.parts {
        match part {
            Part::Plain(plain) => text.push_plain(plain),
            Part::Slot { kind, values, longest } => {
                let wanted = builder.free_slot(kind.name());
                let examples = kind.examples(values);
                builder.slots.push(Slot { examples, longest: Some(*longest), ..Slot::named(&wanted) });
                text.push_slot(&wanted);
            }
        }
    }
    if let Some(taken) = &template.stats.opt_out {
        builder.record_loss(Loss::SmsOptOut, "text", format!("“{taken}”"));
    }
    let plain = text.fill(|_| "".into());
    let purpose = match is_about_a_code(template, &plain) {
        true => Purpose::Authentication,
        false => Purpose::Notification,
    };
    let button = template.stats.buttons.choice(template.n_messages, &mut builder);
    let choices = button.into_iter().collect();
    builder.push("text", Act::Message(Message { text, choices, ..Message::default() }));
    let origin = Origin {
        format: Format::MessageLog.name().to_owned(),
        file: file.to_owned(),
        place: None,
        n_messages: Some(template.n_messages),
        last_used: template.stats.last.map(dates::date_text),
    };
    let head = ScenarioHead {
        intent: &name_of(&plain),
        language: "",
        purpose,
        trigger: Trigger::Event { name: None },
        origin,
    };
    builder.finish(head, None)
}

/// Whether a text gives a code and little else. A code to fetch a parcel stands among other values.
fn is_about_a_code(template: &Template, plain: &str) -> bool {
    let mut kinds = template.parts.iter().filter_map(|it| match it {
        Part::Slot { kind, .. } => Some(*kind),
        Part::Plain(_) => None,
    });
    kinds.clone().any(|it| it == ValueKind::Secret)
        && kinds.all(|it| matches!(it, ValueKind::Secret | ValueKind::Name | ValueKind::Time | ValueKind::Number))
        && plain.split_whitespace().count() <= MAX_CODE_WORDS
}

#[cfg(test)]
mod tests;
