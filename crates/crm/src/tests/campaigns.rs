//! Campaigns: who may claim, what is known after a crash or a restore, and how long a withdrawal waits.

use std::time::Duration;

use expect_test::expect;
use jiff::Timestamp;
use model::{ConsentPurpose, ContactId};

use crate::check::{check, id_of};
use crate::outbox::HORIZON;
use crate::tests::outbox::{attempt, invitation, people, plan_one, request, start, states};
use crate::{
    CampaignRow, CampaignState, Claim, ClaimDecision, ClaimDecisions, ClaimRequest, Claimable, Crm, FrozenTemplate,
    LoggedIntent, MessageId, NewMessage, OrderWord, SendOutcome, Settled,
};

const ANA: &str = "+33199000001";
const DAN: &str = "+33199000004";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn campaign() -> CampaignRow {
    let [name, mode, account, sender] = ["spring", "sandbox", "1", "106"].map(str::to_owned);
    CampaignRow { name, mode, account, sender, created_at: at(0) }
}

/// Lets everybody go.
fn all(claimable: &Claimable<'_>) -> ClaimDecisions {
    ClaimDecisions { of: vec![ClaimDecision::Send { at: at(5), opens: true }; claimable.waiting.len()], pause: None }
}

/// Claims everything, and gives how many messages that were, or the state of the campaign.
async fn claim(crm: &Crm) -> Result<usize, CampaignState> {
    match crm.claim(&request(5), &mut all).await.unwrap() {
        Claim::Claimed(claimed) => Ok(claimed.intents.len()),
        Claim::NotRunning(state) => Err(state),
    }
}

async fn order(crm: &Crm, word: OrderWord) -> CampaignState {
    crm.order_campaign(&campaign(), word, ("asked", "Eva")).await.unwrap()
}

#[test]
fn nothing_is_claimed_unless_the_last_order_says_that_the_campaign_runs() {
    check(async |place| {
        let crm = people(place).await;
        plan_one(&crm, invitation(id_of(ANA))).await;
        assert_eq!(claim(&crm).await, Err(CampaignState::New));
        assert_eq!(order(&crm, OrderWord::Start).await, CampaignState::New);
        assert_eq!(order(&crm, OrderWord::Pause).await, CampaignState::Running);
        assert_eq!(claim(&crm).await, Err(CampaignState::Paused));
        order(&crm, OrderWord::Resume).await;
        assert_eq!(claim(&crm).await, Ok(1));
        plan_one(&crm, NewMessage { step: "reminder".into(), ..invitation(id_of(ANA)) }).await;
        order(&crm, OrderWord::Stop).await;
        assert_eq!(claim(&crm).await, Err(CampaignState::Stopped));
        // A stop is for good, and what waited is cancelled.
        assert_eq!(order(&crm, OrderWord::Start).await, CampaignState::Stopped);
        assert_eq!(states(&crm).await, "cancelled intent");
        let words: Vec<&str> = crm.campaign_orders("spring").await.unwrap().iter().map(|it| it.word.name()).collect();
        assert_eq!(words, ["start", "pause", "resume", "stop"]);
        let orders = crm.campaign_orders("spring").await.unwrap();
        let with_intents: Vec<bool> = orders.iter().map(|it| it.last_intent_at.is_some()).collect();
        assert_eq!(with_intents, [false, false, true, false]);
    });
}

#[test]
fn orders_are_never_changed_and_a_campaign_keeps_its_number() {
    check(async |place| {
        let crm = people(place).await;
        order(&crm, OrderWord::Start).await;
        order(&crm, OrderWord::Stop).await;
        let mut told = Vec::new();
        for sql in [
            "update campaign set sender = '7'",
            "delete from campaign",
            "update campaign_order set word = 'resume'",
            "delete from campaign_order",
            "insert into campaign_order (campaign, number, word, reason, by_whom, at, recorded_at) \
                values ('spring', 3, 'resume', '', '', 1, 1)",
            "insert into campaign_order (campaign, number, word, reason, by_whom, at, recorded_at) \
                values ('summer', 2, 'start', '', '', 1, 1)",
            "update intent_counter set number = -1",
            "delete from intent_counter",
        ] {
            told.push(attempt(&crm, sql).await);
        }
        expect![[r#"
            campaign: a campaign keeps its mode, its account and its number
            campaign: campaigns are never deleted
            campaign: orders are never changed
            campaign: orders are never deleted
            campaign: a campaign that was stopped stays so
            campaign: orders are numbered one after another
            outbox: the number of intents can only grow
            outbox: the number of intents can only grow"#]]
        .assert_eq(&told.join("\n"));
    });
}

#[test]
fn a_claim_tells_what_others_have_claimed_and_a_gate_can_pause_in_it() {
    check(async |place| {
        let crm = people(place).await;
        plan_one(&crm, invitation(id_of(ANA))).await;
        start(&crm).await;
        assert_eq!(claim(&crm).await, Ok(1));
        plan_one(&crm, NewMessage { step: "reminder".into(), ..invitation(id_of(ANA)) }).await;
        let mut seen = Vec::new();
        let mut pause = |claimable: &Claimable<'_>| {
            seen = claimable.others.iter().map(|it| (it.number, it.at, it.opens, it.may_have_left)).collect();
            assert_eq!((claimable.waiting.len(), claimable.last_intent), (1, 1));
            assert_eq!(claimable.waiting[0].to.address.as_deref(), Some(ANA));
            ClaimDecisions { of: Vec::new(), pause: Some("template-status: it is PAUSED".into()) }
        };
        let claimed = crm.claim(&request(6), &mut pause).await.unwrap();
        assert!(matches!(claimed, Claim::NotRunning(CampaignState::Paused)));
        assert_eq!(seen, [(1, at(5), true, true)]);
        let orders = crm.campaign_orders("spring").await.unwrap();
        let last = orders.last().unwrap();
        assert_eq!((last.reason.as_str(), last.by_whom.as_str()), ("template-status: it is PAUSED", "ferry"));
        let known = ClaimRequest { known_intent: 1, ..request(6) };
        crm.order_campaign(&campaign(), OrderWord::Resume, ("", "Eva")).await.unwrap();
        let mut none = |claimable: &Claimable<'_>| {
            assert!(claimable.others.is_empty());
            ClaimDecisions::default()
        };
        crm.claim(&known, &mut none).await.unwrap();
    });
}

#[test]
fn what_a_stopped_sender_leaves_behind_becomes_unknown_and_only_a_person_sends_it_again() {
    check(async |place| {
        let crm = people(place).await;
        let id = plan_one(&crm, invitation(id_of(ANA))).await;
        start(&crm).await;
        claim(&crm).await.unwrap();
        assert_eq!(crm.abandon_intents(at(9)).await.unwrap(), 0);
        // As an intent of half a minute ago.
        let is_old = crate::tests::outbox::old_intent(&crm, id_of(DAN)).await;
        assert_eq!(crm.abandon_intents(at(9)).await.unwrap(), 1);
        assert_eq!(crm.unknown_messages("spring").await.unwrap()[0].id, is_old);
        crm.settle(&[Settled::new(is_old, SendOutcome::NotSent)], at(10)).await.unwrap();
        assert_eq!(states(&crm).await, "intent unknown");
        assert!(crm.settle_by_person(id, false, ("I know", "Eva"), at(10)).await.is_err(), "it is not unknown");
        crm.settle_by_person(is_old, false, ("the provider has no such message", "Eva"), at(10)).await.unwrap();
        assert_eq!(states(&crm).await, "intent planned");
        let settled = crm.texts("select state || ' ' || reason || ' ' || by_whom from outbox_settlement").await;
        assert_eq!(settled, "not_sent the provider has no such message Eva");
    });
}

fn logged(number: i64, id: MessageId, contact: ContactId) -> LoggedIntent {
    let NewMessage { campaign, step, recipient, sender, .. } = invitation(contact);
    LoggedIntent {
        number,
        id,
        campaign,
        step,
        contact,
        recipient,
        purpose: ConsentPurpose::Marketing,
        sender,
        at: at(4),
    }
}

#[test]
fn a_restored_database_learns_from_the_log_what_it_has_sent_and_sends_it_to_nobody_again() {
    check(async |place| {
        let crm = people(place).await;
        let planned = plan_one(&crm, invitation(id_of(ANA))).await;
        let lost = MessageId::from_bytes([7; 16]);
        let log = [logged(1, planned, id_of(ANA)), logged(2, lost, id_of(DAN))];
        assert_eq!(crm.forgotten(&log).await.unwrap(), log);
        assert_eq!(crm.reconcile(&log, at(9)).await.unwrap().n_unknown, 2);
        assert_eq!(states(&crm).await, "unknown unknown");
        assert_eq!(crm.forgotten(&log).await.unwrap(), []);
        let taken = crm.plan_messages(&[invitation(id_of(ANA))], at(9)).await.unwrap();
        assert_eq!(taken[0].unwrap_err().to_string(), "this step of the campaign is taken for the contact");
        start(&crm).await;
        assert_eq!(claim(&crm).await, Ok(0));
        // Limits count them, at the moments of the log.
        let sent = crm.sent_since(at(0)).await.unwrap();
        assert!(sent.iter().all(|it| it.may_have_left && it.at == at(4)), "{sent:?}");
    });
}

#[test]
fn an_intent_that_was_made_and_given_up_is_known_although_its_message_waits_again() {
    check(async |place| {
        let crm = people(place).await;
        let id = plan_one(&crm, invitation(id_of(ANA))).await;
        start(&crm).await;
        claim(&crm).await.unwrap();
        let again = Some((at(6), crate::WaitsFor::TooLate));
        crm.settle(&[Settled { again, ..Settled::new(id, SendOutcome::NotSent) }], at(5)).await.unwrap();
        assert_eq!(states(&crm).await, "planned");
        assert_eq!(crm.forgotten(&[logged(1, id, id_of(ANA))]).await.unwrap(), []);
        // A later intent of the same message, which the database does not know.
        assert_eq!(crm.forgotten(&[logged(2, id, id_of(ANA))]).await.unwrap().len(), 1);
    });
}

#[test]
fn a_withdrawal_waits_only_while_a_message_to_that_person_can_still_leave() {
    check(async |place| {
        let crm = people(place).await;
        let id = plan_one(&crm, invitation(id_of(ANA))).await;
        start(&crm).await;
        assert_eq!(crm.leaving_for(&[id_of(ANA)]).await.unwrap(), Duration::ZERO);
        claim(&crm).await.unwrap();
        let wait = crm.leaving_for(&[id_of(ANA), id_of(DAN)]).await.unwrap();
        assert!(wait > Duration::ZERO && wait <= HORIZON + Duration::from_millis(20), "{wait:?}");
        assert_eq!(crm.leaving_for(&[id_of(DAN)]).await.unwrap(), Duration::ZERO);
        crm.settle(&[Settled::new(id, SendOutcome::Accepted)], at(6)).await.unwrap();
        assert_eq!(crm.leaving_for(&[id_of(ANA)]).await.unwrap(), Duration::ZERO);
        crate::tests::outbox::old_intent(&crm, id_of(DAN)).await;
        assert_eq!(crm.leaving_for(&[id_of(DAN)]).await.unwrap(), Duration::ZERO);
    });
}

#[test]
fn a_wave_freezes_its_templates_and_notes_whom_it_leaves_out() {
    check(async |place| {
        let crm = people(place).await;
        let frozen = FrozenTemplate {
            step: "invitation".into(),
            wave: 0,
            template: "spring_offer".into(),
            language: "en".into(),
            digest: "d".into(),
            category: "MARKETING".into(),
            differs: String::new(),
        };
        let release = async |messages: Vec<NewMessage>, excluded: &[(ContactId, &'static str)]| {
            let name = ("spring", "invitation");
            crm.release_wave(name, messages, std::slice::from_ref(&frozen), Some(excluded), (true, at(3)))
                .await
                .unwrap()
        };
        let released =
            release(vec![invitation(id_of(ANA)), invitation(id_of(DAN))], &[(id_of(DAN), "no-consent")]).await;
        assert_eq!((released.number, released.planned.len(), released.not_planned.len()), (1, 1, 1));
        let again = release(vec![invitation(id_of(ANA))], &[]).await;
        assert_eq!((again.planned.len(), crm.waves("spring").await.unwrap().len()), (0, 1));
        let frozen = crm.frozen_templates("spring").await.unwrap();
        assert_eq!((frozen.len(), frozen[0].wave), (1, 1));
        assert_eq!(crm.excluded("spring").await.unwrap(), []);
        crm.note_excluded(("spring", "invitation"), &[(id_of(DAN), "no-consent")], at(4)).await.unwrap();
        assert_eq!(crm.excluded("spring").await.unwrap()[0].n, 1);
    });
}
