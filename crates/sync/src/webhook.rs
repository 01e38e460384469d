//! From an event of a webhook to an observation.

use jiff::Timestamp;
use model::TemplateEvent;

use crate::known::Announcement;
use crate::observation::{CategorySeen, Observation, StatusSeen};

/// Returns what an event says of its template. `at` is the time of the event.
pub fn observed(event: &TemplateEvent, at: Timestamp) -> Observation {
    let status = event.status.clone().map(|status| StatusSeen {
        status,
        reason: event.reason.clone(),
        disable_at: event.disable_at,
        pause: event.pause.clone(),
    });
    let announced = event.announced_category.clone().map(|category| Announcement { category, at: event.announced_for });
    let category = event.category.clone().map(|category| CategorySeen { category, announced });
    Observation { status, quality: event.quality.clone(), category, ..Observation::at(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn event() -> TemplateEvent {
        TemplateEvent {
            id: "1689556908129832".into(),
            name: "order_confirmation".into(),
            language: "en_US".into(),
            status: None,
            reason: None,
            disable_at: None,
            pause: None,
            quality: None,
            category: None,
            announced_category: None,
            announced_for: None,
        }
    }

    #[test]
    fn a_status_comes_with_its_reason_its_pause_and_its_day_and_without_a_category() {
        let paused = TemplateEvent {
            status: Some("PAUSED".into()),
            reason: Some("Many people blocked it.".into()),
            disable_at: Timestamp::from_second(1_751_234_563).ok(),
            pause: Some("FIRST_PAUSE".into()),
            ..event()
        };
        let status = StatusSeen {
            status: "PAUSED".into(),
            reason: paused.reason.clone(),
            disable_at: paused.disable_at,
            pause: paused.pause.clone(),
        };
        assert_eq!(observed(&paused, AT), Observation { status: Some(status), ..Observation::at(AT) });
    }

    #[test]
    fn a_score_says_nothing_of_the_status() {
        let seen = observed(&TemplateEvent { quality: Some("YELLOW".into()), ..event() }, AT);
        assert_eq!(seen, Observation { quality: Some("YELLOW".into()), ..Observation::at(AT) });
    }

    #[test]
    fn a_category_is_announced_first_and_changed_then() {
        let at = Timestamp::from_second(1_760_711_433).ok();
        let announced = TemplateEvent {
            category: Some("UTILITY".into()),
            announced_category: Some("MARKETING".into()),
            announced_for: at,
            ..event()
        };
        let announcement = Announcement { category: "MARKETING".into(), at };
        assert_eq!(
            observed(&announced, AT).category,
            Some(CategorySeen { category: "UTILITY".into(), announced: Some(announcement) })
        );
        let done = TemplateEvent { category: Some("MARKETING".into()), ..event() };
        assert_eq!(observed(&done, AT).category, Some(CategorySeen { category: "MARKETING".into(), announced: None }));
    }
}
