use expect_test::{Expect, expect};
use serde_json::Value;

use super::*;

fn check(message: &OutgoingMessage, expected: Expect) {
    let prepared = message.prepare().unwrap();
    let body: Value = serde_json::from_slice(&prepared.body).unwrap();
    expected.assert_eq(&format!("{}\n{body:#}\n", prepared.path));
}

#[test]
fn a_text_is_its_body_and_says_only_what_is_not_the_default() {
    check(
        &text("Bonjour"),
        expect![[r#"
            106540352242922/messages
            {
              "biz_opaque_callback_data": "0197ab",
              "messaging_product": "whatsapp",
              "recipient_type": "individual",
              "text": {
                "body": "Bonjour"
              },
              "to": "+33199000001",
              "type": "text"
            }
        "#]],
    );
}

#[test]
fn a_user_id_stands_in_for_the_number() {
    let message = OutgoingMessage { recipient: Recipient::UserId(Personal("FR.1349".into())), ..text("Bonjour") };
    let prepared = message.prepare().unwrap();
    let body: Value = serde_json::from_slice(&prepared.body).unwrap();
    assert_eq!((&body["recipient"], body.get("to")), (&Value::from("FR.1349"), None));
}

#[test]
fn a_number_has_one_plus_sign_however_it_comes() {
    for number in ["33199000001", "+33199000001"] {
        let message = OutgoingMessage { recipient: Recipient::Phone(Personal(number.into())), ..text("Bonjour") };
        let body: Value = serde_json::from_slice(&message.prepare().unwrap().body).unwrap();
        assert_eq!(body["to"], "+33199000001");
    }
}

#[test]
fn a_template_without_variables_has_no_components() {
    let message = with_template(|it| it.body.clear());
    let body: Value = serde_json::from_slice(&message.prepare().unwrap().body).unwrap();
    assert_eq!(body["template"], serde_json::json!({ "name": "order_shipped", "language": { "code": "fr" } }));
}

#[test]
fn a_marketing_template_takes_every_kind_of_value() {
    let named = |name: &str, text: &str| TextParameter { name: Some(name.into()), text: Personal(text.into()) };
    let message = OutgoingMessage {
        endpoint: Endpoint::MarketingMessages {
            product_policy: ProductPolicy::CloudApiFallback,
            shares_activity: Some(false),
        },
        ..with_template(|it| {
            it.header =
                Some(HeaderParameter::Document { media: Media::Id("77".into()), filename: Some("offre.pdf".into()) });
            it.body = vec![named("name", "Ana"), named("order", "A-17")];
            it.buttons = [
                ButtonValue::QuickReply { payload: "STOP".into() },
                ButtonValue::Url { suffix: Personal("a?b=1".into()) },
                ButtonValue::CopyCode { code: Personal("NOEL25".into()) },
                ButtonValue::Flow { token: Some("t".into()) },
            ]
            .into_iter()
            .zip(0..)
            .map(|(value, index)| ButtonParameter { index, value })
            .collect();
        })
    };
    check(
        &message,
        expect![[r#"
            106540352242922/marketing_messages
            {
              "biz_opaque_callback_data": "0197ab",
              "message_activity_sharing": false,
              "messaging_product": "whatsapp",
              "product_policy": "CLOUD_API_FALLBACK",
              "recipient_type": "individual",
              "template": {
                "components": [
                  {
                    "parameters": [
                      {
                        "document": {
                          "filename": "offre.pdf",
                          "id": "77"
                        },
                        "type": "document"
                      }
                    ],
                    "type": "header"
                  },
                  {
                    "parameters": [
                      {
                        "parameter_name": "name",
                        "text": "Ana",
                        "type": "text"
                      },
                      {
                        "parameter_name": "order",
                        "text": "A-17",
                        "type": "text"
                      }
                    ],
                    "type": "body"
                  },
                  {
                    "index": "0",
                    "parameters": [
                      {
                        "payload": "STOP",
                        "type": "payload"
                      }
                    ],
                    "sub_type": "quick_reply",
                    "type": "button"
                  },
                  {
                    "index": "1",
                    "parameters": [
                      {
                        "text": "a?b=1",
                        "type": "text"
                      }
                    ],
                    "sub_type": "url",
                    "type": "button"
                  },
                  {
                    "index": "2",
                    "parameters": [
                      {
                        "coupon_code": "NOEL25",
                        "type": "coupon_code"
                      }
                    ],
                    "sub_type": "copy_code",
                    "type": "button"
                  },
                  {
                    "index": "3",
                    "parameters": [
                      {
                        "action": {
                          "flow_token": "t"
                        },
                        "type": "action"
                      }
                    ],
                    "sub_type": "flow",
                    "type": "button"
                  }
                ],
                "language": {
                  "code": "fr"
                },
                "name": "order_shipped"
              },
              "to": "+33199000001",
              "type": "template"
            }
        "#]],
    );
}

#[test]
fn no_print_shows_the_person_or_what_is_said() {
    let message = text("secret words");
    let shown = format!("{message:?} {:?}", message.prepare().unwrap());
    assert!(!shown.contains("33199000001") && !shown.contains("secret"), "{shown}");
}
