//! A template as a bubble, with its examples in place of its variables.

use template::{Body, Button, Card, Component, Footer, Header, Template};
use translate::SentCard;

use super::answers::{Answers, WhatsApp};
use super::status;
use crate::input::ReviewedTemplate;
use crate::markup::{Markup, exact, filled, formatted, plain};
use crate::values::{of_body, of_header};
use crate::view::{Badge, Bubble, CardView, Line, MediaView, Tap};
use crate::words::{Words, fill};

/// What fills a template when it is sent: the slots of its body, its header, its cards.
type FilledBy<'a> = (&'a [String], Option<&'a str>, &'a [SentCard]);

pub(super) fn template_bubble(
    whatsapp: &WhatsApp<'_>,
    reviewed: &ReviewedTemplate<'_>,
    (parameters, header, cards): FilledBy<'_>,
    answers: &mut Answers<'_>,
) -> Bubble {
    let (template, w) = (&*reviewed.current, whatsapp.w);
    let mut badges = vec![Badge { class: "category", text: w.category(&template.category).to_owned() }];
    badges.extend(status::of_template(reviewed, w));
    let mut bubble = Bubble {
        label: fill(w.template_named, &[&template.name]),
        badges,
        media: template.header().and_then(|it| media(whatsapp, it, header)),
        header: template.header().and_then(header_line),
        body: template.body().and_then(body_line),
        footer: template.footer().and_then(plain_line),
        taps: buttons(whatsapp, template.buttons(), answers, None),
        is_submitted: true,
        ..Bubble::default()
    };
    if let Some(body) = template.body().filter(|it| it.text.is_none()) {
        let code = parameters.first().map(|it| whatsapp.values.slot(it)).unwrap_or_default();
        bubble.body = Some(Line { shown: code_text(body, &code, w), exact: Markup::default() });
        bubble.footer = expiry(template, w);
        bubble.remark = w.written_by_whatsapp.to_owned();
    }
    for (n, card) in template.cards().1.iter().enumerate() {
        bubble.cards.push(card_view(whatsapp, n, card, cards.get(n), answers));
    }
    bubble
}

fn header_line(header: &Header) -> Option<Line> {
    let text = header.text.as_deref().filter(|it| !it.is_empty())?;
    Some(Line { shown: filled(text, &|it| Some(example_or_name(of_header(header, it), it))), exact: exact(text) })
}

fn body_line(body: &Body) -> Option<Line> {
    let text = body.text.as_deref().filter(|it| !it.is_empty())?;
    Some(Line { shown: formatted(text, &|it| Some(example_or_name(of_body(body, it), it))), exact: exact(text) })
}

fn plain_line(text: &str) -> Option<Line> {
    (!text.is_empty()).then(|| Line { shown: plain(text), exact: exact(text) })
}

fn example_or_name(example: Option<String>, name: &str) -> String {
    example.unwrap_or_else(|| format!("‹{name}›"))
}

/// The text that WhatsApp writes around a code.
fn code_text(body: &Body, code: &str, w: &Words) -> Markup {
    let mut text = fill(w.code_text, &[code]);
    if body.add_security_recommendation == Some(true) {
        text.push(' ');
        text.push_str(w.code_warning);
    }
    plain(&text)
}

fn expiry(template: &Template, w: &Words) -> Option<Line> {
    let minutes = template.components.iter().find_map(|it| match it {
        Component::Footer(Footer { code_expiration_minutes: Some(minutes), .. }) => Some(*minutes),
        _ => None,
    })?;
    let text = w.counted(w.code_expires, usize::try_from(minutes).unwrap_or(usize::MAX));
    Some(Line { shown: plain(&text), exact: Markup::default() })
}

fn media(whatsapp: &WhatsApp<'_>, header: &Header, value: Option<&str>) -> Option<MediaView> {
    let w = whatsapp.w;
    let (icon, label) = match header.format.as_str() {
        "IMAGE" => ("image", w.image),
        "VIDEO" => ("video", w.video),
        "DOCUMENT" => ("document", w.document),
        "LOCATION" => ("location", w.location),
        "PRODUCT" => ("product", w.product),
        _ => return None,
    };
    Some(MediaView { icon, label: label.to_owned(), target: whatsapp.filled(value.unwrap_or_default()) })
}

fn card_view(
    whatsapp: &WhatsApp<'_>,
    n: usize,
    card: &Card,
    sent: Option<&SentCard>,
    answers: &mut Answers<'_>,
) -> CardView {
    let body = card.components.iter().find_map(|it| match it {
        Component::Body(body) => Some(body),
        _ => None,
    });
    CardView {
        label: fill(whatsapp.w.card, &[&(n + 1).to_string()]),
        media: card.header().and_then(|it| media(whatsapp, it, sent.map(|it| it.header.as_str()))),
        body: body.and_then(body_line),
        taps: buttons(whatsapp, card.buttons(), answers, sent),
    }
}

fn buttons(whatsapp: &WhatsApp<'_>, all: &[Button], answers: &mut Answers<'_>, card: Option<&SentCard>) -> Vec<Tap> {
    let is_reply = |it: &&Button| it.is("QUICK_REPLY");
    // If there are as many quick replies as answers, an edited text is still in its place.
    let are_paired = card.is_none() && all.iter().filter(is_reply).count() == answers.n_ways();
    let mut n_replies = 0;
    let tap = |(n, button): (usize, &Button)| {
        let title = title_of(button, whatsapp.w);
        if !button.is("QUICK_REPLY") {
            return other_tap(whatsapp.w, button, title);
        }
        let nth = are_paired.then_some(n_replies);
        n_replies += 1;
        let payload = card.and_then(|it| it.payloads.iter().find(|it| it.0 == n)).map(|it| it.1.as_str());
        answers.tap_or_nth(payload.unwrap_or(&title), &title, nth)
    };
    all.iter().enumerate().map(tap).collect()
}

/// A button that is no answer.
fn other_tap(w: &Words, button: &Button, label: String) -> Tap {
    let example = button.examples().first().map(|it| (*it).to_owned());
    let (icon, target, note) = match (&button.url, &button.phone_number) {
        (Some(url), _) if !button.is_otp() => {
            let opened = example.unwrap_or_else(|| url.clone());
            // The example is the whole address; the variable stands for its end.
            let end = |_: &str| Some(opened.strip_prefix(url.split("{{").next()?).unwrap_or(&opened).to_owned());
            ("link", filled(url, &end), fill(w.opens, &[&opened]))
        }
        (_, Some(number)) => ("phone", plain(number), fill(w.dials, &[number])),
        _ if button.is("COPY_CODE") => {
            let code = example.unwrap_or_default();
            ("copy", plain(&code), fill(w.copies, &[&code]))
        }
        _ if button.is_otp() => ("copy", Markup::default(), w.copies_login_code.to_owned()),
        _ if button.is("FLOW") => ("form", Markup::default(), w.opens_form.to_owned()),
        _ => ("product", Markup::default(), w.opens_items.to_owned()),
    };
    Tap { icon, label, target, note, ..Tap::default() }
}

/// The title of a button that WhatsApp words itself.
fn title_of(button: &Button, w: &'static Words) -> String {
    let own = match button.kind.to_ascii_uppercase().as_str() {
        "COPY_CODE" => w.copy_offer_code,
        "OTP" => w.copy_code,
        "MPM" | "SPM" | "CATALOG" => w.view_items,
        _ => "",
    };
    button.text.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| match own {
        "" => button.kind.clone(),
        own => own.to_owned(),
    })
}
