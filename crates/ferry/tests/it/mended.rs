//! A phone that is mended gives a person another id: what was sent to the old one does not go out again to the new one.

use std::process::Stdio;

use crm::{
    CampaignRow, Claim, ClaimDecision, ClaimDecisions, ClaimRequest, Claimable, Crm, MessageContent, NewMessage,
    OrderWord,
};
use jiff::Timestamp;
use model::{ConsentChannel, ConsentPurpose, ContactId, ContactKey};
use phone::PhoneNumber;

use crate::world::{KEY, Postgres, World, block_on};

const ROWS: &[u8] = b"phone,name\n+33199000001,Ana\n+33199000***,Ben\n";
const BASIS: &str = "[[basis]]\nchannel = \"sms\"\npurpose = \"marketing\"\nbasis = \"contract\"\n\n[gates]";
/// The number that sends.
const SENDER: &str = "106";
const WRONG: &str = "+33199000002";
const MENDED: &str = "+33199000007";
const TAKEN: &str = "this step of the campaign is taken for the contact";

/// Runs a test on both databases: the world after a run in which Ben's number was corrected, but to a wrong number, and
/// after a message was sent to that.
fn on_both(test: impl Fn(&World, &str)) {
    let world = World::with_sms(ROWS);
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    corrected_and_sent(&world, &url);
    test(&world, &url);
    if let Some(postgres) = Postgres::create() {
        let world = World::with_sms(ROWS);
        world.replan("sqlite:ferry.db", &postgres.url);
        corrected_and_sent(&world, &postgres.url);
        test(&world, &postgres.url);
    }
}

fn corrected_and_sent(world: &World, url: &str) {
    world.replan("[gates]", BASIS);
    assert_eq!(world.run().code, 0);
    world.write("fixed.csv", &world.read("run/clean/rejects/sms.csv").replace("+33199000***", WRONG));
    assert_eq!(world.ferry(&FIX).code, 0);
    assert_eq!(planned(url, WRONG, "invitation"), "planned");
    block_on(async {
        let crm = Crm::open(url).await.unwrap();
        assert_eq!(n_claimed(&crm).await, 1);
        crm.close().await;
    });
    world.write("fixed.csv", &world.read("fixed.csv").replace(WRONG, MENDED));
}

/// Starts the campaign, and claims what may go.
async fn n_claimed(crm: &Crm) -> usize {
    let now = Timestamp::now();
    let (mode, account, sender) = ("sandbox".to_owned(), "1".to_owned(), SENDER.to_owned());
    let campaign = CampaignRow { name: "spring".to_owned(), mode, account, sender, created_at: now };
    crm.order_campaign(&campaign, OrderWord::Start, ("", "Eva")).await.unwrap();
    let request =
        ClaimRequest { campaign: "spring", sender: SENDER, account: "1", now, known_intent: 0, templates: &[] };
    let all = &mut |claimable: &Claimable<'_>| ClaimDecisions {
        of: vec![ClaimDecision::Send { at: now, opens: true }; claimable.waiting.len()],
        pause: None,
    };
    match crm.claim(&request, all).await.unwrap() {
        Claim::Claimed(claimed) => claimed.intents.len(),
        Claim::NotRunning(state) => panic!("the campaign is {}", state.name()),
    }
}

const FIX: [&str; 4] = ["fix", "fixed.csv", "--run-dir", "run"];

fn id_of(phone: &str) -> ContactId {
    ContactKey::from_hex(KEY).unwrap().of_phone(PhoneNumber::from_e164(phone).unwrap())
}

/// Plans a message to a number, and says whether it was planned.
fn planned(url: &str, phone: &str, step: &str) -> String {
    let message = NewMessage {
        id: None,
        campaign: "spring".to_owned(),
        step: step.to_owned(),
        contact: id_of(phone),
        channel: ConsentChannel::Sms,
        purpose: ConsentPurpose::Marketing,
        recipient: ContactKey::from_hex(KEY).unwrap().recipient(ConsentChannel::Sms, phone),
        basis: Some("contract".to_owned()),
        wave: 1,
        sender: SENDER.to_owned(),
        content: MessageContent { template: String::new(), language: String::new(), values: "{}".to_owned() },
    };
    block_on(async {
        let crm = Crm::open(url).await.unwrap();
        let planned = crm.plan_messages(&[message], Timestamp::now()).await.unwrap().remove(0);
        crm.close().await;
        planned.map_or_else(|why| why.to_string(), |_| "planned".to_owned())
    })
}

/// Begins to mend the number, and kills that after the cleaning, before anything is loaded: the test has the lease.
fn mend_and_kill(world: &World, url: &str) {
    block_on(async {
        let crm = Crm::open(url).await.unwrap();
        let lease = crm.acquire_load_lease("0".repeat(32).as_str(), "test", |_, _| ()).await.unwrap();
        let mut process = world.command(&FIX).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let is_cleaned = || {
            let manifest: serde_json::Value = serde_json::from_str(&world.read("run/manifest.json")).unwrap();
            manifest["fixes"].as_array().is_some_and(|it| it.len() == 2) && !manifest["stages"]["clean"].is_null()
        };
        while !is_cleaned() {
            assert!(process.try_wait().unwrap().is_none(), "it ended before it cleaned");
            std::thread::yield_now();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        lease.release().await.unwrap();
        crm.close().await;
    });
}

#[test]
fn what_was_sent_to_a_wrong_number_does_not_go_out_again_to_the_mended_one() {
    on_both(|world, url| {
        assert_eq!(world.ferry(&FIX).code, 0);
        assert_eq!(planned(url, MENDED, "invitation"), TAKEN);
        assert_eq!(planned(url, MENDED, "reminder"), "planned");
        assert_eq!(planned(url, "+33199000001", "invitation"), "planned", "the keys of others are free");
    });
}

#[test]
fn killed_before_the_mended_row_is_loaded_and_run_again_the_keys_stay_taken() {
    on_both(|world, url| {
        mend_and_kill(world, url);
        assert_eq!(planned(url, MENDED, "invitation"), "the contact is not in the database");
        assert_eq!(world.run().code, 0);
        assert_eq!(planned(url, MENDED, "invitation"), TAKEN);
    });
}

#[test]
fn a_new_run_that_takes_over_the_mended_number_keeps_the_keys_taken() {
    on_both(|world, url| {
        mend_and_kill(world, url);
        assert_eq!(world.run_new().code, 0);
        assert_eq!(planned(url, MENDED, "invitation"), TAKEN);
    });
}

#[test]
fn a_number_that_is_mended_twice_before_it_is_loaded_keeps_the_keys_taken() {
    on_both(|world, url| {
        mend_and_kill(world, url);
        let last = "+33199000008";
        world.write("fixed.csv", &world.read("fixed.csv").replace(MENDED, last));
        assert_eq!(world.ferry(&FIX).code, 0);
        assert_eq!(planned(url, last, "invitation"), TAKEN);
    });
}
