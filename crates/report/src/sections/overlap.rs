//! Who is known by SMS, by Viber or by both.

use model::Segment;

use crate::facts::Facts;
use crate::pictures::Frame;
use crate::pictures::circles::{Circles, circles};
use crate::section::Section;
use crate::words::fill;

pub(crate) fn section(facts: &Facts) -> Section {
    let (words, w, channels) = (facts.words, &facts.words.overlap, facts.registrations.channels);
    let mut section = Section::new("overlap", w.heading);
    let sizes = [channels.sms_only, channels.both, channels.viber_only];
    let values = sizes.map(|it| words.number(it));
    let labels = [w.sms_only, w.both, w.viber_only].map(str::to_owned);
    let described = [0, 1, 2].map(|n| words.labelled(&labels[n], &values[n])).join("; ");
    section.text(fill(w.lead, &[&values[1]]));
    let frame = Frame { id: "channels", title: w.picture, description: described };
    section.picture = circles(&frame, &Circles { sizes, labels, values });
    let of = |name: &str| facts.cleaned.links.get(name).copied().unwrap_or(0);
    let links = [
        (of("linked_by_row"), w.linked_by_row),
        (of("linked_by_card"), w.linked_by_card),
        (of("unlinked"), w.unlinked),
        (of("ambiguous"), w.ambiguous),
    ];
    let links: Vec<String> =
        links.iter().filter(|it| it.0 > 0).map(|(n, text)| fill(text, &[&words.number(*n)])).collect();
    if !links.is_empty() {
        section.text(w.links);
        section.list(links);
    }
    if let Some(largest) = Segment::ALL.into_iter().max_by_key(|it| facts.people_in(*it)) {
        section.command(w.list, facts.commands.segment(largest.name()));
    }
    section
}
