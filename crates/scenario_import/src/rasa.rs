//! Bots of Rasa: the domain, what users say, rules and stories, in YAML.
//!
//! Stories that begin with the same intent become one scenario, as a tree: where they part, an intent is a choice.

mod bot;
mod build;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Purpose, Trigger};
use serde_json::Value;

use crate::scenario_builder::{ScenarioHead, origin};
use crate::{File, Format, ImportError, Imported, Skipped};
use bot::{Bot, StoryEvent, read};
use build::StoryBuilder;
use tree::{StoryNode, insert};

pub(crate) fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    let mut bot = Bot::default();
    for file in files.iter().filter(|it| it.path.ends_with(".yml") || it.path.ends_with(".yaml")) {
        let text = String::from_utf8_lossy(&file.bytes);
        // Yes and No are titles of buttons, as they are in YAML 1.2.
        let options = serde_saphyr::options! { strict_booleans: true };
        let value: Value = serde_saphyr::from_str_with_options(&text, options)
            .map_err(|it| ImportError::shape(file, "YAML of Rasa", it))?;
        read(&mut bot, &value, &file.path, imported);
    }
    let (roots, continuations) = trees(&bot);
    let mut used = BTreeSet::new();
    for (intent, (file, root)) in &roots {
        let mut builder = StoryBuilder::new(&bot, &roots, &continuations);
        let start = builder.story(intent, root);
        used.append(&mut builder.used);
        let scenario = builder.scenario;
        let phrases = bot.phrases.get(*intent).cloned().unwrap_or_default();
        let head = ScenarioHead {
            intent,
            language: "",
            purpose: Purpose::Conversation,
            trigger: Trigger::Message { phrases },
            origin: origin(Format::Rasa, file, *intent),
        };
        match start {
            Some(start) => imported.scenarios.push(scenario.finish(head, Some(&start))),
            None => imported.skipped.push(Skipped {
                file: (*file).to_owned(),
                place: (*intent).to_owned(),
                why: "no message or action follows it".to_owned(),
            }),
        }
    }
    for action in continuations.keys().filter(|it| !used.contains(**it)) {
        let file = files.first().map(|it| it.path.clone()).unwrap_or_default();
        let why = "it does not begin with an intent, and no story leads to it".to_owned();
        imported.skipped.push(Skipped { file, place: (*action).to_owned(), why });
    }
    Ok(())
}

/// The story trees by their first intent, each with the file of its first story.
type Roots<'a> = BTreeMap<&'a str, (&'a str, StoryNode)>;

/// The trees of stories that begin with an intent, and of those that begin with an action.
fn trees(bot: &Bot) -> (Roots<'_>, BTreeMap<&str, StoryNode>) {
    let mut roots = Roots::new();
    // Stories that begin with what the bot does say how it goes on after that.
    let mut continuations: BTreeMap<&str, StoryNode> = BTreeMap::new();
    for (file, _, events) in &bot.stories {
        match events.first() {
            Some(StoryEvent::Intent(first)) => {
                insert(&mut roots.entry(first).or_insert_with(|| (file, StoryNode::default())).1, &events[1..]);
            }
            // A form is named twice: when it starts and when it runs.
            Some(StoryEvent::Action(first)) => {
                let n_same = events.iter().take_while(|it| **it == events[0]).count();
                insert(continuations.entry(first).or_default(), &events[n_same..]);
            }
            None => {}
        }
    }
    (roots, continuations)
}
