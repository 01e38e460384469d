//! Events of the business: templates, numbers, accounts, and what changes nothing.

use expect_test::expect;

use super::check;

/// A template's value with the three fields that name it.
fn template(field: &str, rest: &str, expected: expect_test::Expect) {
    let named = r#""message_template_id":1689556908129832,"message_template_name":"order_confirmation","message_template_language":"en-US""#;
    check(field, &format!("bare {{{named}{rest}}}"), expected);
}

#[test]
fn a_status_of_a_template_comes_with_its_reason_its_pause_and_its_day_and_without_a_category() {
    template(
        "message_template_status_update",
        r#","event":"APPROVED","reason":"NONE","message_template_category":"UTILITY""#,
        expect![[r#"
            102 - @1767000000 template 1689556908129832 order_confirmation en_US, status APPROVED
        "#]],
    );
    template(
        "message_template_status_update",
        r#","event":"REJECTED","reason":"INVALID_FORMAT","rejection_info":{"reason":"Variables stand beside each other.","recommendation":"Put words between them."}"#,
        expect![[r#"
            102 - @1767000000 template 1689556908129832 order_confirmation en_US, status REJECTED, reason INVALID_FORMAT: Variables stand beside each other. Put words between them.
        "#]],
    );
    template(
        "message_template_status_update",
        r#","event":"DISABLED","disable_info":{"disable_date":"1751234563"},"other_info":{"title":"FIRST_PAUSE"}"#,
        expect![[r#"
            102 - @1767000000 template 1689556908129832 order_confirmation en_US, status DISABLED, disable at 1751234563, pause FIRST_PAUSE
        "#]],
    );
    template(
        "message_template_status_update",
        r#","event":"MELTED","reason":null"#,
        expect![[r#"
            102 - @1767000000 template 1689556908129832 order_confirmation en_US, status MELTED
        "#]],
    );
}

#[test]
fn a_score_is_known_by_its_shape() {
    for field in ["message_template_quality_update", "message_template_status_update", "new_name_of_it"] {
        template(
            field,
            r#","previous_quality_score":"GREEN","new_quality_score":"YELLOW""#,
            expect![[r#"
                102 - @1767000000 template 1689556908129832 order_confirmation en_US, quality YELLOW
            "#]],
        );
    }
}

#[test]
fn a_category_is_announced_first_and_changed_then() {
    template(
        "template_category_update",
        r#","new_category":"UTILITY","correct_category":"MARKETING","category_update_timestamp":1760711433"#,
        expect![[r#"
            102 - @1767000000 template 1689556908129832 order_confirmation en_US, category UTILITY, announced MARKETING, for 1760711433
        "#]],
    );
    template(
        "template_category_update",
        r#","previous_category":"UTILITY","new_category":"MARKETING""#,
        expect![[r#"
            102 - @1767000000 template 1689556908129832 order_confirmation en_US, category MARKETING
        "#]],
    );
}

#[test]
fn what_says_nothing_of_a_template_is_broken_and_its_parts_are_kept() {
    template(
        "message_template_status_update",
        "",
        expect![[r#"
            broken /entry/0/changes/0/value: nothing is said of the template
        "#]],
    );
    check(
        "template_category_update",
        r#"bare {"new_category":"UTILITY"}"#,
        expect![[r#"
            broken /entry/0/changes/0/value: the template is not named
        "#]],
    );
    template(
        "message_template_components_update",
        r#","message_template_element":"Hello""#,
        expect![[r#"
            102 - @1767000000 other known message_template_components_update
        "#]],
    );
}

#[test]
fn limits_are_numbers_and_names_of_tiers() {
    for (limit, expected) in [
        (r#""TIER_250""#, "limit 250"),
        (r#""TIER_2K""#, "limit 2000"),
        (r#""TIER_100K""#, "limit 100000"),
        (r#""TIER_UNLIMITED""#, "limit -1"),
        ("-1", "limit -1"),
        ("2000", "limit 2000"),
        (r#""10000""#, "limit 10000"),
        (r#""TIER_NOT_SET""#, "rest"),
        (r#""TIER_99999999999999999999K""#, "rest"),
    ] {
        let value = format!(r#"{{"max_daily_conversations_per_business":{limit},"max_phone_numbers_per_waba":25}}"#);
        let read = super::read_events(super::body("business_capability_update", &format!("bare {value}")).as_bytes());
        let shown = super::shown(&read.unwrap());
        assert!(shown.starts_with("102 - @1767000000 account business_capability_update, "), "{shown}");
        assert!(shown.contains(&format!("update, {expected}")), "{limit}: {shown}");
    }
}

#[test]
fn events_of_numbers_name_the_number_as_sender() {
    check(
        "phone_number_quality_update",
        r#"bare {"display_phone_number":"12025550100","event":"THROUGHPUT_UPGRADE","max_daily_conversations_per_business":"TIER_UNLIMITED"}"#,
        expect![[r#"
            102 12025550100 @1767000000 number phone_number_quality_update THROUGHPUT_UPGRADE, limit -1, rest display_phone_number=12025550100 event=THROUGHPUT_UPGRADE max_daily_conversations_per_business=TIER_UNLIMITED
        "#]],
    );
    check(
        "phone_number_name_update",
        r#"bare {"display_phone_number":"12025550100","decision":"APPROVED","requested_verified_name":"Lucky Shrub","rejection_reason":null}"#,
        expect![[r#"
            102 12025550100 @1767000000 number phone_number_name_update APPROVED, rest decision=APPROVED display_phone_number=12025550100 requested_verified_name=Lucky Shrub
        "#]],
    );
    check(
        "security",
        r#"bare {"display_phone_number":"12025550100","event":"PIN_RESET_REQUEST","requester":"615"}"#,
        expect![[r#"
            102 12025550100 @1767000000 number security PIN_RESET_REQUEST, rest display_phone_number=12025550100 event=PIN_RESET_REQUEST
        "#]],
    );
}

#[test]
fn events_of_accounts_keep_all_that_they_say() {
    check(
        "account_update",
        r#"bare {"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_BIZ_INITIATED_MESSAGING","expiration":1767100000}],"ban_info":{"waba_ban_state":["SCHEDULE_FOR_DISABLE"]}}"#,
        expect![[r#"
            102 - @1767000000 account account_update ACCOUNT_RESTRICTION, rest ban_info.waba_ban_state.0=SCHEDULE_FOR_DISABLE event=ACCOUNT_RESTRICTION restriction_info.0.expiration=1767100000 restriction_info.0.restriction_type=RESTRICTED_BIZ_INITIATED_MESSAGING
        "#]],
    );
    check(
        "account_alerts",
        r#"bare {"entity_type":"BUSINESS","entity_id":"506","alert_info":{"alert_severity":"INFORMATIONAL","alert_type":"OBA_APPROVED"}}"#,
        expect![[r#"
            102 - @1767000000 account account_alerts OBA_APPROVED, rest alert_info.alert_severity=INFORMATIONAL alert_info.alert_type=OBA_APPROVED entity_id=506 entity_type=BUSINESS
        "#]],
    );
    check(
        "account_alerts",
        r#"bare {"entity_type":"PHONE_NUMBER","entity_id":"106","alert_info":{"alert_type":"INCREASED_CAPABILITIES_ELIGIBILITY_FAILED"}}"#,
        expect![[r#"
            102 106 @1767000000 number account_alerts INCREASED_CAPABILITIES_ELIGIBILITY_FAILED, rest alert_info.alert_type=INCREASED_CAPABILITIES_ELIGIBILITY_FAILED entity_id=106 entity_type=PHONE_NUMBER
        "#]],
    );
    check(
        "account_review_update",
        r#"bare {"decision":"APPROVED"}"#,
        expect![[r#"
            102 - @1767000000 account account_review_update APPROVED, rest decision=APPROVED
        "#]],
    );
}

#[test]
fn an_error_without_messages_is_one_of_the_number() {
    check(
        "messages",
        r#"{"errors":[{"code":130429,"title":"Rate limit hit"},{"title":"x"}]}"#,
        expect![[r#"
            102 106 @1767000000 number errors 130429, rest title=Rate limit hit
            broken /entry/0/changes/0/value/errors/1: the error has no code
        "#]],
    );
}

#[test]
fn groups_handovers_and_actions_are_kept_one_by_one() {
    check(
        "group_participants_update",
        r#"{"groups":[{"timestamp":"1767000001","group_id":"Y2FwaV9n","type":"group_participants_add","reason":"invite_link","added_participants":[{"wa_id":"33199000001"}]},
            {"timestamp":"1767000002","group_id":"Y2FwaV9n","type":"group_join_request_created","join_request_id":"j","wa_id":"33199000002","user_id":"FR.2"}]}"#,
        expect![[r#"
            102 106 @1767000001 other known group_participants_update group_participants_add
            102 106 @1767000002 other known group_participants_update group_join_request_created
        "#]],
    );
    check(
        "messaging_handovers",
        r#"bare {"messaging_product":"whatsapp","recipient":{"phone_number_id":"106"},"sender":{"phone_number":"33199000001"},"timestamp":"1767000001","control_passed":{"metadata":"x"}}"#,
        expect![[r#"
            102 - @1767000001 other known messaging_handovers control_passed
        "#]],
    );
    check(
        "user_actions",
        r#"{"user_actions":[{"action_type":"link_click","timestamp":"1767000001"},{"action_type":"landing_page_view"}]}"#,
        expect![[r#"
            102 106 @1767000001 other known user_actions link_click
            102 106 @1767000000 other known user_actions landing_page_view
        "#]],
    );
    check(
        "smb_message_echoes",
        r#"{"message_echoes":[{"from":"12025550100","to":"33199000001","id":"wamid.1","timestamp":"1767000001","type":"text","text":{"body":"hi"}}]}"#,
        expect![[r#"
            102 106 @1767000001 status Sent of wamid.1, to 33199000001
        "#]],
    );
}

#[test]
fn what_the_business_has_written_in_its_app_is_a_message_that_was_sent() {
    let echo = |kind: &str, more: &str| {
        format!(
            r#"{{"message_echoes":[{{"from":"12025550100","id":"wamid.1","timestamp":"1767000001","type":"{kind}"{more}}}]}}"#
        )
    };
    let to = r#","to":"33199000001""#;
    check(
        "smb_message_echoes",
        &echo("text", to),
        expect![[r#"
        102 106 @1767000001 status Sent of wamid.1, to 33199000001
    "#]],
    );
    check(
        "message_echoes",
        &echo("image", r#","to_user_id":"FR.1""#),
        expect![[r#"
        102 106 @1767000001 status Sent of wamid.1, to FR.1
    "#]],
    );
    check(
        "smb_message_echoes",
        &echo("reaction", to),
        expect![[r#"
        102 106 @1767000001 other known smb_message_echoes reaction
    "#]],
    );
    check(
        "smb_message_echoes",
        &echo("text", ""),
        expect![[r#"
        102 106 @1767000001 other known smb_message_echoes text
    "#]],
    );
    let own = r#"{"messages":[{"from":"12025550100","to":"33199000001","id":"wamid.1","timestamp":"1767000001","type":"text"}]}"#;
    check(
        "messages",
        own,
        expect![[r#"
        102 106 @1767000001 status Sent of wamid.1, to 33199000001
    "#]],
    );
}

#[test]
fn fields_and_parts_that_nobody_knows_are_kept() {
    check(
        "telepathy",
        r#"{"thoughts":[1,2]}"#,
        expect![[r#"
            102 106 @1767000000 other unknown telepathy
        "#]],
    );
    check(
        "telepathy",
        r#"bare "yes""#,
        expect![[r#"
            102 - @1767000000 other unknown telepathy
        "#]],
    );
    check(
        "messages",
        r#"{"thoughts":[1,2],"mood":"good"}"#,
        expect![[r#"
            102 106 @1767000000 other unknown messages thoughts
        "#]],
    );
}
