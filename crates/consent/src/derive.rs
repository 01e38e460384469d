use std::cmp::Reverse;

use model::{Basis, ConsentChannel, ConsentPurpose, ConsentState, Statement};

use crate::Wordings;
use crate::counts::{DatedMeaning, Rule, TimeRange, counts};
use crate::meaning::Meaning;

/// The day on which WhatsApp was founded, 2009-02-24, in microseconds since 1970. Nobody consented to it before.
pub const WHATSAPP_BEGAN: i64 = 1_235_433_600_000_000;

/// How a statement bears on a channel and purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bearing {
    /// Not at all.
    None,
    Counts,
    /// A block by the platform itself, which nothing else lifts.
    Blocks,
}

/// The place of the statement that counts for messages in general; none if there is no statement about them.
///
/// For each messaging channel, its own statements and those about all channels decide, whatever their purpose. Then the
/// strictest channel counts, because a refusal on one carries over to the others. Statements about e-mail count for no
/// other channel. A thread that the person began is no consent to messages, nor is the end of a block.
pub fn for_messages(rule: Rule, statements: &[Statement]) -> Option<usize> {
    // Most people have one statement or none.
    if let [only] = statements {
        return is_about_messages(only).then_some(0);
    }
    let blocks = Blocks::of(statements);
    let of_channel = |channel| {
        deciding(rule, statements, |place, it| {
            let is_own = it.channel == channel || it.channel == ConsentChannel::All;
            match it.basis {
                Basis::Platform if is_own && blocks.of_any_purpose(place) => Bearing::Blocks,
                Basis::Platform => Bearing::None,
                _ if is_settled(statements, it) => Bearing::None,
                _ if is_about_messages(it) && is_own && !is_yes_to_all_on(channel, it) => Bearing::Counts,
                _ => Bearing::None,
            }
        })
    };
    let places = ConsentChannel::MESSAGING.into_iter().filter_map(of_channel);
    places.max_by_key(|place| (statements[*place].state, statements[*place].at, Reverse(statements[*place].id())))
}

/// The place of the statement that counts for marketing on WhatsApp, as people said it: a consent without a wording is
/// taken at its word. What may be sent is [`for_purpose`].
pub fn for_whatsapp(rule: Rule, wordings: &Wordings, statements: &[Statement]) -> Option<usize> {
    let covers = |it: &Statement| it.wording().is_none_or(|wording| wordings.names(wording, ConsentPurpose::Marketing));
    decided(rule, statements, (ConsentChannel::Whatsapp, ConsentPurpose::Marketing), covers)
}

/// The place of the statement that counts for a purpose on a channel; none if there is no statement about it.
///
/// A consent covers exactly the purposes that its wording names; on WhatsApp, one without a wording or without the date on
/// which it was given covers none. A refusal covers its purpose, or all if it names none. Consent to SMS, to Viber or to all channels is no consent to WhatsApp. A
/// refusal of marketing on any messaging channel refuses it on all, and a later consent lifts that on its own channel.
pub fn for_purpose(
    rule: Rule,
    wordings: &Wordings,
    statements: &[Statement],
    channel: ConsentChannel,
    purpose: ConsentPurpose,
) -> Option<usize> {
    let is_whatsapp = channel == ConsentChannel::Whatsapp;
    let covers = |it: &Statement| {
        let is_dated = it.at.is_some_and(|at| at.from.as_microsecond() >= WHATSAPP_BEGAN);
        let is_named = it.wording().map_or(!is_whatsapp, |wording| wordings.names(wording, purpose));
        is_named && (is_dated || !is_whatsapp)
    };
    decided(rule, statements, (channel, purpose), covers)
}

/// The statement that decides for a channel and purpose. `covers` says whether the wording of a consent names the purpose.
fn decided(
    rule: Rule,
    statements: &[Statement],
    (channel, purpose): (ConsentChannel, ConsentPurpose),
    covers: impl Fn(&Statement) -> bool,
) -> Option<usize> {
    if statements.is_empty() {
        return None;
    }
    let blocks = Blocks::of(statements);
    deciding(rule, statements, |place, it| {
        let is_own = it.channel == channel || it.channel == ConsentChannel::All;
        let is_heard = is_own || (purpose == ConsentPurpose::Marketing && it.channel != ConsentChannel::Email);
        let counts = match it.basis {
            Basis::Platform if is_own && blocks.of_purpose(place, purpose) => return Bearing::Blocks,
            Basis::Platform => is_heard && blocks.of_purpose(place, purpose),
            _ if is_settled(statements, it) => false,
            _ if it.state != ConsentState::Yes => is_heard && it.purpose.includes(purpose),
            _ if !is_own || is_yes_to_all_on(channel, it) => false,
            Basis::Inbound => purpose == ConsentPurpose::Conversation,
            _ => it.purpose.includes(purpose) && covers(it),
        };
        if counts { Bearing::Counts } else { Bearing::None }
    })
}

fn is_about_messages(it: &Statement) -> bool {
    let is_no_consent = it.state == ConsentState::Yes && matches!(it.basis, Basis::Inbound | Basis::Platform);
    it.channel != ConsentChannel::Email && !is_no_consent
}

/// Whether a decision stands for an unclear answer, which is not heard then.
fn is_settled(statements: &[Statement], it: &Statement) -> bool {
    it.state == ConsentState::Unclear
        && it.basis != Basis::Review
        && statements.iter().any(|decision| decision.channel == it.channel && decision.decides(it))
}

/// A yes to all channels is no yes to WhatsApp.
fn is_yes_to_all_on(channel: ConsentChannel, it: &Statement) -> bool {
    channel == ConsentChannel::Whatsapp && it.channel == ConsentChannel::All && it.state == ConsentState::Yes
}

fn deciding(rule: Rule, statements: &[Statement], bears: impl Fn(usize, &Statement) -> Bearing) -> Option<usize> {
    let mut places = Vec::new();
    let mut meanings = Vec::new();
    for (place, statement) in statements.iter().enumerate() {
        let bearing = bears(place, statement);
        if bearing != Bearing::None {
            places.push(place);
            meanings.push(dated_meaning(statement, bearing == Bearing::Blocks, statements.len() > 1));
        }
    }
    counts(rule, &meanings).map(|it| places[it])
}

fn dated_meaning(statement: &Statement, is_block: bool, has_others: bool) -> DatedMeaning {
    let when = statement.at.map(|it| TimeRange { start: it.from.as_microsecond(), end: it.until.as_microsecond() });
    let first_run_at = statement.first_run.started_at.as_microsecond();
    let id = if has_others { statement.id() } else { 0 };
    DatedMeaning { meaning: Meaning::of(statement.state), when, first_run_at, is_block, id }
}

/// The blocks by platforms that are in force: for each channel and purpose, the last that its platform said.
struct Blocks(Vec<(usize, ConsentPurpose)>);

impl Blocks {
    fn of(statements: &[Statement]) -> Self {
        if statements.iter().all(|it| it.basis != Basis::Platform) {
            return Self(Vec::new());
        }
        let last = |channel, purpose| {
            let said = statements
                .iter()
                .enumerate()
                .filter(|(_, it)| it.basis == Basis::Platform && it.channel == channel && it.purpose.includes(purpose));
            let last = said.max_by_key(|(_, it)| (it.at.map(|at| at.from), it.id()))?;
            (last.1.state == ConsentState::Stop).then_some((last.0, purpose))
        };
        let of_channel = |channel| ConsentPurpose::OF_MESSAGES.into_iter().filter_map(move |it| last(channel, it));
        Self(ConsentChannel::ALL.into_iter().filter(|it| *it != ConsentChannel::Email).flat_map(of_channel).collect())
    }

    fn of_purpose(&self, place: usize, purpose: ConsentPurpose) -> bool {
        self.0.contains(&(place, purpose))
    }

    fn of_any_purpose(&self, place: usize) -> bool {
        self.0.iter().any(|it| it.0 == place)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{ConsentRecord, Personal, RunMark, SaidAt, WordingName};

    use super::*;

    /// 2025-12-31, counted from 1970. The days of statements count from here.
    const FIRST_DAY: i64 = 20_453;

    /// `sms stop 3 marketing wording=web@1 basis=inbound`: channel, state, and where it has them the day on which it was said,
    /// its purpose, wording and basis.
    fn statement(text: &str) -> Statement {
        let words: Vec<&str> = text.split(' ').collect();
        let value = |name: &str| words.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        let day = words.iter().find_map(|it| it.parse::<i64>().ok());
        let day = day.map(|it| Timestamp::from_second((FIRST_DAY + it) * 86_400).unwrap());
        let run = RunMark {
            id: "2026-11-28-spring".into(),
            started_at: Timestamp::from_second((FIRST_DAY + 100) * 86_400).unwrap(),
        };
        let wording = value("wording").map(|it| WordingName::parse(it).unwrap());
        Statement {
            channel: ConsentChannel::from_name(words[0]).unwrap(),
            at: day.map(|it| SaidAt { from: it, until: it }),
            state: ConsentState::from_name(words[1]).unwrap(),
            basis: value("basis").map_or(Basis::Cell, |it| Basis::from_name(it).unwrap()),
            words: Personal(text.to_owned()),
            purpose: words[2..].iter().find_map(|it| ConsentPurpose::from_name(it)).unwrap_or_default(),
            row: "sms:1".into(),
            first_run: run,
            record: wording.map(|it| Box::new(ConsentRecord { wording: Some(it), ..ConsentRecord::default() })),
        }
    }

    fn wordings() -> Wordings {
        let name = |it| WordingName::parse(it).unwrap();
        [(name("web@1"), vec![ConsentPurpose::Marketing]), (name("web@2"), vec![ConsentPurpose::Utility])]
            .into_iter()
            .collect()
    }

    /// Calls `each` with the statements in both orders.
    fn both_orders(said: &str, each: impl Fn(&[Statement])) {
        let mut statements: Vec<Statement> = said.split(", ").filter(|it| !it.is_empty()).map(statement).collect();
        each(&statements);
        statements.reverse();
        each(&statements);
    }

    fn state(statements: &[Statement], place: Option<usize>) -> &'static str {
        place.map_or("nothing", |it| statements[it].state.name())
    }

    fn check(said: &str, messages: &str, whatsapp: &str) {
        both_orders(said, |statements| {
            let found = [
                state(statements, for_messages(Rule::LatestStatement, statements)),
                state(statements, for_whatsapp(Rule::LatestStatement, &wordings(), statements)),
            ];
            assert_eq!(found, [messages, whatsapp], "{said}");
        });
    }

    /// `whatsapp marketing` is the channel and the purpose.
    fn check_purpose(said: &str, target: &str, expected: &str) {
        let (channel, purpose) = target.split_once(' ').unwrap();
        let channel = ConsentChannel::from_name(channel).unwrap();
        let purpose = ConsentPurpose::from_name(purpose).unwrap();
        both_orders(said, |statements| {
            let place = for_purpose(Rule::LatestStatement, &wordings(), statements, channel, purpose);
            assert_eq!(state(statements, place), expected, "{said} for {target}");
        });
    }

    #[test]
    fn a_consent_covers_exactly_the_purposes_of_its_wording() {
        check_purpose("whatsapp yes 1 wording=web@1", "whatsapp marketing", "yes");
        check_purpose("whatsapp yes 1 wording=web@1", "whatsapp utility", "nothing");
        check_purpose("whatsapp yes 1 wording=web@2", "whatsapp marketing", "nothing");
        check_purpose("whatsapp yes 1 marketing wording=web@2", "whatsapp marketing", "nothing");
        check_purpose("whatsapp yes 1 wording=web@3", "whatsapp marketing", "nothing");
        check_purpose("whatsapp yes 1", "whatsapp marketing", "nothing");
        check_purpose("sms yes 1", "sms marketing", "yes");
        check_purpose("sms yes 1 wording=web@2", "sms marketing", "nothing");
        check("whatsapp yes 1 wording=web@2", "yes", "nothing");
    }

    #[test]
    fn a_yes_to_whatsapp_needs_the_date_on_which_it_was_given() {
        const YES: &str = "whatsapp yes wording=web@1";
        check_purpose(YES, "whatsapp marketing", "nothing");
        check_purpose("whatsapp yes -10000 wording=web@1", "whatsapp marketing", "nothing"); // 1998
        check_purpose("sms yes", "sms marketing", "yes");
        check_purpose(&format!("{YES}, sms stop 2"), "whatsapp marketing", "stop");
        check_purpose(&format!("{YES} basis=inbound"), "whatsapp conversation", "yes");
        check(YES, "yes", "yes");
    }

    #[test]
    fn a_refusal_of_marketing_on_any_channel_ends_it_on_all_and_a_later_yes_reopens_its_own() {
        const WHATSAPP: &str = "whatsapp marketing";
        check_purpose("whatsapp yes 1 wording=web@1, sms stop 2", WHATSAPP, "stop");
        check_purpose("whatsapp yes 1 wording=web@1, sms stop 2 utility", WHATSAPP, "yes");
        check_purpose("whatsapp yes 3 wording=web@1, sms stop 2", WHATSAPP, "yes");
        check_purpose("whatsapp yes 3 wording=web@1, sms stop 2", "viber marketing", "stop");
        check_purpose("whatsapp yes 1 wording=web@1, sms stop 2, sms yes 3", WHATSAPP, "stop");
        check_purpose("whatsapp yes 1 wording=web@1, sms stop 2, sms yes 3", "sms marketing", "yes");
        check_purpose("whatsapp yes 1 wording=web@2, sms stop 2", "whatsapp utility", "yes");
        check_purpose("whatsapp yes 1 wording=web@1, email stop 2", WHATSAPP, "yes");
        check_purpose("whatsapp yes 1 wording=web@1, viber unclear 2", WHATSAPP, "unclear");
    }

    #[test]
    fn a_decision_stands_for_the_answers_that_it_is_about_and_for_no_others() {
        let decided = |answer: &str, decision: &str, target: &str, expected: &str| {
            let said =
                [answer, decision].map(|it| Statement { words: Personal("perhaps".to_owned()), ..statement(it) });
            let (channel, purpose) = target.split_once(' ').unwrap();
            let (channel, purpose) =
                (ConsentChannel::from_name(channel).unwrap(), ConsentPurpose::from_name(purpose).unwrap());
            let place = for_purpose(Rule::LatestStatement, &wordings(), &said, channel, purpose);
            assert_eq!(state(&said, place), expected, "{answer}, {decision}");
        };
        decided("sms unclear 1", "sms yes 1 basis=review", "sms marketing", "yes");
        decided("sms unclear", "sms yes basis=review", "sms marketing", "yes");
        decided("sms unclear 1", "sms yes 1 basis=review", "whatsapp marketing", "nothing");
        decided("sms unclear 1", "sms no 1 basis=review", "whatsapp marketing", "no");
        decided("sms unclear 2", "sms yes 1 basis=review", "sms marketing", "unclear");
        decided("sms unclear 1", "viber yes 1 basis=review", "sms marketing", "unclear");
        decided("sms unclear 1", "sms yes 1 marketing basis=review", "sms utility", "unclear");
        decided("sms unclear 1", "sms yes 1", "sms marketing", "unclear");
    }

    #[test]
    fn a_thread_that_the_person_began_grants_conversation_only() {
        for purpose in ConsentPurpose::OF_MESSAGES {
            let expected = if purpose == ConsentPurpose::Conversation { "yes" } else { "nothing" };
            check_purpose("whatsapp yes 1 basis=inbound", &format!("whatsapp {}", purpose.name()), expected);
        }
        check("whatsapp yes 1 basis=inbound", "nothing", "nothing");
    }

    #[test]
    fn a_block_of_the_platform_and_the_word_of_the_person_live_apart() {
        const YES: &str = "whatsapp yes 5 wording=web@1";
        let block = "whatsapp stop 3 marketing basis=platform";
        check_purpose(&format!("{YES}, {block}"), "whatsapp marketing", "stop");
        check_purpose(&format!("{YES}, {block}, whatsapp yes 4 basis=platform"), "whatsapp marketing", "yes");
        check_purpose(&format!("{YES}, {block}, whatsapp yes 4 utility basis=platform"), "whatsapp marketing", "stop");
        check_purpose(&format!("{block}, whatsapp yes 4 basis=platform"), "whatsapp marketing", "nothing");
        check_purpose(&format!("sms stop 3, {block}, whatsapp yes 4 basis=platform"), "whatsapp marketing", "stop");
        check_purpose(&format!("sms yes 2, {block}"), "sms marketing", "stop");
        check_purpose(&format!("sms yes 4, {block}"), "sms marketing", "yes");
        check_purpose(&format!("whatsapp yes 1 wording=web@2, {block}"), "whatsapp utility", "yes");
    }

    #[test]
    fn a_refusal_carries_over_to_other_channels_and_a_consent_does_not() {
        check("", "nothing", "nothing");
        check("sms yes 1", "yes", "nothing");
        check("sms yes 1, viber stop 2", "stop", "stop");
        check("sms stop 1, viber yes 2", "stop", "stop");
        check("sms stop 1, sms yes 2", "yes", "stop");
        check("whatsapp yes 1", "yes", "yes");
        check("sms stop 1, whatsapp yes 2", "stop", "yes");
    }

    #[test]
    fn a_yes_to_email_counts_for_nothing_else_and_a_no_to_all_refuses_all() {
        check("email yes 9", "nothing", "nothing");
        check("email no 9, sms yes 1", "yes", "nothing");
        check("all no 9, sms yes 1", "no", "no");
        check("all no 9, whatsapp yes 1", "no", "no");
        check("all yes 9", "yes", "nothing");
        check("all no 1, sms yes 2", "no", "no");
    }
}
