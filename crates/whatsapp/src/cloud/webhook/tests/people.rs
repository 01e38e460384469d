//! Events of people: messages, statuses, preferences, identities, calls.

use expect_test::expect;

use super::check;

#[test]
fn a_text_comes_with_all_ids_of_its_person() {
    check(
        "messages",
        r#"{"contacts":[{"profile":{"name":"Ana","username":"ana.m"},"wa_id":"33199000001","user_id":"FR.1","parent_user_id":"FR.ENT.9"}],
            "messages":[{"from":"33199000001","from_user_id":"FR.1","id":"wamid.1","timestamp":"1767000001","type":"text",
              "text":{"body":"Bonjour\n🙂"},"context":{"from":"12025550100","id":"wamid.0"}}]}"#,
        expect![[r#"
            102 106 @1767000001 message text wamid.1, from 33199000001 FR.1 parent FR.ENT.9 @ana.m, text "Bonjour\n🙂", answers wamid.0
        "#]],
    );
}

#[test]
fn a_person_can_have_only_a_user_id() {
    check(
        "messages",
        r#"{"contacts":[{"profile":{"name":"Ana"},"user_id":"FR.1"}],
            "messages":[{"from_user_id":"FR.1","id":"wamid.1","timestamp":"1767000001","type":"text","text":{"body":"hi"}},
              {"from":"FR.2","id":"wamid.2","timestamp":"1767000001","type":"text","text":{"body":"hi"}},
              {"from":"","from_user_id":"FR.3","from_parent_user_id":"FR.ENT.3","id":"wamid.3","timestamp":"1767000001","type":"image","image":{"id":"1"}}]}"#,
        expect![[r#"
            102 106 @1767000001 message text wamid.1, from FR.1, text "hi"
            102 106 @1767000001 message text wamid.2, from FR.2, text "hi"
            102 106 @1767000001 message image wamid.3, from FR.3 parent FR.ENT.3
        "#]],
    );
}

#[test]
fn buttons_and_rows_bring_their_title_and_their_payload() {
    check(
        "messages",
        r#"{"messages":[
            {"from":"33199000001","id":"wamid.1","timestamp":"1767000001","type":"button","button":{"text":"Stop","payload":"OPT_OUT"}},
            {"from":"33199000001","id":"wamid.2","timestamp":"1767000001","type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"yes-7","title":"Oui"}}},
            {"from":"33199000001","id":"wamid.3","timestamp":"1767000001","type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"row-2","title":"Paris","description":"d"}}},
            {"from":"33199000001","id":"wamid.4","timestamp":"1767000001","type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","response_json":"{\"name\":\"Ana\"}"}}},
            {"from":"33199000001","id":"wamid.5","timestamp":"1767000001","type":"image","image":{"id":"1","caption":"STOP"}},
            {"from":"33199000001","id":"wamid.6","timestamp":"1767000001","type":"edit","edit":{"original_message_id":"wamid.5","message":{"type":"text","text":{"body":"STOP"}}}},
            {"from":"33199000001","id":"wamid.7","timestamp":"1767000001","type":"reaction","reaction":{"message_id":"wamid.5","emoji":"🙂"}}]}"#,
        expect![[r#"
            102 106 @1767000001 message button wamid.1, from 33199000001, text "Stop", payload OPT_OUT
            102 106 @1767000001 message interactive wamid.2, from 33199000001, text "Oui", payload yes-7
            102 106 @1767000001 message interactive wamid.3, from 33199000001, text "Paris", payload row-2
            102 106 @1767000001 message interactive wamid.4, from 33199000001
            102 106 @1767000001 message image wamid.5, from 33199000001, text "STOP"
            102 106 @1767000001 message edit wamid.6, from 33199000001, text "STOP"
            102 106 @1767000001 message reaction wamid.7, from 33199000001
        "#]],
    );
}

#[test]
fn a_refusal_without_time_or_id_is_kept() {
    check(
        "messages",
        r#"{"messages":[{"from":"33199000001","timestamp":"soon","type":"text","text":{"body":"STOP"}}]}"#,
        expect![[r#"
            102 106 @- message text, from 33199000001, text "STOP"
            broken /entry/0/changes/0/value/messages/0: the message has no id
        "#]],
    );
}

#[test]
fn a_text_that_was_cut_inside_an_emoji_is_read() {
    check(
        "messages",
        r#"{"messages":[{"from":"33199000001","id":"wamid.1","timestamp":"1767000001","type":"text","text":{"body":"STOP \ud83d"}}]}"#,
        expect![[r#"
            102 106 @1767000001 message text wamid.1, from 33199000001, text "STOP �"
        "#]],
    );
}

#[test]
fn a_message_of_another_app_is_marked_and_one_of_a_group_names_it() {
    check(
        "standby",
        r#"{"messages":[{"from":"33199000001","id":"wamid.1","timestamp":1767000001,"type":"text","text":{"body":"hi"}}]}"#,
        expect![[r#"
            102 106 @1767000001 message text wamid.1, from 33199000001, text "hi", standby
        "#]],
    );
    check(
        "messages",
        r#"{"messages":[{"from":"33199000001","group_id":"Y2FwaV9n","id":"wamid.1","timestamp":1767000001,"type":"text","text":{"body":"hi"}}]}"#,
        expect![[r#"
            102 106 @1767000001 message text wamid.1, from 33199000001, group Y2FwaV9n, text "hi"
        "#]],
    );
}

#[test]
fn what_is_no_message_of_a_person_changes_nothing() {
    check(
        "messages",
        r#"{"messages":[
            {"from":"33199000001","id":"wamid.1","timestamp":"1767000001","type":"request_welcome"},
            {"from":"33199000001","id":"wamid.2","timestamp":"1767000001","type":"revoke","revoke":{"original_message_id":"wamid.1"}},
            {"from":"33199000001","id":"wamid.3","timestamp":"1767000001","type":"hologram","hologram":{}},
            {"from":"+1 202-555-0100","to":"33199000001","id":"wamid.4","timestamp":"1767000001","type":"text","text":{"body":"hi"}},
            {"from":"33199000001","id":"wamid.5","timestamp":"1767000001","type":"interactive","interactive":{"type":"call_permission_reply","call_permission_reply":{"response":"accept","response_source":"automatic"}}},
            {"from":"33199000001","id":"wamid.6","timestamp":"1767000001","type":"system","system":{"type":"moved_to_mars"}}]}"#,
        expect![[r#"
            102 106 @1767000001 other known messages request_welcome
            102 106 @1767000001 other known messages revoke
            102 106 @1767000001 other unknown messages hologram
            102 106 @1767000001 status Sent of wamid.4, to 33199000001
            102 106 @1767000001 other known messages interactive
            102 106 @1767000001 other unknown messages moved_to_mars
        "#]],
    );
}

#[test]
fn a_delivery_comes_with_opaque_id_and_price() {
    check(
        "messages",
        r#"{"contacts":[{"wa_id":"33199000001","user_id":"FR.1","profile":{"name":"Ana","username":"ana.m"}}],
            "statuses":[{"id":"wamid.1","status":"delivered","timestamp":"1767000001","recipient_id":"33199000001","recipient_user_id":"FR.1",
              "biz_opaque_callback_data":"0197-ab","pricing":{"billable":true,"pricing_model":"PMP","type":"regular","category":"marketing_lite"}},
             {"id":"wamid.2","status":"sent","timestamp":1767000002,"recipient_user_id":"FR.1","conversation":{"id":"c","origin":{"type":"utility"}}},
             {"id":"wamid.3","status":"played","timestamp":1767000003,"recipient_id":33199000001},
             {"id":"wamid.4","status":"melted","timestamp":1767000004000,"recipient_id":"33199000002"}]}"#,
        expect![[r#"
            102 106 @1767000001 status Delivered of wamid.1, opaque 0197-ab, to 33199000001 FR.1 @ana.m, price marketing_lite PMP regular true
            102 106 @1767000002 status Sent of wamid.2, to 33199000001 FR.1 @ana.m, price utility - - -
            102 106 @1767000003 status Read of wamid.3, to 33199000001 FR.1 @ana.m
            102 106 @1767000004 status Other("melted") of wamid.4, to 33199000002
        "#]],
    );
}

#[test]
fn a_failure_is_read_with_contacts_and_without() {
    check(
        "messages",
        r#"{"statuses":[{"id":"wamid.1","status":"failed","timestamp":"1767000001","recipient_id":"33199000001",
              "errors":[{"code":131026,"title":"Message undeliverable","message":"Message undeliverable","error_data":{"details":"Unable to deliver."}}]}]}"#,
        expect![[r#"
            102 106 @1767000001 status Failed of wamid.1, to 33199000001, error 131026 Unable to deliver.
        "#]],
    );
    check(
        "messages",
        r#"{"contacts":[{"wa_id":"33199000001","user_id":"FR.1"}],
            "statuses":[{"id":"wamid.1","status":"failed","timestamp":"1767000001","recipient_id":"33199000001","errors":[{"code":"131049","title":"Healthy ecosystem"}]},
             {"id":"wamid.2","status":"failed","timestamp":"1767000001","recipient_id":"33199000001"}],
            "errors":[{"code":131000,"title":"Something went wrong"}]}"#,
        expect![[r#"
            102 106 @1767000001 status Failed of wamid.1, to 33199000001 FR.1, error 131049 Healthy ecosystem
            102 106 @1767000001 status Failed of wamid.2, to 33199000001 FR.1, error 131000 Something went wrong
        "#]],
    );
}

#[test]
fn a_status_of_a_group_is_about_one_of_its_members() {
    check(
        "messages",
        r#"{"contacts":[{"wa_id":"33199000001","user_id":"FR.1"},{"user_id":"FR.2"}],"statuses":[
            {"id":"wamid.1","status":"read","timestamp":"1767000001","recipient_type":"group","recipient_id":"Y2FwaV9n","recipient_participant_id":"33199000001","recipient_participant_user_id":"FR.1"},
            {"id":"wamid.1","status":"read","timestamp":"1767000001","recipient_type":"group","recipient_id":"Y2FwaV9n","recipient_participant_user_id":"FR.2"}]}"#,
        expect![[r#"
            102 106 @1767000001 status Read of wamid.1, to 33199000001 FR.1, group Y2FwaV9n
            102 106 @1767000001 status Read of wamid.1, to FR.2, group Y2FwaV9n
        "#]],
    );
}

#[test]
fn two_user_ids_at_one_number_are_two_people() {
    check(
        "messages",
        r#"{"contacts":[{"wa_id":"33199000001","user_id":"FR.2","profile":{"username":"bo"}}],
            "statuses":[{"id":"wamid.1","status":"sent","timestamp":"1767000001","recipient_id":"33199000001","recipient_user_id":"FR.1"}]}"#,
        expect![[r#"
            102 106 @1767000001 status Sent of wamid.1, to 33199000001 FR.1
        "#]],
    );
}

#[test]
fn people_stop_resume_and_sign_up_in_the_app() {
    check(
        "user_preferences",
        r#"{"contacts":[{"profile":{"name":"Ana"},"wa_id":"33199000001","user_id":"FR.1"}],"user_preferences":[
            {"wa_id":"33199000001","detail":"x","category":"marketing_messages","value":"stop","timestamp":1767000001},
            {"detail":"x","category":"marketing_messages","value":"RESUME","timestamp":"1767000002"},
            {"user_id":"FR.3","category":"marketing_messages","value":"signup","signup_id":"77","timestamp":1767000003},
            {"user_id":"FR.3","category":"marketing_messages","value":"perhaps"}]}"#,
        expect![[r#"
            102 106 @1767000001 preference Stop marketing_messages, from 33199000001 FR.1
            102 106 @1767000002 preference Resume marketing_messages, from 33199000001 FR.1
            102 106 @1767000003 preference Signup(Some("77")) marketing_messages, from FR.3
            102 106 @- preference Other("perhaps") marketing_messages, from FR.3
        "#]],
    );
}

#[test]
fn a_person_has_a_new_number() {
    check(
        "messages",
        r#"{"messages":[
            {"from":"33199000001","id":"wamid.1","timestamp":"1767000001","type":"system","system":{"type":"user_changed_number","body":"x","wa_id":"33199000009","user_id":"FR.9","previous_user_id":"FR.1"}},
            {"from":"33199000002","from_user_id":"FR.2","id":"wamid.2","timestamp":"1767000002","type":"system","system":{"type":"customer_changed_number","customer":"33199000002","new_wa_id":"33199000008","user_id":"FR.8"}},
            {"from":"33199000003","timestamp":"1767000003","type":"system","system":{"type":"user_changed_number"}}]}"#,
        expect![[r#"
            102 106 @1767000001 identity NumberChanged, now 33199000009 FR.9, before 33199000001 FR.1
            102 106 @1767000002 identity NumberChanged, now 33199000008 FR.8, before 33199000002 FR.2
            102 106 @1767000003 identity NumberChanged, now nobody, before 33199000003
        "#]],
    );
}

#[test]
fn a_person_has_a_new_user_id_in_both_shapes() {
    check(
        "messages",
        r#"{"messages":[{"id":"wamid.1","timestamp":"1767000001","type":"system","system":{"type":"user_changed_user_id","body":"x","wa_id":"33199000001","user_id":"FR.9",
              "parent_user_id":"FR.ENT.9","previous_user_id":"FR.1","previous_parent_user_id":"FR.ENT.1"}}]}"#,
        expect![[r#"
            102 106 @1767000001 identity UserIdChanged, now 33199000001 FR.9 parent FR.ENT.9, before FR.1 parent FR.ENT.1
        "#]],
    );
    check(
        "user_id_update",
        r#"{"user_id_update":[{"wa_id":"33199000001","detail":"x","user_id":{"previous":"FR.1","current":"FR.9"},"timestamp":"1767000001"},
            {"detail":"x","user_id":{"previous":"FR.1","current":"FR.9"},"parent_user_id":{"previous":"FR.ENT.1","current":"FR.ENT.9"},"timestamp":1767000001}]}"#,
        expect![[r#"
            102 106 @1767000001 identity UserIdChanged, now 33199000001 FR.9, before FR.1
            102 106 @1767000001 identity UserIdChanged, now FR.9 parent FR.ENT.9, before FR.1 parent FR.ENT.1
        "#]],
    );
}

#[test]
fn a_number_may_be_that_of_another_person() {
    check(
        "messages",
        r#"{"contacts":[{"wa_id":"33199000001","user_id":"FR.1"}],"messages":[{"from":"33199000001","id":"wamid.1","timestamp":"1767000001","type":"system",
            "system":{"type":"customer_identity_changed","body":"x"},"identity":{"acknowledged":false,"created_timestamp":"1767000000","hash":"Zm9v"}}]}"#,
        expect![[r#"
            102 106 @1767000001 identity KeyChanged, now 33199000001 FR.1, before nobody
        "#]],
    );
}

#[test]
fn people_call_and_are_called() {
    check(
        "calls",
        r#"{"contacts":[{"wa_id":"33199000001","user_id":"FR.1"}],"calls":[
            {"id":"wacid.1","from":"33199000001","to":"12025550100","event":"connect","timestamp":"1767000001","direction":"USER_INITIATED","session":{}},
            {"id":"wacid.1","from":"33199000001","to":"12025550100","event":"terminate","timestamp":"1767000002","status":["FAILED"]},
            {"id":"wacid.2","from":"12025550100","to":"33199000001","event":"connect","timestamp":"1767000003","direction":"BUSINESS_INITIATED"}],
           "statuses":[{"id":"wacid.2","type":"call","status":"RINGING","timestamp":"1767000004","recipient_id":"33199000001"}],
           "errors":[{"code":138000}]}"#,
        expect![[r#"
            102 106 @1767000001 call connect wacid.1, from 33199000001 FR.1
            102 106 @1767000002 call terminate wacid.1, from 33199000001 FR.1
            102 106 @1767000003 call connect wacid.2, to 33199000001 FR.1
            102 106 @1767000004 call RINGING wacid.2, to 33199000001 FR.1
        "#]],
    );
}

#[test]
fn a_new_user_id_that_comes_with_a_new_number_changes_both() {
    check(
        "messages",
        r#"{"messages":[{"from":"33199000001","id":"wamid.1","timestamp":"1767000001","type":"system","system":{"type":"user_changed_user_id","previous_user_id":"FR.1","user_id":"FR.2","wa_id":"33199000002"}}]}"#,
        expect![[r#"
            102 106 @1767000001 identity UserIdChanged, now 33199000002 FR.2, before 33199000001 FR.1
        "#]],
    );
}
