//! Prints what was read out of files, for the tests of the importers.

use std::fmt::Write;

use scenario::{Act, Choice, Goal, Scenario, Step, Trigger};

use crate::{File, Format, Options, import};

/// The scenarios, losses and skipped parts of the files; or the error.
pub fn shown(format: Format, files: &[(&str, &str)]) -> String {
    let files = files.iter().map(|(path, text)| File { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() });
    let options = Options { format: Some(format), ..Options::default() };
    let imported = match import(files.collect(), &options) {
        Ok(imported) => imported,
        Err(error) => return format!("error: {error}\n"),
    };
    let mut text: String = imported.scenarios.iter().map(scenario).collect();
    for skipped in &imported.skipped {
        let _ = writeln!(text, "skipped {} {}: {}", skipped.file, skipped.place, skipped.why);
    }
    text
}

fn scenario(scenario: &Scenario) -> String {
    let begins = match &scenario.trigger {
        Trigger::Message { phrases } if phrases.is_empty() => "any text".to_owned(),
        Trigger::Message { phrases } => phrases.join(" | "),
        Trigger::Event { name } => format!("event {}", name.as_deref().unwrap_or_default()),
        Trigger::Campaign => "campaign".to_owned(),
    };
    let mut text = format!("{} ({}) on: {begins}\n", scenario.id, scenario.language);
    for step in &scenario.steps {
        let mark = if step.id == scenario.start { "▸" } else { " " };
        let _ = writeln!(text, "{mark} {}", line(step));
    }
    for lost in &scenario.losses {
        let _ = writeln!(text, "  {} {}: {}", lost.loss.rule().name, lost.place, lost.what);
    }
    text
}

fn line(step: &Step) -> String {
    let mut line = format!("{}: ", step.id);
    match &step.act {
        Act::Message(it) => {
            line += &it.media.as_ref().map_or(String::new(), |it| format!("({} {}) ", it.kind.name(), it.url));
            line += &it.text.to_string().replace('\n', " / ");
            line += &choices(&it.choices);
            for card in &it.cards {
                let media = card.media.as_ref().map_or(String::new(), |it| format!("({} {}) ", it.kind.name(), it.url));
                let body = card.body().to_string().replace('\n', " / ");
                line += &format!(" <{media}{body}{}>", choices(&card.choices));
            }
            line += &it.then.iter().map(|it| format!(" then ({} {})", it.kind.name(), it.url)).collect::<String>();
            line += &it.slot.as_ref().map_or(String::new(), |it| format!(" (as {it})"));
            line += &goal(&it.next);
        }
        Act::Question(it) => line += &format!("{} (as {}){}", it.text, it.slot, goal(&it.next)),
        Act::Listen(it) => line += &format!("waits for an answer (as {}){}", it.slot, goal(&it.next)),
        Act::Find(it) => line += &format!("finds {} in {}{}", it.slot, it.within, goal(&it.next)),
        Act::Condition(it) => {
            for branch in &it.branches {
                line += &format!("{} {}{}; ", branch.slot, branch.words(), goal(&branch.next));
            }
            line += &format!("else{}", goal(&it.otherwise));
        }
        Act::Set { slot, value, next } => line += &format!("{slot} = {value}{}", goal(next)),
        Act::Call(it) => line += &format!("calls {}{}", it.system, goal(&it.next)),
        Act::Wait { seconds, next } => line += &format!("waits {seconds} s{}", goal(next)),
        Act::Handover(it) => line += &format!("{} to a person{}", it.text, goal(&it.next)),
    }
    line
}

fn choices(choices: &[Choice]) -> String {
    let shown = choices.iter().map(|choice| {
        let more = match choice {
            Choice::Link { url, .. } => format!(" ↗ {url}"),
            Choice::Phone { number, .. } => format!(" ☎ {number}"),
            Choice::Reply { value: Some(value), next, .. } => format!(" = {value}{}", goal(next)),
            choice => choice.next().map(goal).unwrap_or_default(),
        };
        format!(" [{}{more}]", choice.title())
    });
    shown.collect()
}

fn goal(goal: &Goal) -> String {
    goal.as_ref().map_or(String::new(), |it| format!(" → {it}"))
}
