//! `review.html`: scenarios before the people who decide about them. Both sides of each scenario are chats that can be
//! tapped through, beside the texts, the findings and the decisions.
//!
//! [`html`] is the entry. The page loads no outside resources. Without its script it shows every step, one below the
//! other, as it does on paper.

mod changes;
mod input;
mod marks;
mod markup;
mod overview;
mod page;
mod sides;
mod texts;
mod values;
mod view;
mod words;

use askama::Template;

pub use input::{By, Decision, Review, Reviewed, ReviewedMessage, ReviewedTemplate};

use crate::page::Page;
use crate::words::ENGLISH;

/// The page. It fails only if the page cannot be put together, which is a mistake in this crate.
pub fn html(review: &Review<'_>) -> Result<String, askama::Error> {
    Page::of(review, &ENGLISH).render()
}
