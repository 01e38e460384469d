use super::*;

/// The parts of a condition, or why it is none.
fn check(text: &str, expected: &str) {
    let found = match Condition::parse(text) {
        Ok(condition) => condition.parts.iter().map(shown).collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected, "{text}");
}

fn shown(part: &ConditionPart) -> String {
    match part {
        ConditionPart::Word(word) => (*word).to_owned(),
        ConditionPart::Text(text) => format!("'{text}'"),
        ConditionPart::Number(number) => number.to_string(),
        ConditionPart::Like(text) => format!("like[{text}]"),
        ConditionPart::Attribute(text) => format!("attribute[{text}]"),
        ConditionPart::HasTag(text) => format!("has_tag[{text}]"),
        ConditionPart::DaysAgo(days) => format!("days_ago[{days}]"),
    }
}

#[test]
fn a_condition_compares_columns_with_values() {
    for same in [
        "messages > 5 and region = 'FR' and last_inbound_at < '2026-01-01'",
        "not ( name is null or email is not null )",
        "language in ( 'fr' , 'de' ) and region not in ( 'FR' )",
        "messages between 1 and 9 or rows not between -1 and 0",
        "last_inbound_at < last_outbound_at and checked_at = '2026-01-31T12:00:00Z'",
        "'O''Neill' = name",
        "1 = 1",
    ] {
        check(same, &same.replace("''", "'"));
    }
    check("Region='FR'AND messages!=5", "region = 'FR' and messages <> 5");
    check("email not like '%@x.fr'", "email not like[%@x.fr]");
    check(
        "has_tag('vip') and attribute('city') = 'Lyon' and last_at>=days_ago(90)",
        "has_tag[vip] and attribute[city] = 'Lyon' and last_at >= days_ago[90]",
    );
}

#[test]
fn what_is_not_one_expression_is_refused() {
    let cannot = |sign: &str| {
        format!("`{sign}` cannot be in a condition: it is one SQL expression, without `;`, comments and double quotes")
    };
    for (text, sign) in [
        ("1 = 1; drop table contact", ";"),
        ("1 = 1 -- all", "--"),
        ("1 = 1 /* all */", "/*"),
        ("region = \"FR\"", "\""),
        ("region = $1", "$"),
        ("region = $$FR$$", "$"),
        ("messages > 1.5", "1."),
        ("messages + 1 > 2", "+"),
        ("messages::text = '5'", ":"),
        ("name || 'x' = 'x'", "|"),
        ("[name] = 'x'", "["),
    ] {
        check(text, &cannot(sign));
    }
    for (text, word) in [
        ("exists (select 1)", "exists"),
        ("contact_id in (select contact_id from contact)", "select"),
        ("1 = 1 union select 1", "union"),
        ("case when 1 = 1 then 1 end = 1", "case"),
        ("and = 1", "and"),
    ] {
        check(
            text,
            &format!("a condition cannot use `{word}`: compare columns with values, and connect them by and, or, not"),
        );
    }
    for text in [
        "pg_sleep(9) is null",
        "region = E'x'",
        "load_extension('x') = 1",
        "writefile('a', 'b') = 1",
        "sqlite_version() = 'x'",
    ] {
        let error = Condition::parse(text).unwrap_err().to_string();
        assert!(error.starts_with("unknown column `"), "{error}");
    }
}

#[test]
fn a_mistake_is_named() {
    for (text, expected) in [
        ("", "a column or a value is missing at the end"),
        ("region", "a comparison is missing at the end"),
        ("region = 'FR' messages > 1", "and or or is missing before `messages`"),
        ("region = 'FR", "a text has no end: close it with '"),
        ("(region = 'FR'", ") is missing at the end"),
        ("region = 'FR')", "and or or is missing before `)`"),
        ("messages > '5'", "`messages` is a number, and is compared with a text"),
        ("region = 5", "`region` is a text, and is compared with a number"),
        ("messages like '5%'", "`messages` is a number, and is compared with a text"),
        ("last_at < region", "`last_at` is a date, and is compared with a text"),
        ("consent = 'oui'", "`consent` is never 'oui': it is one of `yes`, `unclear`, `no`, `stop`"),
        ("reachable in ('yes', 'true')", "`reachable` is never 'true': it is one of `yes`, `no`"),
        (
            "last_at < '01/02/2026'",
            "'01/02/2026' is no date: write it as '2026-01-31' or '2026-01-31T12:00:00Z', or as days_ago(90)",
        ),
        (
            "last_at < '2026-02-30'",
            "'2026-02-30' is no date: write it as '2026-01-31' or '2026-01-31T12:00:00Z', or as days_ago(90)",
        ),
        (
            "last_at = '2026-01-31'",
            "a date is not equal to a time: compare `last_at` by <, >= or between, or write the time too",
        ),
        ("messages > 99999999999999999999", "99999999999999999999 is too large"),
        ("last_at > days_ago(-1)", "the number of days_ago is too large"),
    ] {
        check(text, expected);
    }
    let deep = "(".repeat(60) + "1 = 1" + &")".repeat(60);
    check(&deep, "a condition has at most 50 brackets within each other");
    let error = Condition::parse("mesages > 5").unwrap_err().to_string();
    assert!(error.starts_with("unknown column `mesages`, expected one of `contact_id`, `e164`, "), "{error}");
}
