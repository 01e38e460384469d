//! What happens to accounts, numbers and templates, and the fields that are kept and change nothing.

use serde_json::{Map, Value, json};

use crate::webhooks::dice::Dice;
use crate::webhooks::profile::Profile;
use crate::webhooks::scene::{Item, Scene, with};

const LANGUAGES: [&str; 3] = ["fr", "en_US", "pt_BR"];

const QUALITIES: [&str; 4] = ["GREEN", "YELLOW", "RED", "UNKNOWN"];

const CATEGORIES: [&str; 3] = ["MARKETING", "UTILITY", "AUTHENTICATION"];

/// An event of the business. The fields of the four steps differ, so that no two events of one moment are the same.
pub(super) fn event(scene: &Scene, step: u64) -> Item {
    let mut dice = scene.dice("business", step);
    let (field, value) = match step {
        0 => template(scene, &mut dice),
        1 => category_or_components(scene, &mut dice),
        2 => number(scene, &mut dice),
        _ => account(scene, &mut dice),
    };
    scene.of_business(field, value)
}

/// The three fields that name a template.
fn named(scene: &Scene, dice: &mut Dice) -> Map<String, Value> {
    let n = dice.below(40);
    let subject = dice.pick(&["order", "visit", "winter_offer", "login_code"]);
    let account: u64 = scene.sender.account.parse().unwrap_or_default();
    let place = dice.below(3) as usize;
    with(
        Map::new(),
        json!({
            "message_template_id": account * 10 + n * 3 + place as u64,
            "message_template_name": format!("{subject}_{n}"),
            "message_template_language": LANGUAGES[place],
        }),
    )
}

fn template(scene: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let named = named(scene, dice);
    if dice.chance(0.4) {
        let scores =
            json!({ "previous_quality_score": dice.pick(&QUALITIES), "new_quality_score": dice.pick(&QUALITIES) });
        // Meta's own sample carries the name of a status update.
        let is_misnamed = scene.profile == Profile::MetaDoc && dice.chance(0.3);
        let field = if is_misnamed { "message_template_status_update" } else { "message_template_quality_update" };
        return (field, with(named, scores).into());
    }
    let told = match dice.below(6) {
        0 => json!({ "event": "REJECTED", "reason": "INVALID_FORMAT", "rejection_info": {
            "reason": "Variables stand beside each other.", "recommendation": "Put words between them.",
        } }),
        1 => json!({ "event": "PAUSED", "reason": null, "other_info": {
            "title": "FIRST_PAUSE", "description": "Your template was paused because of low quality.",
        } }),
        2 => {
            json!({ "event": "DISABLED", "reason": null, "disable_info": { "disable_date": (scene.at + 86_400).to_string() } })
        }
        3 => json!({ "event": "FLAGGED", "reason": "NONE" }),
        4 => json!({ "event": "PENDING", "reason": "NONE" }),
        _ => json!({ "event": "APPROVED", "reason": "NONE" }),
    };
    let category = json!({ "message_template_category": dice.pick(&CATEGORIES) });
    ("message_template_status_update", with(with(named, told), category).into())
}

fn category_or_components(scene: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let named = named(scene, dice);
    let (old, new) = (dice.pick(&CATEGORIES), dice.pick(&CATEGORIES));
    let (field, told) = match dice.below(3) {
        0 => (
            "template_category_update",
            json!({ "new_category": old, "correct_category": new, "category_update_timestamp": scene.at + 86_400 }),
        ),
        1 => ("template_category_update", json!({ "previous_category": old, "new_category": new })),
        _ => (
            "message_template_components_update",
            json!({
                "message_template_element": "Bonjour {{1}}, votre commande est prête.",
                "message_template_title": "Commande", "message_template_footer": "À bientôt",
                "message_template_buttons": [{
                    "message_template_button_type": "URL", "message_template_button_text": "Voir",
                    "message_template_button_url": "https://shop.example.com/{{1}}",
                }],
            }),
        ),
    };
    (field, with(named, told).into())
}

fn number(scene: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    let display = scene.sender.display();
    match dice.below(3) {
        0 => (
            "phone_number_quality_update",
            json!({
                "display_phone_number": display, "event": dice.pick(&["ONBOARDING", "THROUGHPUT_UPGRADE"]),
                "max_daily_conversations_per_business": dice.pick(&["TIER_250", "TIER_2K", "TIER_10K", "TIER_UNLIMITED"]),
            }),
        ),
        1 => (
            "phone_number_name_update",
            json!({
                "display_phone_number": display, "decision": dice.pick(&["APPROVED", "DECLINED", "DEFERRED"]),
                "requested_verified_name": format!("Boutique n° {}", dice.below(50)), "rejection_reason": null,
            }),
        ),
        _ => (
            "security",
            json!({
                "display_phone_number": display, "requester": dice.digits(9),
                "event": dice.pick(&["PIN_CHANGED", "PIN_RESET_REQUEST", "PIN_REQUEST_SUCCESS"]),
            }),
        ),
    }
}

fn account(scene: &Scene, dice: &mut Dice) -> (&'static str, Value) {
    match dice.below(4) {
        0 => ("account_update", account_update(scene, dice)),
        1 => (
            "account_alerts",
            json!({
                "entity_type": "WABA", "entity_id": scene.sender.account, "alert_info": {
                    "alert_severity": "INFORMATIONAL", "alert_status": "NONE", "alert_type": "OBA_APPROVED",
                    "alert_description": "Your account is approved.",
                },
            }),
        ),
        2 => ("account_review_update", json!({ "decision": dice.pick(&["APPROVED", "REJECTED", "PENDING"]) })),
        _ => {
            let limits = [json!("TIER_2K"), json!(2_000), json!(-1)];
            let limit = limits.get(dice.below(3) as usize).cloned();
            (
                "business_capability_update",
                json!({
                    "max_daily_conversations_per_business": limit, "max_phone_numbers_per_business": 25,
                }),
            )
        }
    }
}

fn account_update(scene: &Scene, dice: &mut Dice) -> Value {
    match dice.below(5) {
        0 => json!({ "event": "ACCOUNT_VIOLATION", "violation_info": { "violation_type": "SCAM" } }),
        1 => json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": [{
            "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": scene.at + 604_800,
            "remediation": "Wait.",
        }] }),
        2 => json!({ "event": "DISABLED_UPDATE", "ban_info": {
            "waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "October 22, 2026",
        } }),
        3 => json!({ "event": "VOLUME_BASED_PRICING_TIER_UPDATE", "volume_tier_info": {
            "tier_update_time": scene.at, "pricing_category": "UTILITY", "tier": "25000001:50000000",
            "effective_month": "2026-11", "region": "France",
        } }),
        _ => json!({ "event": "ACCOUNT_RECONNECTED" }),
    }
}

/// An event that is kept and counted, and changes nothing by itself.
pub(super) fn kept(scene: &Scene, step: u64) -> Item {
    let mut dice = scene.dice("kept", step);
    match step {
        0 => {
            let fields = json!({
                "id": scene.message_id(step), "timestamp": scene.at.to_string(), "type": "text",
                "text": { "body": "Someone else answers this." },
            });
            let ids = scene.someone.ids(scene.sender, ["from", "from_user_id", ""]);
            scene.of_person("standby", "messages", with(ids, fields))
        }
        1 => {
            let fields = json!({
                "from": scene.sender.digits, "id": scene.message_id(step), "timestamp": scene.at.to_string(),
                "type": "text", "text": { "body": "Written in the app." },
            });
            let ids = scene.someone.ids(scene.sender, ["to", "to_user_id", ""]);
            scene.without_contact("smb_message_echoes", "message_echoes", with(ids, fields))
        }
        2 => {
            let (field, value) = dice.weighed::<fn(&Scene) -> (&'static str, Value), 3>(&[
                (handover, 1), (group_update, 1), (link_click, 1),
            ])(scene);
            let metadata = json!({ "messaging_product": "whatsapp", "metadata": scene.sender.metadata() });
            scene.of_business(field, with(with(Map::new(), value), metadata).into())
        }
        // A field that nobody knows yet.
        _ => scene.of_business(
            "hologram_update",
            json!({ "projector": scene.sender.id, "timestamp": scene.at, "note": dice.letters(8), "beam": { "on": true } }),
        ),
    }
}

fn handover(scene: &Scene) -> (&'static str, Value) {
    (
        "messaging_handovers",
        json!({
            "sender": { "phone_number": scene.someone.wa_id }, "timestamp": scene.at,
            "control_passed": { "metadata": "to the agent" },
        }),
    )
}

fn group_update(scene: &Scene) -> (&'static str, Value) {
    (
        "group_participants_update",
        json!({ "groups": [{
        "timestamp": scene.at.to_string(), "group_id": crate::webhooks::statuses::group(scene),
        "type": "group_participants_add", "added_participants": [{ "wa_id": scene.someone.wa_id }],
    }] }),
    )
}

fn link_click(scene: &Scene) -> (&'static str, Value) {
    (
        "user_actions",
        json!({ "user_actions": [{
        "action_type": "marketing_messages_link_click", "timestamp": scene.at.to_string(),
        "marketing_messages_link_click_data": { "click_id": scene.message_id(7), "click_component": "CTA" },
    }] }),
    )
}
