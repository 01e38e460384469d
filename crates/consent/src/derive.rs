use model::{ConsentChannel, ConsentState, Statement};

use crate::counts::{DatedMeaning, Rule, TimeRange, counts};
use crate::meaning::Meaning;

/// The place of the statement that counts for messages; none if there is no statement about them.
///
/// For each messaging channel, its own statements and those about all channels decide. Then the strictest channel
/// counts, because a refusal on one carries over to the others. Statements about e-mail count for no other channel.
pub fn for_messages(rule: Rule, statements: &[Statement]) -> Option<usize> {
    // Most people have one statement or none.
    if let [only] = statements {
        return (only.channel != ConsentChannel::Email).then_some(0);
    }
    let of_channel = |channel| for_channel(rule, statements, channel);
    let places = ConsentChannel::MESSAGING.into_iter().filter_map(of_channel);
    places.max_by_key(|place| (statements[*place].state, statements[*place].at, std::cmp::Reverse(*place)))
}

/// The place of the statement that counts for WhatsApp. Consent to SMS, to Viber or to all channels is not consent to
/// WhatsApp; a refusal of all channels refuses WhatsApp too.
pub fn for_whatsapp(rule: Rule, statements: &[Statement]) -> Option<usize> {
    if statements.is_empty() {
        return None;
    }
    for_channel(rule, statements, ConsentChannel::Whatsapp)
}

fn for_channel(rule: Rule, statements: &[Statement], channel: ConsentChannel) -> Option<usize> {
    let is_about = |it: &Statement| {
        let is_yes_to_all = channel == ConsentChannel::Whatsapp && it.state == ConsentState::Yes;
        it.channel == channel || (it.channel == ConsentChannel::All && !is_yes_to_all)
    };
    let places: Vec<usize> = (0..statements.len()).filter(|it| is_about(&statements[*it])).collect();
    let meanings: Vec<DatedMeaning> = places.iter().map(|it| dated_meaning(&statements[*it])).collect();
    counts(rule, &meanings).map(|it| places[it])
}

fn dated_meaning(statement: &Statement) -> DatedMeaning {
    let when = statement.at.map(|it| TimeRange { start: it.from.as_microsecond(), end: it.until.as_microsecond() });
    let first_run_at = statement.first_run.started_at.as_microsecond();
    DatedMeaning { meaning: Meaning::of(statement.state), when, first_run_at }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{Basis, PURPOSE_MESSAGES, Personal, RunMark, SaidAt};

    use super::*;

    /// `sms stop 3`: channel, state, and the day on which it was said if it has one.
    fn statement(text: &str) -> Statement {
        let words: Vec<&str> = text.split(' ').collect();
        let day = words.get(2).map(|it| Timestamp::from_second(it.parse::<i64>().unwrap() * 86_400).unwrap());
        let run = RunMark { id: "2026-11-28-spring".into(), started_at: Timestamp::from_second(100 * 86_400).unwrap() };
        Statement {
            channel: ConsentChannel::from_name(words[0]).unwrap(),
            at: day.map(|it| SaidAt { from: it, until: it }),
            state: ConsentState::from_name(words[1]).unwrap(),
            basis: Basis::Cell,
            words: Personal(text.to_owned()),
            purpose: PURPOSE_MESSAGES.into(),
            row: "sms:1".into(),
            first_run: run.clone(),
            last_run: run,
        }
    }

    fn check(said: &str, messages: &str, whatsapp: &str) {
        let mut statements: Vec<Statement> = said.split(", ").filter(|it| !it.is_empty()).map(statement).collect();
        for _ in 0..2 {
            let state = |place: Option<usize>| place.map_or("nothing", |it| statements[it].state.name());
            let found = [
                state(for_messages(Rule::LatestStatement, &statements)),
                state(for_whatsapp(Rule::LatestStatement, &statements)),
            ];
            assert_eq!(found, [messages, whatsapp], "{said}");
            statements.reverse();
        }
    }

    #[test]
    fn a_refusal_carries_over_to_other_channels_and_a_consent_does_not() {
        check("", "nothing", "nothing");
        check("sms yes 1", "yes", "nothing");
        check("sms yes 1, viber stop 2", "stop", "nothing");
        check("sms stop 1, viber yes 2", "stop", "nothing");
        check("sms stop 1, sms yes 2", "yes", "nothing");
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
