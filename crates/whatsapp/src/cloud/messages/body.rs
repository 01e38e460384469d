//! The JSON of a message. Optional members are left out where they would say the default.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    ButtonParameter, ButtonValue, Endpoint, HeaderParameter, Media, MessageContent, OutgoingMessage, ProductPolicy,
    Recipient, TemplateMessage, TextParameter,
};

/// The body of a send. Source: Meta, Messages and Marketing Messages API.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    /// With a plus sign: without one the platform may put the country code of the sender before the digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_activity_sharing: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biz_opaque_callback_data: Option<&'a str>,
}

impl<'a> Body<'a> {
    pub(super) fn of(message: &'a OutgoingMessage) -> Self {
        let (to, recipient) = match &message.recipient {
            Recipient::Phone(phone) => (Some(format!("+{}", phone.0.trim_start_matches('+'))), None),
            Recipient::UserId(id) => (None, Some(id.0.as_str())),
        };
        let (kind, text, template) = match &message.content {
            MessageContent::Text { body, preview_url } => ("text", Some(text(&body.0, *preview_url)), None),
            MessageContent::Template(it) => ("template", None, Some(template(it))),
        };
        let (product_policy, message_activity_sharing) = match message.endpoint {
            Endpoint::Messages => (None, None),
            Endpoint::MarketingMessages { product_policy, shares_activity } => {
                (Some(policy(product_policy)), shares_activity)
            }
        };
        Self {
            messaging_product: "whatsapp",
            recipient_type: "individual",
            to,
            recipient,
            r#type: kind,
            text,
            template,
            product_policy,
            message_activity_sharing,
            biz_opaque_callback_data: message.opaque_id.as_deref(),
        }
    }
}

fn policy(policy: ProductPolicy) -> &'static str {
    match policy {
        ProductPolicy::CloudApiFallback => "CLOUD_API_FALLBACK",
        ProductPolicy::Strict => "STRICT",
    }
}

fn text(body: &str, preview_url: bool) -> Value {
    match preview_url {
        true => json!({ "body": body, "preview_url": true }),
        false => json!({ "body": body }),
    }
}

fn template(template: &TemplateMessage) -> Value {
    let header = template.header.iter().map(|it| json!({ "type": "header", "parameters": [header_parameter(it)] }));
    let body = (!template.body.is_empty()).then(|| {
        let parameters: Vec<Value> = template.body.iter().map(text_parameter).collect();
        json!({ "type": "body", "parameters": parameters })
    });
    let components: Vec<Value> = header.chain(body).chain(template.buttons.iter().map(button)).collect();
    let mut value = json!({ "name": template.name, "language": { "code": template.language } });
    if !components.is_empty() {
        value["components"] = components.into();
    }
    value
}

fn header_parameter(header: &HeaderParameter) -> Value {
    match header {
        HeaderParameter::Text(it) => text_parameter(it),
        HeaderParameter::Image(it) => json!({ "type": "image", "image": media(it) }),
        HeaderParameter::Video(it) => json!({ "type": "video", "video": media(it) }),
        HeaderParameter::Document { media: it, filename } => {
            let mut document = media(it);
            if let Some(filename) = filename {
                document["filename"] = filename.as_str().into();
            }
            json!({ "type": "document", "document": document })
        }
    }
}

fn media(media: &Media) -> Value {
    match media {
        Media::Id(id) => json!({ "id": id }),
        Media::Link(link) => json!({ "link": link.0 }),
    }
}

fn text_parameter(parameter: &TextParameter) -> Value {
    match &parameter.name {
        Some(name) => json!({ "type": "text", "parameter_name": name, "text": parameter.text.0 }),
        None => json!({ "type": "text", "text": parameter.text.0 }),
    }
}

fn button(button: &ButtonParameter) -> Value {
    let (sub_type, parameter) = match &button.value {
        ButtonValue::QuickReply { payload } => ("quick_reply", json!({ "type": "payload", "payload": payload })),
        ButtonValue::Url { suffix } => ("url", json!({ "type": "text", "text": suffix.0 })),
        ButtonValue::CopyCode { code } => ("copy_code", json!({ "type": "coupon_code", "coupon_code": code.0 })),
        ButtonValue::Flow { token } => {
            let action = token.as_ref().map_or_else(|| json!({}), |it| json!({ "flow_token": it }));
            ("flow", json!({ "type": "action", "action": action }))
        }
    };
    // The index is a text in Meta's documentation.
    json!({ "type": "button", "sub_type": sub_type, "index": button.index.to_string(), "parameters": [parameter] })
}
