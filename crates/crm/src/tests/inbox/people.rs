//! Who is behind the ids that events name, one after another.

use model::{Event, EventContent, IdentityTelling, IdentityTold, PersonIds};

use super::examples::{ANA, BEN, SCOPED, also, body, event, inbox, message};
use super::said::ledger;
use crate::check::{RUN, check, id_of};
use crate::{Crm, Inbox};

const STOPPED: &str = "messages stop message STOP";

/// What happens to Ana, one after another.
enum Step {
    /// Her number is imported.
    Import,
    /// One body brings messages: key, whether it names her number, whether it names her user id, and the text.
    Body(&'static [(&'static str, bool, bool, &'static str)]),
}

use Step::{Body, Import};

const STORIES: [(&str, &[Step]); 8] = [
    (
        "loaded, both ids, then a STOP by the user id",
        &[Import, Body(&[("a", true, true, "hello")]), Body(&[("b", false, true, "STOP")])],
    ),
    (
        "loaded, a STOP by the user id, then both ids",
        &[Import, Body(&[("a", false, true, "STOP")]), Body(&[("b", true, true, "hello")])],
    ),
    (
        "a STOP by the user id, both ids, then loaded",
        &[Body(&[("a", false, true, "STOP")]), Body(&[("b", true, true, "hello")]), Import],
    ),
    (
        "a hello by the user id, a STOP with both ids, then loaded",
        &[Body(&[("a", false, true, "hello")]), Body(&[("b", true, true, "STOP")]), Import],
    ),
    (
        "a hello by the user id, both ids, a STOP by the number, then loaded",
        &[
            Body(&[("a", false, true, "hello")]),
            Body(&[("b", true, true, "hello")]),
            Body(&[("c", true, false, "STOP")]),
            Import,
        ],
    ),
    (
        "loaded, both ids and a STOP by the user id in one body",
        &[Import, Body(&[("a", true, true, "hello"), ("b", false, true, "STOP")])],
    ),
    (
        "loaded, a STOP by the user id and both ids in one body",
        &[Import, Body(&[("a", false, true, "STOP"), ("b", true, true, "hello")])],
    ),
    (
        "both ids and a STOP by the user id in one body, then loaded",
        &[Body(&[("a", true, true, "hello"), ("b", false, true, "STOP")]), Import],
    ),
];

async fn tell(inbox: &Inbox, crm: &Crm, step: &Step) {
    let Body(messages) = step else {
        crm.import(RUN, "+33199000001 name=Ana").await;
        return;
    };
    let events = messages.iter().map(|(key, has_number, has_id, text)| match (has_number, has_id) {
        (true, true) => also(message(key, ANA, text), SCOPED),
        (true, false) => message(key, ANA, text),
        (false, _) => message(key, SCOPED, text),
    });
    inbox.store(vec![body(events)]).await.unwrap();
}

#[test]
fn a_stop_counts_for_whoever_the_platform_says_it_is_in_any_order() {
    for (name, steps) in &STORIES {
        check(async |place| {
            let (inbox, crm) = (inbox(place.open().await), place.open().await);
            for step in *steps {
                tell(&inbox, &crm, step).await;
            }
            let said = ledger(&crm, id_of(ANA)).await;
            assert!(said.lines().any(|it| it == STOPPED), "{name}: {said}");
            let people = crm.texts("select cast(count(distinct contact_id) as text) from event_view").await;
            assert_eq!(people, "1", "{name}");
        });
    }
}

const NEW_ID: &str = "FR.2";

/// The platform tells that Ana has another number, that of Ben, or another user id.
fn changed(key: &str, change: IdentityTelling) -> Event {
    let ids = |wa_id: &str, user_id: &str| PersonIds {
        wa_id: (!wa_id.is_empty()).then(|| wa_id.to_owned().into()),
        user_id: (!user_id.is_empty()).then(|| user_id.to_owned().into()),
        ..PersonIds::default()
    };
    let (before, person) = match change {
        IdentityTelling::NumberChanged => (ids("33199000001", ""), ids("33199000002", "")),
        _ => (ids("", SCOPED), ids("", NEW_ID)),
    };
    event(key, EventContent::Identity(IdentityTold { change, person, before }))
}

#[test]
fn a_stop_counts_before_and_after_a_change_that_is_told_at_any_time() {
    use IdentityTelling::{NumberChanged, UserIdChanged};
    let hello = || also(message("hello", ANA, "hello"), SCOPED);
    // What comes in, and the number that is imported before and after it.
    let stories: [(&str, Vec<Event>, &str, &str); 6] = [
        (
            "the new number stops after the change",
            vec![changed("c", NumberChanged), message("s", BEN, "STOP")],
            "",
            BEN,
        ),
        (
            "the old number stops before the change",
            vec![message("s", ANA, "STOP"), changed("c", NumberChanged)],
            "",
            BEN,
        ),
        (
            "the new number stops before the change",
            vec![message("s", BEN, "STOP"), changed("c", NumberChanged)],
            ANA,
            ANA,
        ),
        (
            "a stop by the old user id comes late",
            vec![hello(), changed("c", UserIdChanged), message("s", SCOPED, "STOP")],
            ANA,
            ANA,
        ),
        (
            "the change comes before all that names the old user id",
            vec![changed("c", UserIdChanged), message("s", NEW_ID, "STOP"), hello()],
            "",
            ANA,
        ),
        (
            "the stop comes before the change and before the number",
            vec![message("s", NEW_ID, "STOP"), changed("c", UserIdChanged), hello()],
            "",
            ANA,
        ),
    ];
    for (name, events, before, after) in &stories {
        check(async |place| {
            let (inbox, crm) = (inbox(place.open().await), place.open().await);
            if !before.is_empty() {
                crm.import(RUN, &format!("{before} name=Ana")).await;
            }
            for event in events {
                inbox.store(vec![body([event.clone()])]).await.unwrap();
            }
            if before.is_empty() {
                crm.import(RUN, &format!("{after} name=Ana")).await;
            }
            let said = ledger(&crm, id_of(after)).await;
            assert!(said.lines().any(|it| it == STOPPED), "{name}: {said}");
        });
    }
}
