//! Who keeps which statements when a merge is undone, and what an export of the ledger has of merged contacts.

use jiff::Timestamp;
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, ContactId, Personal, SaidAt, Statement,
};

use crate::check::{Place, RUN, check, id_of, statement};
use crate::{Crm, LedgerEntry, LoadError};

const ANA: &str = "+33199000001";
const BEN: &str = "+33199000002";
const CY: &str = "+33199000003";

/// A statement about WhatsApp that an import records.
fn said(state: &str, words: &str) -> Statement {
    let at: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    Statement {
        channel: ConsentChannel::Sms,
        purpose: ConsentPurpose::Messages,
        basis: Basis::Record,
        state: ConsentState::from_name(state).unwrap(),
        at: Some(SaidAt { from: at, until: at }),
        words: Personal(words.to_owned()),
        first_run: model::RunMark { id: "consent".into(), started_at: at },
        ..statement(words)
    }
}

fn by(identity: &str, said: Statement) -> Statement {
    let identity = Some(Personal(identity.to_owned()));
    Statement { record: Some(Box::new(ConsentRecord { identity, ..ConsentRecord::default() })), ..said }
}

async fn merged(place: &Place) -> Crm {
    let crm = place.open().await;
    crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben viber=b1 row=sms:2\n{CY} name=Cy row=sms:3")).await;
    crm.merge(id_of(ANA), id_of(BEN)).await.unwrap().unwrap();
    crm
}

/// The words and states that each contact holds.
async fn held(crm: &Crm, number: &str) -> String {
    let entries = crm.ledger_of(id_of(number)).await.unwrap();
    let mut told: Vec<String> = entries
        .iter()
        .filter(|it| !it.is_retracted)
        .map(|it| format!("{} {}", it.statement.words.0, it.statement.state.name()))
        .collect();
    told.sort();
    told.join(", ")
}

#[test]
fn a_yes_stays_with_the_contact_whose_identity_said_it_and_a_refusal_with_both() {
    check(async |place| {
        let crm = merged(place).await;
        let [ana, ben] = [ANA, BEN].map(id_of);
        let all = [
            (ana, said("yes", "yes-of-ana")),
            (ben, said("yes", "yes-of-ben")),
            (ana, by("viber:bot:b1", said("yes", "yes-of-bens-viber"))),
            (ana, by("wa_id::33199000002", said("yes", "yes-of-bens-whatsapp"))),
            (ana, by("viber:bot:z1", said("yes", "yes-of-nobody"))),
            (ana, said("stop", "stop-of-ana")),
            (ben, said("stop", "stop-of-ben")),
            (ana, by("viber:bot:z1", said("unclear", "unclear-of-nobody"))),
        ];
        crm.record_statements(&all).await.unwrap();
        let identities = "select words || ' ' || coalesce(identity, '-') from consent order by 1";
        assert!(crm.texts(identities).await.contains("yes-of-ben phone::+33199000002\n"), "the ledger says who spoke");

        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
        let both = "stop-of-ana stop, stop-of-ben stop, unclear-of-nobody unclear";
        assert_eq!(held(&crm, ANA).await, format!("{both}, yes-of-ana yes"));
        let of_ben = "yes-of-ben yes, yes-of-bens-viber yes, yes-of-bens-whatsapp yes";
        assert_eq!(held(&crm, BEN).await, format!("{both}, {of_ben}"));
    });
}

#[test]
fn a_decision_stays_with_the_contact_whose_answer_was_decided() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
        let [ana, ben] = [ANA, BEN].map(id_of);
        crm.record_statements(&[(ben, said("unclear", "bof"))]).await.unwrap();
        crm.merge(ana, ben).await.unwrap().unwrap();
        let unclear = crm.unclear_statements().await.unwrap();
        let answer = unclear.iter().find(|it| it.contact == ana).unwrap();
        let decision = Statement { basis: Basis::Review, state: ConsentState::Yes, ..answer.statement.clone() };
        crm.record_statements(&[(ana, decision)]).await.unwrap();
        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
        assert_eq!(held(&crm, ANA).await, "");
        assert_eq!(held(&crm, BEN).await, "bof unclear, bof yes");
    });
}

#[test]
fn what_a_run_reads_in_rows_of_a_merged_contact_is_said_by_that_one() {
    check(async |place| {
        let crm = merged(place).await;
        crm.import("2026-12-01-winter", &format!("{BEN} name=Ben consent=yes viber=b1 row=sms:2")).await;
        assert_eq!(held(&crm, ANA).await, "yes yes");
        crm.unmerge(id_of(ANA), id_of(BEN), false).await.unwrap().unwrap();
        assert_eq!((held(&crm, ANA).await, held(&crm, BEN).await), (String::new(), "yes yes".to_owned()));
        // The same row is the same statement.
        crm.import("2026-12-05-again", &format!("{BEN} name=Ben consent=yes viber=b1 row=sms:2")).await;
        assert_eq!(held(&crm, BEN).await, "yes yes");
    });
}

#[test]
fn in_a_chain_of_merges_each_keeps_what_it_said() {
    check(async |place| {
        let crm = merged(place).await;
        let [ana, ben, cy] = [ANA, BEN, CY].map(id_of);
        crm.merge(cy, ana).await.unwrap().unwrap();
        let all =
            [(ana, said("yes", "ana")), (ben, said("yes", "ben")), (cy, said("yes", "cy")), (ben, said("no", "no"))];
        crm.record_statements(&all).await.unwrap();
        assert_eq!(
            exported(&crm, true).await,
            "+33199000001 ana yes, +33199000001 no no, +33199000002 ben yes, \
            +33199000002 no no, +33199000003 cy yes, +33199000003 no no"
        );
        crm.unmerge(cy, ana, false).await.unwrap().unwrap();
        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
        assert_eq!(held(&crm, CY).await, "cy yes, no no");
        assert_eq!(held(&crm, ANA).await, "ana yes, no no");
        assert_eq!(held(&crm, BEN).await, "ben yes, no no");
    });
}

/// All held statements as an export has them, with the phone of each.
async fn exported(crm: &Crm, with_phones: bool) -> String {
    let mut told = Vec::new();
    let each = |_: ContactId, phone: Option<phone::PhoneNumber>, it: LedgerEntry| {
        let phone = phone.filter(|_| with_phones).map_or("-".to_owned(), |it| it.to_string());
        if !it.is_retracted {
            told.push(format!("{phone} {} {}", it.statement.words.0, it.statement.state.name()));
        }
        Ok::<(), LoadError>(())
    };
    crm.each_ledger_entry(each).await.unwrap();
    told.sort();
    told.join(", ")
}

#[test]
fn an_export_gives_each_of_two_merged_contacts_what_it_would_have_after_the_undoing() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2\n{CY} name=Cy row=sms:3")).await;
        let [ana, ben, cy] = [ANA, BEN, CY].map(id_of);
        let before = [(ana, said("no", "ana-before")), (ben, said("yes", "ben-before")), (cy, said("yes", "cy"))];
        crm.record_statements(&before).await.unwrap();
        crm.merge(ana, ben).await.unwrap().unwrap();
        let since = [(ana, said("yes", "ana-since")), (ben, said("yes", "ben-since")), (ben, said("stop", "stop"))];
        crm.record_statements(&since).await.unwrap();
        let told = exported(&crm, true).await;
        assert_eq!(
            told,
            "+33199000001 ana-before no, +33199000001 ana-since yes, +33199000001 stop stop, +33199000002 ben-before yes, \
             +33199000002 ben-since yes, +33199000002 stop stop, +33199000003 cy yes"
        );
        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
        assert_eq!(exported(&crm, true).await, told);
    });
}

#[test]
fn a_copy_of_a_merge_keeps_the_state_that_was_recorded() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana\n{BEN} name=Ben row=sms:2")).await;
        let message = Statement { basis: Basis::Message, ..said("unclear", "bof") };
        crm.record_statements(&[(id_of(BEN), message)]).await.unwrap();
        let taught = |_: Basis, words: &str| (words == "bof").then_some(ConsentState::Stop);
        crm.read_statements_anew("taught", consent::Rule::default(), taught).await.unwrap();
        crm.merge(id_of(ANA), id_of(BEN)).await.unwrap().unwrap();
        assert_eq!(held(&crm, ANA).await, "bof stop");
        assert_eq!(crm.texts("select distinct state from consent").await, "unclear");
        let corrected = |_: Basis, words: &str| (words == "bof").then_some(ConsentState::Unclear);
        crm.read_statements_anew("corrected", consent::Rule::default(), corrected).await.unwrap();
        assert_eq!(held(&crm, ANA).await, "bof unclear", "it is no STOP of the person's own");
    });
}
