use super::*;

fn error(message: &OutgoingMessage) -> String {
    message.prepare().map_or_else(|it| it.to_string(), |_| "sent".to_owned())
}

#[test]
fn a_text_has_at_most_4096_characters_and_may_have_lines() {
    assert_eq!(error(&text(&"é".repeat(4096))), "sent");
    assert_eq!(error(&text("a\nb\tc     d")), "sent");
    assert_eq!(error(&text(&"é".repeat(4097))), "the text has 4097 characters, 4096 at most: shorten it");
    assert_eq!(error(&text(" ")), "the text is empty: give it a value, or use a template without it");
    assert_eq!(error(&text("a\0b")), "the text has a character that cannot be printed: remove it");
}

#[test]
fn a_value_that_the_platform_refuses_is_named_by_its_variable_and_not_shown() {
    let body = |name: Option<&str>, value: &str| {
        let name = name.map(str::to_owned);
        error(&with_template(|it| it.body = vec![TextParameter { name, text: Personal(value.into()) }]))
    };
    assert_eq!(body(None, "a    b"), "sent");
    for value in ["a\nb", "a\tb", "a\r\nb", "a     b", "a\u{2028}b"] {
        let told = "variable {{1}} of the body has a line break, a tab or more than 4 spaces in a row, which WhatsApp \
            refuses: replace them";
        assert_eq!(body(None, value), told, "{value:?}");
    }
    let empty = "variable {{name}} of the body is empty: give it a value, or use a template without it";
    assert_eq!(body(Some("name"), ""), empty);
    let long = "variable {{name}} of the body has 1025 characters, 1024 at most: shorten it";
    assert_eq!(body(Some("name"), &"x".repeat(1025)), long);
    assert_eq!(body(None, "a\u{7}b"), "variable {{1}} of the body has a character that cannot be printed: remove it");
}

#[test]
fn values_together_fit_into_a_body() {
    let value = |n: usize| TextParameter { name: None, text: Personal("x".repeat(n)) };
    assert_eq!(error(&with_template(|it| it.body = vec![value(512), value(512)])), "sent");
    let error = error(&with_template(|it| it.body = vec![value(513), value(512)]));
    assert_eq!(error, "the body has 1025 characters, 1024 at most: shorten it");
}

#[test]
fn variables_have_all_names_or_none_and_each_one_value() {
    let value = |name: Option<&str>| TextParameter { name: name.map(str::to_owned), text: Personal("x".into()) };
    let mixed = error(&with_template(|it| it.body = vec![value(Some("a")), value(None)]));
    assert_eq!(mixed, "some variables of the body have names and some have none: name all, or none");
    let twice = error(&with_template(|it| it.body = vec![value(Some("a")), value(Some("a"))]));
    assert_eq!(twice, "two values are given for variable {{a}} of the body: give one");
}

#[test]
fn a_header_and_buttons_have_limits_of_their_own() {
    let header = |value: &str| HeaderParameter::Text(TextParameter { name: None, text: Personal(value.into()) });
    let long = error(&with_template(|it| it.header = Some(header(&"x".repeat(61)))));
    assert_eq!(long, "variable {{1}} of the header has 61 characters, 60 at most: shorten it");
    let buttons = |buttons: &[(u8, ButtonValue)]| {
        let buttons = buttons.iter().map(|(index, value)| ButtonParameter { index: *index, value: value.clone() });
        error(&with_template(|it| it.buttons = buttons.collect()))
    };
    let code = ButtonValue::CopyCode { code: Personal("x".repeat(16)) };
    assert_eq!(buttons(&[(0, code)]), "button 0 has 16 characters, 15 at most: shorten it");
    let url = ButtonValue::Url { suffix: Personal("a b\n".into()) };
    assert!(buttons(&[(1, url)]).starts_with("button 1 has a line break"));
    let reply = ButtonValue::QuickReply { payload: "STOP".into() };
    assert_eq!(buttons(&[(0, reply.clone()), (0, reply.clone())]), "two values are given for button 0: give one");
    assert_eq!(buttons(&[(10, reply)]), "button 10 is not there: a template has at most 10 buttons, counted from 0");
}

#[test]
fn a_recipient_is_a_number_or_a_user_id() {
    let to = |recipient: Recipient| error(&OutgoingMessage { recipient, ..text("Bonjour") });
    let phone = "the recipient's phone number must be 5 to 15 digits with the country code: correct the contact";
    for number in ["", "+", "0199000001", "33 199 000 001", "FR.1349", "3319900000100000", "++33199000001"] {
        assert_eq!(to(Recipient::Phone(Personal(number.into()))), phone, "{number}");
    }
    for id in ["FR.1349", "US.ENT.11815799212886844830"] {
        assert_eq!(to(Recipient::UserId(Personal(id.into()))), "sent", "{id}");
    }
    for id in ["", "33199000001", "fr.1349", "FR.", "FR.1 3"] {
        let told = to(Recipient::UserId(Personal(id.into())));
        assert_eq!(told, "the recipient's user id is not one, such as FR.1349: correct the contact", "{id}");
    }
}

#[test]
fn a_sender_an_opaque_id_and_an_endpoint_must_fit_too() {
    let sender = OutgoingMessage { number: "1/../2".into(), ..text("Bonjour") };
    assert_eq!(error(&sender), "the id of the sending number must be digits: correct the sender in the plan");
    let opaque = OutgoingMessage { opaque_id: Some("x".repeat(513)), ..text("Bonjour") };
    assert_eq!(error(&opaque), "the opaque id has 513 characters, 512 at most: shorten it");
    let endpoint = Endpoint::MarketingMessages { product_policy: ProductPolicy::Strict, shares_activity: None };
    let marketing = OutgoingMessage { endpoint, ..text("Bonjour") };
    assert_eq!(error(&marketing), "only templates go to marketing_messages: send text to messages");
}
