//! Profiles on small exports as their providers document them: the person and the consent of each row.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::sync::LazyLock;

use extract::{ColumnSample, ExtractError, Profile, Settings, detect, guess_columns, looks_like_opt_outs, probe, read};
use proptest::prelude::*;

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| Profile::built_in().unwrap());

/// The best profile of a file, if one matches, and its rows as `phone or Viber id|consent|date`. An international number
/// without plus sign is shown with one.
fn rows(file: &str, text: &str) -> (Option<String>, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(file);
    fs::write(&path, text).unwrap();
    let probed = probe(std::slice::from_ref(&path), &Settings::of_profiles(&PROFILES)).unwrap();
    let fits = detect(&PROFILES, &probed.columns, probed.records_key());
    let Some(fit) = fits.first().filter(|it| it.is_complete()) else { return (None, Vec::new()) };
    let layout = fit.profile.layout(&path, &probed.columns).unwrap();
    let mut rows = Vec::new();
    read(&probed, |row| -> Result<(), ExtractError> {
        let cells = row.cells.unwrap();
        rows.push(match layout.contact(|it| cells.get(it)) {
            Ok(raw) => {
                let plus = if raw.is_international && !raw.phone.starts_with('+') { "+" } else { "" };
                let who = if raw.phone.is_empty() { raw.viber_id.to_owned() } else { format!("{plus}{}", raw.phone) };
                let said = match raw.event {
                    Some(event) if event.is_implied => format!("implied, {}", raw.message),
                    Some(event) => event.state.name().to_owned(),
                    None if raw.consents.is_empty() => raw.message.to_owned(),
                    None => raw.consents.join(" "),
                };
                format!("{who}|{said}|{}", raw.last_at)
            }
            Err(reason) => reason.code().to_owned(),
        });
        Ok(())
    })
    .unwrap();
    (Some(fit.profile.name.clone()), rows)
}

fn expect(file: &str, text: &str, profile: &str, expected: &[&str]) {
    let (name, rows) = rows(file, text);
    assert_eq!(name.as_deref(), Some(profile), "{text}");
    assert_eq!(rows, expected, "{text}");
}

#[test]
fn the_person_of_a_telnyx_opt_out_is_the_receiving_number() {
    let page = r#"{"data":[{"from":"+12025550100","to":"+33199000001","messaging_profile_id":"p","keyword":"STOP","created_at":"2026-03-03 09:14:07.638231"}],"meta":{"total_results":1}}"#;
    expect("optouts.json", page, "telnyx-opt-outs", &["+33199000001|stop|2026-03-03 09:14:07.638231"]);
}

#[test]
fn a_sinch_consent_list_is_known_without_the_name_of_its_list() {
    let page = r#"{"identities":[{"identity":"33199000002"},{"identity":"+12025550103"}],"next_page_token":""}"#;
    expect("list.json", page, "sinch-opt-outs", &["+33199000002|stop|", "+12025550103|stop|"]);
    // Other tables with a column of identities are not from Sinch.
    assert_eq!(rows("list.csv", "identity\n33199000002\n").0, None);
}

#[test]
fn a_sinch_consent_that_names_its_list_is_a_refusal_whichever_list_it_is() {
    let page = r#"{"identities":[{"identity":"33199000002","list":"OPT_OUT_MARKETING"},{"identity":"12025550103","list":"OPT_OUT_ALL"}],"next_page_token":""}"#;
    expect("pages.json", page, "sinch-consents", &["+33199000002|stop|", "+12025550103|stop|"]);
}

#[test]
fn a_sinch_contact_has_a_row_for_each_of_its_channels() {
    let page = r#"{"contacts":[{"id":"01A","display_name":"Awa","channel_identities":[{"channel":"SMS","identity":"33199000001"},{"channel":"VIBERBM","identity":"33199000001"},{"channel":"MESSENGER","identity":"7746490198930851"}]}],"next_page_token":""}"#;
    expect("pages.json", page, "sinch-contacts", &["+33199000001||", "+33199000001||", "E_OTHER_CHANNEL"]);
}

#[test]
fn a_telnyx_message_that_was_blocked_by_a_stop_is_an_opt_out_of_its_recipient() {
    let record = |cli: &str, cld: &str, direction: &str, errors: &str| {
        format!(
            r#"{{"record_type":"message_detail_record","uuid":"u{cld}","cli":"{cli}","cld":"{cld}","direction":"{direction}","status":"x","errors":{errors},"created_at":"2026-03-03T09:14:07Z"}}"#
        )
    };
    let records = [
        record("+33199009999", "+33199000001", "outbound", r#"["40300"]"#),
        record("+33199009999", "+33199000002", "outbound", "[]"),
        record("+33199000003", "+33199009999", "inbound", "null"),
    ];
    let page = format!(r#"{{"data":[{}],"meta":{{"total_results":3}}}}"#, records.join(","));
    let expected = [
        "+33199000001|stop|2026-03-03T09:14:07Z",
        "+33199000002||2026-03-03T09:14:07Z",
        "+33199000003||2026-03-03T09:14:07Z",
    ];
    expect("records.json", &page, "telnyx-messages", &expected);
}

#[test]
fn a_bird_contact_whose_identifiers_were_asked_for_is_not_read_twice() {
    // As providers::bird keeps its pages, one after another.
    let pages = [
        r#"{"results":[{"id":"b1","computedDisplayName":"Awa","createdAt":"2025-06-01T10:00:00.123Z","featuredIdentifiers":[{"key":"phonenumber","value":"+33199000001"}]}],"asked":[{"id":"b2","computedDisplayName":"Ben","createdAt":"2025-06-01T10:00:00.123Z","featuredIdentifiers":[{"key":"emailaddress","value":"ben@example.com"}],"identifierCount":3}],"nextPageToken":"p2"}"#,
        r#"{"results":[{"id":"b2","computedDisplayName":"Ben","createdAt":"2025-06-01T10:00:00.123Z","featuredIdentifiers":[{"key":"phonenumber","value":"+33199000002"}]},{"id":"b2","computedDisplayName":"Ben","createdAt":"2025-06-01T10:00:00.123Z","featuredIdentifiers":[{"key":"phonenumber","value":"+33199000003"}]}]}"#,
    ];
    let expected = ["+33199000001||", "+33199000002||", "+33199000003||"];
    expect("pages.json", &pages.join("\n"), "bird-contacts", &expected);
}

#[test]
fn opening_a_viber_conversation_is_neither_consent_nor_refusal() {
    let line =
        |event: &str, rest: &str| format!("{{\"event\":\"{event}\",\"timestamp\":1,\"message_token\":1,{rest}}}\n");
    for (event, rest, consent) in [
        ("conversation_started", r#""subscribed":false,"user":{"id":"A=="}"#, ""),
        ("conversation_started", r#""subscribed":true,"user":{"id":"A=="}"#, ""),
        ("subscribed", r#""user":{"id":"A=="}"#, "yes"),
        ("unsubscribed", r#""user_id":"A==""#, "stop"),
        // Viber subscribes everybody who writes to a bot, without an event of its own.
        ("message", r#""sender":{"id":"A=="},"message":{"type":"text","text":"Bonjour"}"#, "implied, Bonjour"),
        ("message", r#""sender":{"id":"A=="},"message":{"type":"text","text":"STOP"}"#, "implied, STOP"),
        ("delivered", r#""user_id":"A==""#, ""),
    ] {
        expect("hooks.ndjson", &line(event, rest), "viber-webhooks", &[&format!("A==|{consent}|1")]);
    }
}

#[test]
fn numbers_of_a_twilio_log_have_their_country_code_with_or_without_the_plus_sign() {
    let csv = "From,To,Body,Status,SentDate,Direction,Sid\n\
        33199009999,12025550101,Promo,delivered,d,outbound-api,SM1\n\
        919876543210,33199009999,STOP,received,d,inbound,SM2\n";
    expect("log.csv", csv, "twilio-messages", &["+12025550101||d", "+919876543210|STOP|d"]);
}

#[test]
fn a_number_on_a_viber_contact_card_has_its_country_code() {
    let line = r#"{"event":"message","timestamp":1,"message_token":1,"sender":{"id":"A==","country":"DE"},"message":{"type":"contact","contact":{"phone_number":"33199000002"}}}"#;
    assert_eq!(rows("hooks.ndjson", line).0.as_deref(), Some("viber-webhooks"));
    assert!(PROFILES.iter().any(|it| it.name == "viber-webhooks" && it.is_international));
}

#[test]
fn an_ordinary_list_of_contacts_is_not_taken_for_an_export_of_a_provider() {
    for header in [
        // National numbers would be read as international ones.
        "First Name,Last Name,Phone,Email,Created At",
        // Opt-outs in the status would be read as statuses of messages.
        "MSISDN,Name,Status",
        "MSISDN,First name,Email,Status",
    ] {
        let row = vec!["x"; header.split(',').count()].join(",");
        assert_eq!(rows("list.csv", &format!("{header}\n{row}\n")).0, None, "{header}");
    }
}

/// Names of columns: known names in any spelling, and random text.
fn column() -> impl Strategy<Value = String> {
    let contacts = PROFILES.iter().find(|it| it.name == "contacts").unwrap();
    let known = contacts.columns.values().chain(contacts.guess.values()).flat_map(|it| it.iter().map(str::to_owned));
    let known = prop::sample::select(known.collect::<Vec<String>>());
    let spelled = (known, 0..6).prop_map(|(name, spelling)| match spelling {
        0 => name.to_uppercase(),
        1 => name.replace(' ', "_"),
        2 => format!("{name} (x)"),
        3 => format!("{name} 2"),
        4 => format!("{name}*"),
        _ => name,
    });
    prop_oneof![6 => spelled, 1 => any::<String>(), 1 => "[*#() ]{0,3}"]
}

fn sample() -> impl Strategy<Value = ColumnSample> {
    (0_u64..4, 0_u64..4, 0_u64..4, 0_u64..4, 0_u64..4, 0_u64..4, 0_u64..4, 0_u64..4).prop_map(|it| ColumnSample {
        n_filled: it.0,
        n_phones: it.1,
        n_emails: it.2,
        n_dates: it.3,
        n_consent_known: it.4,
        n_consent_distinct: it.5,
        n_national: it.6,
        n_written_national: it.7,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_guess_names_columns_that_are_there_once_each_and_that_a_plan_finds(
        columns in prop::collection::vec(column(), 0..12),
        samples in prop::collection::vec(sample(), 0..12),
    ) {
            let contacts = PROFILES.iter().find(|it| it.name == "contacts").unwrap();
        let guessed = guess_columns(contacts, &columns, &samples);
        let mut named: Vec<&str> = guessed.columns.values().flat_map(|it| it.iter()).collect();
        for name in &named {
            prop_assert_eq!(columns.iter().filter(|it| it == name).count(), 1);
            prop_assert!(!guessed.left_out.iter().any(|it| it.0 == *name), "{} is left out too", name);
        }
        let n_named = named.len();
        named.sort_unstable();
        named.dedup();
        prop_assert_eq!(named.len(), n_named);
        let is_anybody = ["phone", "viber_id", "external_id"].iter().any(|it| guessed.columns.contains_key(*it));
        if is_anybody {
            let layout = Profile::of_columns(guessed.columns.clone()).layout("x".as_ref(), &columns);
            prop_assert_eq!(layout.err().map(|it| it.to_string()), None);
        }
        looks_like_opt_outs(&detect(&PROFILES, &columns, None), &columns, columns.first().map_or("", String::as_str));
    }
}
