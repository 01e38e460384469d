//! From rows to people.

use model::Segment;

use crate::facts::Facts;
use crate::pictures::Frame;
use crate::pictures::bars::{Bar, bars};
use crate::section::Section;
use crate::words::fill;

/// A step of the funnel: its name, what is left, and what was lost since the step before.
struct Step {
    name: &'static str,
    left: u64,
    lost: Vec<String>,
}

pub(crate) fn section(facts: &Facts) -> Section {
    let (words, w, counts) = (facts.words, &facts.words.funnel, facts.cleaned.counts);
    let mut section = Section::new("funnel", w.heading);
    section.picture = picture(facts);
    section.text(w.lead);
    let [rows, kept, merged, rejected, suppressed] = [
        (&w.row_finding, counts.rows_in),
        (&words.answer.people, counts.kept),
        (&w.merged, counts.merged),
        (&w.rejected, counts.rejected),
        (&w.suppressed, counts.suppressed),
    ]
    .map(|(counted, n)| words.counted(counted, n));
    section.text(fill(w.balance, &[&rows, &kept, &merged, &rejected, &suppressed]));
    section.command(w.proof, facts.commands.of_this_run("ferry audit"));
    let findings: Vec<String> = facts.cleaned.findings.iter().map(|(names, n)| finding(facts, names, *n)).collect();
    section.fold_lines(w.findings, findings);
    section
}

fn picture(facts: &Facts) -> String {
    let w = facts.words;
    let steps = steps(facts);
    let described: Vec<String> = steps.iter().map(|it| w.labelled(it.name, &w.number(it.left))).collect();
    let frame = Frame { id: "funnel-picture", title: w.funnel.picture, description: described.join("; ") };
    let bar = |it: &Step| {
        let lost = if it.lost.is_empty() { String::new() } else { format!("  (−{})", it.lost.join(", −")) };
        Bar { label: format!("{}{lost}", it.name), value: w.number(it.left), parts: vec![("accent", it.left)] }
    };
    bars(&frame, &[], &steps.iter().map(bar).collect::<Vec<_>>())
}

fn steps(facts: &Facts) -> Vec<Step> {
    let (w, counts) = (facts.words, facts.cleaned.counts);
    let lost = |all: &[(u64, &crate::words::Counted)]| -> Vec<String> {
        all.iter().filter(|it| it.0 > 0).map(|(n, words)| w.counted(words, *n)).collect()
    };
    let usable = counts.kept + counts.merged;
    let (people, allowed, ready) = (facts.people(), facts.allowed(), facts.people_in(Segment::Ready));
    let mut steps = vec![
        Step { name: w.funnel.rows, left: counts.rows_in, lost: Vec::new() },
        Step {
            name: w.funnel.usable,
            left: usable,
            lost: lost(&[(counts.rejected, &w.funnel.rejected), (counts.suppressed, &w.funnel.suppressed)]),
        },
        Step { name: w.funnel.people, left: counts.kept, lost: lost(&[(counts.merged, &w.funnel.merged)]) },
    ];
    if people != counts.kept {
        steps.push(Step { name: w.funnel.database, left: people, lost: Vec::new() });
    }
    steps.push(Step {
        name: w.funnel.allowed,
        left: allowed,
        lost: lost(&[(people - allowed, &w.funnel.not_allowed)]),
    });
    if facts.is_verified() {
        let not_ready = lost(&[(allowed - ready, &w.funnel.not_on_whatsapp)]);
        steps.push(Step { name: w.funnel.on_whatsapp, left: ready, lost: not_ready });
        let consented = facts.registrations.ready_with_consent;
        steps.push(Step { name: w.funnel.consented, left: consented, lost: Vec::new() });
    }
    steps
}

/// A finding about rows that were kept, which can be several at once.
fn finding(facts: &Facts, names: &str, n: u64) -> String {
    let w = &facts.words.finding;
    let of_name = |name| match name {
        "extension_dropped" => w.extension_dropped,
        "decimals_dropped" => w.decimals_dropped,
        "region_unknown" => w.region_unknown,
        "date_unreadable" => w.date_unreadable,
        "consent_unknown" => w.consent_unknown,
        "name_repaired" => w.name_repaired,
        "trunk_zero_missing" => w.trunk_zero_missing,
        "card_not_asked_for" => w.card_not_asked_for,
        "old_spelling_rewritten" => w.old_spelling_rewritten,
        "date_out_of_range" => w.date_out_of_range,
        "language_unreadable" => w.language_unreadable,
        "email_unreadable" => w.email_unreadable,
        "long_cell_dropped" => w.long_cell_dropped,
        "name_garbled" => w.name_garbled,
        other => other,
    };
    let named: Vec<&str> = names.split(' ').map(of_name).collect();
    facts.words.labelled(&facts.words.counted(&facts.words.funnel.row_finding, n), &named.join(", "))
}
