use model::{ConsentRecord, Personal, Proof, RunMark, SaidAt};

use super::*;

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn key() -> ContactKey {
    ContactKey::from_hex(KEY).unwrap()
}

/// `whatsapp yes 1 news@1`: channel, state, day, and a wording.
fn entry(text: &str) -> LedgerEntry {
    let words: Vec<&str> = text.split(' ').collect();
    let at = Timestamp::from_second(words[2].parse::<i64>().unwrap() * 86_400 + 1_700_000_000).unwrap();
    let wording = words.get(3).map(|it| WordingName::parse(it).unwrap());
    let proof = Proof { kind: ProofKind::Form, reference: "F-1".to_owned(), digest: Some("ab".repeat(32)) };
    let record = ConsentRecord {
        wording,
        place: Some("https://x.example".to_owned()),
        proof: Some(proof),
        identity: None,
        foreign_id: None,
    };
    let statement = Statement {
        channel: ConsentChannel::from_name(words[0]).unwrap(),
        at: Some(SaidAt { from: at, until: at }),
        state: ConsentState::from_name(words[1]).unwrap(),
        basis: Basis::Record,
        words: Personal(words[1].to_owned()),
        purpose: ConsentPurpose::Messages,
        row: "optins:2".into(),
        first_run: RunMark { id: "consent-1".into(), started_at: at },
        record: Some(Box::new(record)),
    };
    LedgerEntry { id: statement.id(), statement, is_retracted: false }
}

fn wordings() -> Vec<Wording> {
    vec![Wording {
        name: WordingName::parse("news@1").unwrap(),
        language: "en".to_owned(),
        text: "Yes, send me news.".to_owned(),
        purposes: vec![ConsentPurpose::Marketing],
    }]
}

/// The receipt for marketing on WhatsApp, where the statement of this number decides.
fn proven(said: &str, deciding: Option<usize>) -> Result<Receipt, NoConsent> {
    let ledger: Vec<LedgerEntry> = said.split(", ").filter(|it| !it.is_empty()).map(entry).collect();
    let wordings = wordings();
    let proven = Proven {
        contact: ContactId([7; 16]),
        channel: ConsentChannel::Whatsapp,
        purpose: ConsentPurpose::Marketing,
        ledger: &ledger,
        wordings: &wordings,
        business_name: Some("Optique Exemple"),
        business_contact: None,
        at: Timestamp::from_second(1_800_000_000).unwrap(),
        tool: "ferry",
    };
    let now = deciding.map(|place| ConsentNow {
        channel: ConsentChannel::Whatsapp,
        purpose: ConsentPurpose::Marketing,
        state: ledger[place].statement.state,
        statement_id: ledger[place].id,
        said_from: None,
    });
    prove(&proven, now.as_slice(), &key())
}

#[test]
fn a_receipt_names_what_was_told_how_it_was_given_and_what_is_not_known() {
    let receipt = proven("whatsapp yes 1 news@1, sms no 0", Some(0)).unwrap();
    let purpose = &receipt.pii_processing.purposes[0];
    assert_eq!(receipt.pii_processing.privacy_notice.as_ref().unwrap().text, "Yes, send me news.");
    assert_eq!((purpose.purpose.as_str(), purpose.service.as_str()), ("marketing", "whatsapp"));
    assert_eq!(purpose.collection_method, "form at https://x.example");
    assert_eq!(receipt.party_identification[0].party_name.as_deref(), Some("Optique Exemple"));
    assert!(receipt.not_stated.contains(&"retention_period".to_owned()), "{receipt:?}");
    let events: Vec<&str> = receipt.events.iter().map(|it| it.event_state.as_str()).collect();
    assert_eq!(events, ["given", "refused"]);
    assert_eq!(receipt.events.iter().filter(|it| it.counts).count(), 1);
}

#[test]
fn an_unclear_answer_is_no_consent_a_first_refusal_withdraws_nothing_and_no_reviewer_is_named() {
    let said = "sms unclear 0, sms no 1, whatsapp yes 2 news@1, sms stop 3, whatsapp yes 4 news@1";
    let receipt = proven(said, Some(4)).unwrap();
    let events: Vec<String> =
        receipt.events.iter().map(|it| format!("{}: {}", it.event_type, it.event_state)).collect();
    assert_eq!(
        events,
        [
            "consent unknown: unknown",
            "consent refused: refused",
            "expressed consent: given",
            "consent withdrawn: withdrawn",
            "expressed consent: given"
        ]
    );
    let mut decided = entry("whatsapp yes 2 news@1");
    decided.statement.basis = Basis::Review;
    decided.statement.record.as_mut().unwrap().place = Some("Ana: rang".to_owned());
    let of_review = event(&decided, true, false);
    assert_eq!((of_review.entity_id.as_str(), &of_review.evidence.place), (CONTROLLER, &None));
    assert!(!collection_method(&decided.statement).contains("Ana"));
    let is_party = |id: &str| receipt.party_identification.iter().any(|it| it.party_id == id);
    assert!(receipt.events.iter().all(|it| is_party(&it.entity_id)));
    assert!(is_party(&receipt.pii_processing.purposes[0].pii_controllers[0]) && !is_party(PLATFORM));
}

#[test]
fn a_receipt_of_which_any_value_was_changed_is_not_genuine() {
    let receipt = proven("whatsapp yes 1 news@1", Some(0)).unwrap();
    let text = serde_json::to_string_pretty(&receipt).unwrap();
    let read = |text: &str| serde_json::from_str::<Receipt>(text);
    assert_eq!(read(&text).unwrap().check(&key()), Checked::Genuine);
    let mut n_read = 0;
    for (place, byte) in text.bytes().enumerate().filter(|it| it.1.is_ascii_digit() || it.1 == b'e') {
        let other = if byte == b'e' {
            "a"
        } else if byte == b'9' {
            "8"
        } else {
            "9"
        };
        let changed = format!("{}{other}{}", &text[..place], &text[place + 1..]);
        // Other bytes are of names, and a receipt with another name is not read.
        if let Ok(changed) = read(&changed) {
            n_read += 1;
            assert_ne!(changed.check(&key()), Checked::Genuine, "{place}");
        }
    }
    assert!(n_read > 100, "{n_read}");
    let other = ContactKey::from_hex(&"11".repeat(32)).unwrap();
    assert_eq!(read(&text).unwrap().check(&other), Checked::OtherKey);
}

#[test]
fn without_a_consent_that_counts_the_reason_is_told() {
    let state = |said: &str, deciding| match proven(said, deciding).unwrap_err() {
        NoConsent::NothingSaid => "nothing".to_owned(),
        NoConsent::CoversNothing(said) => format!("covers nothing: {}", said.state.name()),
        NoConsent::Refused { statement, is_withdrawn } => format!("{} {is_withdrawn}", statement.state.name()),
    };
    assert_eq!(state("", None), "nothing");
    assert_eq!(state("sms yes 1", None), "nothing");
    assert_eq!(state("whatsapp yes 1", None), "covers nothing: yes");
    assert_eq!(state("whatsapp yes 1 news@1, sms stop 2", Some(1)), "stop true");
    assert_eq!(state("sms stop 2", Some(0)), "stop false");
    assert_eq!(state("whatsapp unclear 2", Some(0)), "unclear false");
}
