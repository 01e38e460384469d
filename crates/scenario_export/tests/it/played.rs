//! An exported flow shows the same as WhatsApp's side. The interpreter of RapidPro is written from the documents of the
//! format and knows nothing of the export.

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Act, Input, Scenario, Script, Shown, SourceSide};
use scenario_export::{Exported, ExportedFlow};
use source_side::{SourceFile, SourceFlow};
use translate::{Compiled, FlowAct, Outgoing, Route, simulate_shown};

use crate::world::{exported, sets};

/// The interpreter, with the values of fields by the names of their slots.
struct Platform<'a> {
    flow: &'a SourceFlow,
    scenario: &'a Scenario,
    fields: &'a [(String, String)],
}

impl SourceSide for Platform<'_> {
    fn name(&self) -> &str {
        self.flow.name()
    }

    fn language(&self) -> &str {
        self.flow.language()
    }

    fn not_simulated(&self) -> &[String] {
        self.flow.not_simulated()
    }

    fn begins_by_itself(&self) -> bool {
        self.flow.begins_by_itself()
    }

    fn scripts(&self) -> Vec<Script> {
        let mut scripts = self.flow.scripts();
        for script in &mut scripts {
            for (key, slot) in self.fields {
                let named = script.slots.remove(&format!("fields.{key}")).or_else(|| script.slots.remove(key));
                script.slots.extend(named.map(|value| (slot.clone(), value)));
            }
        }
        scripts
    }

    fn play(&self, script: &Script) -> Vec<Shown> {
        let mut script = script.clone();
        for (key, slot) in self.fields {
            if let Some(value) = script.slots.get(slot).cloned() {
                script.slots.insert(format!("fields.{key}"), value);
            }
        }
        let mut shown = self.flow.play(&script);
        for line in shown.iter_mut().flat_map(|it| &mut it.lines) {
            for (key, slot) in self.fields {
                let example = self.scenario.slot(slot).and_then(|it| it.examples.first().cloned());
                *line = line.replace(&format!("‹fields.{key}›"), &example.unwrap_or(format!("‹{slot}›")));
            }
        }
        shown
    }
}

/// What is shown as one text, in the form of the platform: buttons with an address and descriptions of rows are lines
/// above the quick replies. WhatsApp itself writes the button of a code, and opens forms from templates.
fn text(shown: &[Shown], forms: &[String], pages: &[String]) -> String {
    let mut all = Vec::new();
    for shown in shown {
        let (mut lines, mut first_tap) = (Vec::new(), None);
        for line in &shown.lines {
            let button = line.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
            let above = match button.map(|it| (it, it.split_once(" → "), it.split_once(" – "))) {
                Some((_, Some((label, _)), _)) if forms.iter().any(|it| it == label) => continue,
                Some((_, Some(("Copy offer code", code)), _)) => code.to_owned(),
                Some((_, Some((label, url)), _)) => format!("{label}: {url}"),
                Some((_, None, Some((title, about)))) => {
                    first_tap.get_or_insert(lines.len());
                    lines.push(format!("[{title}]"));
                    format!("{title}: {about}")
                }
                Some((label, None, None)) if forms.iter().any(|it| it == label) => continue,
                Some(_) => {
                    first_tap.get_or_insert(lines.len());
                    lines.push(line.clone());
                    continue;
                }
                None => {
                    lines.push(line.clone());
                    continue;
                }
            };
            let at = first_tap.unwrap_or(lines.len());
            lines.insert(at, above);
            first_tap = first_tap.map(|it| it + 1);
        }
        // A page of a list repeats the text, and WhatsApp's side of the simulation leaves that out.
        all.extend(lines.into_iter().map(|line| {
            let page = pages.iter().find(|it| line.starts_with(it.as_str()));
            page.map_or(line.clone(), |it| line[it.len()..].to_owned())
        }));
    }
    all.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a flow goes on in another, which one scenario alone does not show.
fn goes_on(compiled: &Compiled) -> bool {
    compiled.flow.steps.iter().any(|it| match &it.act {
        FlowAct::Other(Act::Call(call)) => call.system.starts_with("scenario "),
        _ => false,
    })
}

/// The titles of buttons of templates that open forms or copy a code that proves an identity.
fn forms(compiled: &Compiled) -> Vec<String> {
    let buttons = compiled.templates.iter().flat_map(|it| it.buttons());
    let ours = buttons.filter(|it| it.is("FLOW") || it.is("OTP"));
    ours.map(|it| it.text.clone().unwrap_or_else(|| it.kind.clone())).collect()
}

/// The answers that only lead on: to the next page of a list, or to choices that a template has no room for. WhatsApp's
/// side of the simulation taps them by itself.
fn pages(compiled: &Compiled) -> Vec<&Route> {
    let sends = compiled.flow.steps.iter().filter_map(|it| match &it.act {
        FlowAct::Send(sends) => sends.awaits.as_ref(),
        FlowAct::Other(_) => None,
    });
    sends.flat_map(|it| &it.ways).filter(|it| it.is_ours && it.next.is_some()).collect()
}

/// The texts above the pages of lists.
fn page_texts(compiled: &Compiled) -> Vec<String> {
    let steps = compiled.flow.steps.iter().filter(|it| it.id != it.from);
    let sends = steps.filter_map(|it| match &it.act {
        FlowAct::Send(sends) if sends.awaits.is_some() => Some(&sends.sends),
        _ => None,
    });
    let bodies = sends.flatten().filter_map(|it| match it {
        Outgoing::Message(message) if !message.replies().is_empty() => Some(message.body()),
        _ => None,
    });
    bodies.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The script for WhatsApp's side, which has no such taps, and the one for the platform, which has all of them.
fn both(script: &Script, pages: &[&Route]) -> (Script, Script) {
    let is_page = |it: &Input| match it {
        Input::Say(text) | Input::Press(text) => pages.iter().any(|it| it.title.eq_ignore_ascii_case(text.trim())),
        _ => false,
    };
    // A customer who types does so on the first page.
    let is_typed_next = |n: usize| matches!(script.inputs.get(n + 1), Some(it @ Input::Say(_)) if !is_page(it));
    let mut platform = script.clone();
    let mut n = 0;
    platform.inputs.retain(|it| {
        n += 1;
        !is_page(it) || !is_typed_next(n - 1)
    });
    let inputs: Vec<Input> = script.inputs.iter().filter(|it| !is_page(it)).cloned().collect();
    let whatsapp = Script { inputs, ..script.clone() };
    let first = pages.iter().find(|it| it.id == "continue");
    if let Some(page) = first.filter(|_| !platform.inputs.first().is_none_or(is_page)) {
        platform.inputs.insert(0, Input::Press(page.title.clone()));
    }
    (whatsapp, platform)
}

#[derive(Debug, Default)]
struct Count {
    flows: usize,
    entered: usize,
    scripts: usize,
    equal: usize,
    by_rule: BTreeMap<String, usize>,
    unexplained: Vec<String>,
}

fn play(exported: &Exported, compiled: &[(&Scenario, Compiled)], name: &str, count: &mut Count) {
    let bytes = serde_json::to_vec(&exported.file).unwrap();
    let flows = source_side::open("rapidpro", &[SourceFile { path: "flows.json".to_owned(), bytes }]).unwrap();
    for ((scenario, compiled), report) in compiled.iter().zip(&exported.flows) {
        count.flows += 1;
        // A flow that only others enter is played as a part of them.
        let Some(flow) = flows.iter().find(|it| it.name() == report.name) else {
            count.entered += 1;
            continue;
        };
        let goes_on = goes_on(compiled);
        let (forms, pages, page_texts) = (forms(compiled), pages(compiled), page_texts(compiled));
        let platform = Platform { flow, scenario, fields: &exported.fields };
        for script in platform.scripts() {
            count.scripts += 1;
            let (ours, theirs) = both(&script, &pages);
            let n_pages = theirs.inputs.len() - ours.inputs.len();
            let played = simulate_shown(&[(scenario, compiled)], &platform, &ours);
            let text = |it: &[Shown]| text(it, &forms, &page_texts);
            let (ours, theirs) = (text(&played.whatsapp), text(&platform.play(&theirs)));
            let is_equal =
                ours == theirs || goes_on && theirs.starts_with(&ours) || n_pages > 0 && is_within(&ours, &theirs);
            let explained = explained(report, &played.whatsapp);
            if is_equal {
                count.equal += 1;
            } else if explained.is_empty() {
                count.unexplained.push(format!("{name} {} {:?}\n  W {ours}\n  P {theirs}", report.name, script));
            } else {
                *count.by_rule.entry(explained).or_default() += 1;
            }
        }
    }
}

/// Whether the words of a text are among those of the other, in their order: the other turned pages too.
fn is_within(ours: &str, theirs: &str) -> bool {
    let mut theirs = theirs.split_whitespace();
    ours.split_whitespace().all(|it| theirs.any(|other| other == it))
}

/// Losses of steps that show nothing.
const SILENT: [&str; 6] =
    ["export-pause", "export-call", "export-handover", "export-condition", "export-number", "export-pattern"];

/// The losses at the steps that are shown, and those of silent steps.
fn explained(report: &ExportedFlow, shown: &[Shown]) -> String {
    let is_at = |place: &str| shown.iter().any(|it| place == it.step || place.starts_with(&format!("{}__", it.step)));
    let rules =
        report.findings.iter().filter(|it| is_at(&it.place) || SILENT.contains(&it.rule.name)).map(|it| it.rule.name);
    rules.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("+")
}

#[test]
fn an_exported_flow_shows_what_whatsapp_shows() {
    let mut count = Count::default();
    for set in sets() {
        let compiled = set.compiled();
        play(&exported(&compiled), &compiled, &set.name, &mut count);
    }
    assert_eq!(count.unexplained, Vec::<String>::new());
    assert!(count.flows > 100 && count.equal * 100 > count.scripts * 95, "{count:?}");
}
