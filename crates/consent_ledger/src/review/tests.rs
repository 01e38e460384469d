use model::SaidAt;

use super::*;

const MARKETING: &str = "news@1";

fn run(id: &str, seconds: i64) -> RunMark {
    RunMark { id: id.into(), started_at: Timestamp::from_second(seconds).unwrap() }
}

fn unclear() -> UnclearStatement {
    let statement = Statement {
        channel: ConsentChannel::Sms,
        at: None,
        state: ConsentState::Unclear,
        basis: Basis::Cell,
        words: Personal("Peut-être".to_owned()),
        purpose: ConsentPurpose::Messages,
        row: "sms:12".into(),
        first_run: run("2026-11-28-spring", 1_000_000_000),
        record: None,
    };
    let holds = vec![
        (ConsentChannel::Sms, ConsentPurpose::Utility),
        (ConsentChannel::Sms, ConsentPurpose::Marketing),
        (ConsentChannel::Whatsapp, ConsentPurpose::Marketing),
    ];
    UnclearStatement { contact: ContactId([7; 16]), id: statement.id(), statement, holds, decisions: Vec::new() }
}

fn wordings() -> Wordings {
    [(WordingName::parse(MARKETING).unwrap(), vec![ConsentPurpose::Marketing])].into_iter().collect()
}

/// `yes sms news@1`: the state, and where it has them a channel and a wording.
fn decision(text: &str) -> Decision {
    let words: Vec<&str> = text.split(' ').collect();
    Decision {
        state: ConsentState::from_name(words[0]).unwrap(),
        by: "Ana".to_owned(),
        because: "she called and said so".to_owned(),
        channel: words.iter().find_map(|it| ConsentChannel::from_name(it)),
        wording: words.iter().find_map(|it| WordingName::parse(it)),
        is_again: words.contains(&"again"),
    }
}

#[test]
fn a_decision_is_a_statement_with_the_words_of_the_person_and_the_reason_of_the_reviewer() {
    let made = decide(&unclear(), &decision("no"), &wordings(), &run("review", 1_200_000_000), 1).unwrap();
    assert_eq!((made.state, made.basis, made.channel), (ConsentState::No, Basis::Review, ConsentChannel::Sms));
    assert_eq!(made.words.0, "Peut-être");
    let record = made.record.unwrap();
    assert_eq!(record.place.as_deref(), Some("Ana: she called and said so"));
    assert_eq!(record.proof.unwrap().reference, "2026-11-28-spring/sms:12");
    assert_eq!(made.at, None, "the answer has no date, so the decision has none");
    let day = SaidAt { from: Timestamp::UNIX_EPOCH, until: Timestamp::from_second(86_399).unwrap() };
    let dated = UnclearStatement { statement: Statement { at: Some(day), ..unclear().statement }, ..unclear() };
    let made = decide(&dated, &decision("no"), &wordings(), &run("review", 1_200_000_000), 1).unwrap();
    assert_eq!(made.at, Some(day));
}

#[test]
fn a_yes_needs_a_wording_that_is_known_and_names_the_purpose() {
    let check = |text: &str, unclear: &UnclearStatement| {
        decide(unclear, &decision(text), &wordings(), &run("review", 1_200_000_000), 1).map(|it| it.channel)
    };
    assert_eq!(check("yes", &unclear()), Err(Undecidable::YesWithoutWording));
    assert_eq!(check("yes news@2", &unclear()), Err(Undecidable::UnknownWording));
    assert_eq!(check("yes news@1", &unclear()), Ok(ConsentChannel::Sms));
    assert_eq!(check("yes viber news@1", &unclear()), Err(Undecidable::OtherChannel));
    assert_eq!(check("unclear", &unclear()), Err(Undecidable::State));
    let mut about_orders = unclear();
    about_orders.statement.purpose = ConsentPurpose::Utility;
    assert_eq!(check("yes news@1", &about_orders), Err(Undecidable::OtherPurpose));
}

#[test]
fn an_answer_by_sms_is_never_a_yes_to_whatsapp_and_can_be_a_refusal_there() {
    let check = |text: &str, channel: ConsentChannel| {
        let statement = Statement { channel, ..unclear().statement };
        let holds = ConsentChannel::MESSAGING.map(|it| (it, ConsentPurpose::Marketing)).to_vec();
        let unclear = UnclearStatement { statement, holds, ..unclear() };
        decide(&unclear, &decision(text), &wordings(), &run("review", 1_200_000_000), 1).map(|it| it.channel)
    };
    let refused = Err(Undecidable::YesOnOtherChannel);
    assert_eq!(check("yes whatsapp news@1", ConsentChannel::Sms), refused);
    assert_eq!(check("yes whatsapp news@1", ConsentChannel::All), refused);
    assert_eq!(check("yes sms news@1", ConsentChannel::Whatsapp), refused);
    assert_eq!(check("yes sms news@1", ConsentChannel::All), Ok(ConsentChannel::Sms));
    assert_eq!(check("no whatsapp", ConsentChannel::Sms), Ok(ConsentChannel::Whatsapp));
}

#[test]
fn a_decision_is_not_turned_by_another_unless_it_is_meant_and_a_refusal_never_becomes_a_yes() {
    let check = |before: &str, after: &str| {
        let decide = |unclear: &UnclearStatement, text: &str, id: &str| {
            decide(unclear, &decision(text), &wordings(), &run(id, 1_200_000_000), 1)
        };
        let decisions = vec![decide(&unclear(), before, "review-1").unwrap()];
        let first = decisions[0].id();
        decide(&UnclearStatement { decisions, ..unclear() }, after, "review-2").map(|it| it.id() == first)
    };
    assert_eq!(check("yes news@1", "yes news@1"), Ok(true));
    assert_eq!(check("no", "no"), Ok(true));
    assert_eq!(check("yes news@1", "no"), Err(Undecidable::Decided));
    assert_eq!(check("yes news@1", "no again"), Ok(false));
    assert_eq!(check("no", "yes news@1 again"), Err(Undecidable::Refused));
}

#[test]
fn a_decision_without_a_reason_or_a_name_is_not_taken() {
    let check = |decision: Decision| decide(&unclear(), &decision, &wordings(), &run("review", 1_200_000_000), 1);
    assert_eq!(check(Decision { because: " ".to_owned(), ..decision("no") }), Err(Undecidable::NoReason));
    assert_eq!(check(Decision { by: String::new(), ..decision("no") }), Err(Undecidable::NoPerson));
}

#[test]
fn a_list_that_was_written_is_read_back_with_its_decisions() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("review.csv");
    write_list(&file, &[unclear()], &Words::default(), None).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("the words are not understood,\"utility by sms; marketing by sms, whatsapp\","), "{text}");
    let none = Decision { by: String::new(), because: String::new(), ..decision("no") };
    let read = read_list(&file, &none).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].of, &read[0].decision), (Some((unclear().contact, unclear().id)), &None));
    std::fs::write(&file, text.replace(",,,,", ",yes,news@1,asked on the phone,Ana")).unwrap();
    let read = read_list(&file, &none).unwrap();
    let decided = read[0].decision.clone().unwrap().unwrap();
    assert_eq!((decided.state, decided.by.as_str()), (ConsentState::Yes, "Ana"));
    assert_eq!(decided.wording, WordingName::parse(MARKETING));
}
