//! Rules and sources for tests.

use jiff::Timestamp;
use model::{Channel, ContactKey, RowFindings, RunMark};
use phone::Region;

use crate::rules::Rules;
use crate::rules::date::{DateForm, DateOrder};
use crate::source::{Source, SourceDates};

/// Rules for two sources of SMS and one of Viber. The run started on 2026-11-28.
pub(crate) fn rules(region: &str) -> Rules {
    let started_at: Timestamp = "2026-11-28T10:00:00Z".parse().unwrap();
    let (dates_from, dates_until) = Rules::date_range(started_at);
    Rules {
        run: RunMark { id: "2026-11-28-spring".into(), started_at },
        dates_from,
        dates_until,
        words: Default::default(),
        consent: Default::default(),
        wordings: Default::default(),
        survivorship: Default::default(),
        key: ContactKey::from_hex(&"5a".repeat(32)).unwrap(),
        sources: vec![
            source("sms", Channel::Sms, 1, region),
            source("viber", Channel::Viber, 2, region),
            source("old", Channel::Sms, 1, region),
        ],
        attributes: ["first_name", "last_name", "city"].map(str::to_owned).into(),
        own_numbers: Default::default(),
        suppressed: Default::default(),
        decisions: Default::default(),
    }
}

fn source(name: &str, channel: Channel, priority: i32, region: &str) -> Source {
    let form = DateForm { order: Some(DateOrder::DayFirst), ..DateForm::default() };
    Source {
        name: name.into(),
        channel,
        priority,
        scope: name.into(),
        region: Region::from_code(region),
        has_region_codes: false,
        numbers: None,
        dates: SourceDates { last_at: form.clone(), first_at: form.clone(), consent_at: form.clone(), opt_out: form },
        attributes: vec![0, 1, 2],
        held: RowFindings::default(),
        wording: None,
    }
}
