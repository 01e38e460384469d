//! Forms in session messages.

use scenario::{Choice, Loss};
use template::MAX_BUTTON;

use super::text::title;
use super::{Compiler, SpokenStep};

impl Compiler<'_> {
    /// Takes the form of a message without answers. A message has one button that opens something.
    pub(super) fn form(&mut self, spoken: &mut SpokenStep<'_>) -> Option<(String, String, Option<String>)> {
        let choices = std::mem::take(&mut spoken.message.choices);
        let (forms, others): (Vec<Choice>, Vec<Choice>) =
            choices.into_iter().partition(|it| matches!(it, Choice::Form { .. }));
        let is_alone = others.is_empty() && !spoken.is_question;
        spoken.message.choices = others;
        let mut forms = forms.into_iter();
        let first = match forms.next() {
            Some(Choice::Form { title: label, flow, screen }) if is_alone => Some((label, flow, screen)),
            Some(other) => {
                self.record_loss(Loss::ButtonDropped, spoken.n, format!("“{}” opens a form", other.title()));
                None
            }
            None => None,
        };
        for other in forms {
            self.record_loss(Loss::ButtonDropped, spoken.n, format!("“{}” opens a form", other.title()));
        }
        let (label, flow, screen) = first?;
        let cut = title(&label, MAX_BUTTON, &[]);
        if cut != label {
            self.record_loss(Loss::LongTitle, spoken.n, format!("“{label}” is “{cut}”"));
        }
        Some((cut, flow, screen))
    }
}
