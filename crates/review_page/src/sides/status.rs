//! What people made of a text, in a few words.

use crate::input::{By, Decision, ReviewedMessage, ReviewedTemplate};
use crate::view::Badge;
use crate::words::{Words, fill};

pub(crate) fn of_template(it: &ReviewedTemplate<'_>, w: &Words) -> Vec<Badge> {
    badges(it.decision, it.edit, it.proposed.is_some(), w)
}

pub(crate) fn of_message(it: &ReviewedMessage<'_>, w: &Words) -> Vec<Badge> {
    badges(it.decision, it.edit, it.proposed.is_some(), w)
}

/// The badges of a text that nobody has looked at.
pub(crate) fn undecided(w: &Words) -> Vec<Badge> {
    badges(Decision::Undecided, None, false, w)
}

fn badges(decision: Decision<'_>, edit: Option<By<'_>>, is_proposed: bool, w: &Words) -> Vec<Badge> {
    let mut badges = vec![match decision {
        Decision::Approved(it) => by("approved", w.approved_by, it, w),
        Decision::Rejected(it) => by("rejected", w.rejected_by, it, w),
        Decision::Undecided => Badge { class: "undecided", text: w.undecided.to_owned() },
    }];
    badges.extend(edit.map(|it| by("edited", w.edited_by, it, w)));
    if is_proposed {
        badges.push(Badge { class: "proposed", text: w.proposal_waits.to_owned() });
    }
    badges
}

fn by(class: &'static str, words: &str, it: By<'_>, w: &Words) -> Badge {
    let text = match it.when {
        Some(when) => format!("{}, {}", fill(words, &[it.who]), w.day(when)),
        None => fill(words, &[it.who]),
    };
    Badge { class, text }
}
