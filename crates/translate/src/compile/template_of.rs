//! Steps that can be due while the window is closed: templates.

use std::sync::LazyLock;

use model::scenario::{Choice, MediaKind};
use model::{Finding, Loss, Piece, Text};
use regex::Regex;
use serde_json::json;
use template::{
    Body, BodyExample, BodyValues, Button, Buttons, Component, Footer, Header, MAX_TEMPLATE_BODY, MAX_TEMPLATE_BUTTON,
    MAX_TEMPLATE_BUTTONS, MAX_URL, NamedExample, Phrases, Promotion, SessionMessage, Template, fix, variables,
};

use super::category::{category, is_code};
use super::session::takes_header;
use super::text::{split, title};
use super::{Compiler, Parameters, Spoken, to};
use crate::flow::{Awaits, Outgoing, Sends, Way};
use crate::rules;

/// Room that words which may have to be added take.
const ROOM: usize = 40;

static LAST_LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)^(.*\S)\s+(https?://\S*[^\s.,;!?)])[.!]?$").ok());

/// The buttons of a template on their way, and where they lead.
#[derive(Default)]
struct Tapped {
    buttons: Vec<Button>,
    ways: Vec<Way>,
    /// Slots at the ends of addresses.
    ends: Vec<(usize, String)>,
    /// Answers that had no place: they follow in a list.
    later: Vec<(Way, Option<String>)>,
}

impl<'a> Compiler<'a> {
    pub(super) fn template(&mut self, mut spoken: Spoken<'a>) {
        let (category, reason) = category(self.scenario, &spoken.message);
        let place = format!("/steps/{}", spoken.n);
        self.tell(Finding::new(&rules::CATEGORY, place.clone(), format!("{category}: {reason}")));
        if category == "AUTHENTICATION" {
            return self.code(&spoken);
        }
        if !self.scenario.trigger.is_by_business() {
            let told = "so much time can pass before it that the window is closed";
            self.tell(Finding::new(&rules::HANDOVER_TEXT, place, told));
        }
        let (header, header_value) = self.header(&mut spoken);
        let mut tapped = self.tapped(&mut spoken, category);
        let texts = self.bodies(&spoken);
        let footer = self.opt_out(&spoken, category, &mut tapped);
        let mut sends = Vec::new();
        let n_texts = texts.len();
        let mut header = header;
        for (n, text) in texts.iter().enumerate() {
            let is_last = n + 1 == n_texts;
            let name = self.name(&spoken, n, n_texts);
            let mut components: Vec<Component> = header.take().map(Component::Header).into_iter().collect();
            let (body, parameters) = self.body(text);
            components.push(Component::Body(body));
            if is_last {
                components
                    .extend(footer.clone().map(|it| Component::Footer(Footer { text: Some(it), ..Footer::default() })));
                if !tapped.buttons.is_empty() {
                    components.push(Component::Buttons(Buttons { buttons: tapped.buttons.clone() }));
                }
            }
            self.add(spoken.n, name.clone(), category, components);
            sends.push(Outgoing::Template {
                name,
                language: self.language.to_owned(),
                parameters,
                buttons: if is_last { tapped.ends.clone() } else { Vec::new() },
                header: if n == 0 { header_value.clone() } else { None },
            });
        }
        if !tapped.later.is_empty() {
            return self.later(&spoken, sends, tapped);
        }
        // A button that stops marketing waits for nobody.
        let is_answered = tapped.ways.iter().any(|it| !it.is_ours) || spoken.is_question;
        let awaits = if is_answered { Self::awaits(&spoken, tapped.ways) } else { None };
        let next = spoken.message.next.clone();
        self.push_sends(spoken.id, spoken.id, Sends { sends, awaits, next });
    }

    /// More choices than buttons: the customer answers, and the list comes then, within the window.
    fn later(&mut self, spoken: &Spoken<'a>, sends: Vec<Outgoing>, tapped: Tapped) {
        let list = format!("{}__choices", spoken.id);
        let mut ways = tapped.ways;
        for way in ways.iter_mut().filter(|it| it.is_ours && it.next.is_none() && it.id == "continue") {
            way.next = to(&list);
        }
        // Whatever is written opens the window too.
        let awaits = Awaits { ways, slot: None, other: to(&list), timeout: spoken.message.timeout.clone() };
        self.push_sends(spoken.id, spoken.id, Sends { sends, awaits: Some(awaits), next: None });
        let body = self.phrases.map_or("…", |it| it.choose).to_owned();
        let mut after = Spoken { message: spoken.message.clone(), ..*spoken };
        after.message.timeout = None;
        let id: &str = &list;
        let n_before = self.steps.len();
        let none: Vec<SessionMessage> = Vec::new();
        self.lists(&after, none, body, tapped.later);
        // The lists have names of their own: the step itself is the template.
        let own = after.id;
        for step in &mut self.steps[n_before..] {
            if step.id == own {
                step.id = id.to_owned();
            }
            if let crate::flow::FlowAct::Send(Sends { awaits: Some(awaits), .. }) = &mut step.act {
                for way in awaits.ways.iter_mut().filter(|it| it.is_ours && it.next.as_deref() == Some(own)) {
                    way.next = to(id);
                }
            }
        }
    }

    /// A code has a text of WhatsApp's own and a button that copies it.
    fn code(&mut self, spoken: &Spoken<'a>) {
        let slots: Vec<&str> = spoken.message.text.slots().collect();
        let code = slots.iter().find(|it| is_code(it)).or(slots.first()).map_or("code", |it| *it).to_owned();
        self.lose(Loss::CodeText, spoken.n, spoken.message.text.to_string());
        for slot in slots.iter().filter(|it| **it != code) {
            self.lose(Loss::CodeText, spoken.n, format!("the value {{{{{slot}}}}}"));
        }
        let name = self.name(spoken, 0, 1);
        let body = Body { add_security_recommendation: Some(true), ..Body::default() };
        let otp = Button { kind: "OTP".into(), otp_type: Some("COPY_CODE".into()), ..Button::default() };
        let components = vec![Component::Body(body), Component::Buttons(Buttons { buttons: vec![otp] })];
        self.add(spoken.n, name.clone(), "AUTHENTICATION", components);
        let buttons = vec![(0, code.clone())];
        let language = self.language.to_owned();
        let sends = vec![Outgoing::Template { name, language, parameters: vec![code], buttons, header: None }];
        let awaits = Self::awaits(spoken, Vec::new());
        let next = spoken.message.next.clone();
        self.push_sends(spoken.id, spoken.id, Sends { sends, awaits, next });
    }

    fn add(&mut self, n: usize, name: String, category: &str, components: Vec<Component>) {
        let format = (self.options.parameters == Parameters::Named).then(|| "NAMED".to_owned());
        let mut template = Template {
            name,
            language: self.language.to_owned(),
            category: category.to_owned(),
            components,
            ..Template::default()
        };
        if template.components.iter().any(has_variables) {
            template.parameter_format = format;
        }
        let before = template.body_text().to_owned();
        let fixed = fix(&mut template);
        if !fixed.is_empty() && template.body_text() != before {
            let names: Vec<&str> = fixed.iter().map(|it| it.name).collect();
            let told = format!("“{}” ({})", template.body_text(), names.join(", "));
            self.tell(Finding::new(&rules::TEXT_ADDED, format!("/steps/{n}/text"), told));
        }
        self.templates.push(template);
    }

    /// The name of the scenario, and of the step where there are several templates.
    fn name(&self, spoken: &Spoken<'_>, part: usize, n_parts: usize) -> String {
        let n_closed =
            self.scenario.steps.iter().filter(|it| it.act.text().is_some() && self.is_closed(&it.id)).count();
        let mut name = self.scenario.id.clone();
        if n_closed > 1 {
            name = format!("{name}_{}", model::slot_name(spoken.id));
        }
        if n_parts > 1 {
            name = format!("{name}_{}", part + 1);
        }
        name.truncate(template::MAX_NAME);
        name
    }

    fn header(&mut self, spoken: &mut Spoken<'_>) -> (Option<Header>, Option<String>) {
        let header = |format: &str| Some(Header { format: format.to_owned(), ..Header::default() });
        if let Some(location) = spoken.message.location.take() {
            if spoken.message.media.take().is_some() {
                self.lose(Loss::MediaKind, spoken.n, "a header is a place or a picture, not both");
            }
            let told = format!("{},{}", location.latitude, location.longitude);
            return (header("LOCATION"), Some(told));
        }
        let Some(media) = self.media(spoken) else { return (None, None) };
        if !takes_header(media.kind) {
            let told = format!("{}: its address stands in the text", media.kind.name());
            self.lose(Loss::MediaKind, spoken.n, told);
            spoken.message.text.push_plain("\n");
            spoken.message.text.push(&media.url);
            return (None, None);
        }
        if media.url.slots().next().is_some() {
            self.lose(Loss::MediaVariable, spoken.n, media.url.to_string());
        }
        let format = match media.kind {
            MediaKind::Image => "IMAGE",
            MediaKind::Video => "VIDEO",
            _ => "DOCUMENT",
        };
        (header(format), Some(media.url.to_string()))
    }

    fn tapped(&mut self, spoken: &mut Spoken<'a>, category: &str) -> Tapped {
        let mut tapped = Tapped::default();
        self.replies(spoken, category, &mut tapped);
        self.actions(spoken, &mut tapped);
        self.link_of_text(spoken, &mut tapped);
        if !spoken.message.products.is_empty() && tapped.buttons.len() < MAX_TEMPLATE_BUTTONS {
            let kind = if spoken.message.products.len() == 1 { "SPM" } else { "MPM" };
            let text = self.phrases.map_or("…", |it| it.open).to_owned();
            tapped.buttons.push(Button { kind: kind.into(), text: Some(text), ..Button::default() });
        }
        tapped
    }

    /// Quick replies; where there are too many, one that goes on to a list.
    fn replies(&mut self, spoken: &Spoken<'a>, category: &str, tapped: &mut Tapped) {
        let n_actions = spoken.message.choices.iter().filter(|it| it.next().is_none()).count().min(4);
        let n_stop = usize::from(category == "MARKETING");
        let room = MAX_TEMPLATE_BUTTONS - n_actions - n_stop;
        let rows = self.rows(spoken);
        if rows.len() > room {
            self.lose(Loss::ChoicesLater, spoken.n, format!("{} choices", rows.len()));
            let text = self.phrases.map_or("OK", |it: &Phrases| it.go_on).to_owned();
            tapped.ways.push(Way {
                id: "continue".into(),
                value: text.clone(),
                title: text.clone(),
                next: None,
                is_ours: true,
                is_location: false,
            });
            tapped.buttons.push(reply(text));
            tapped.later = rows;
            return;
        }
        let mut taken = Vec::new();
        for (mut way, described) in rows {
            let text = title(&way.title, MAX_TEMPLATE_BUTTON, &taken);
            if text != way.title {
                self.lose(Loss::LongTitle, spoken.n, format!("“{}” is “{text}”", way.title));
            }
            if let Some(description) = described {
                self.lose(Loss::LongTitle, spoken.n, format!("“{text}” without “{description}”"));
            }
            // The payload of a quick reply is its text unless the sender gives another.
            way.id.clone_from(&text);
            taken.push(text.clone());
            tapped.buttons.push(reply(text));
            tapped.ways.push(way);
        }
    }

    /// Links, a phone, a code to copy; what finds no place stands in the text.
    fn actions(&mut self, spoken: &mut Spoken<'_>, tapped: &mut Tapped) {
        let choices = std::mem::take(&mut spoken.message.choices);
        let is_answer: Vec<bool> = choices.iter().map(|it| it.next().is_some()).collect();
        if is_answer.windows(2).any(|it| !it[0] && it[1]) {
            let told = "answers come first";
            self.tell(Finding::new(&rules::BUTTON_ORDER, format!("/steps/{}", spoken.n), told));
        }
        for choice in &choices {
            let n_of = |kind: &str| tapped.buttons.iter().filter(|it| it.is(kind)).count();
            let taken: Vec<String> = tapped.buttons.iter().filter_map(|it| it.text.clone()).collect();
            let text = title(choice.title(), MAX_TEMPLATE_BUTTON, &taken);
            let n_button = tapped.buttons.len();
            let button = match choice {
                Choice::Link { url, .. } if n_of("URL") < 2 => self.link(url, text.clone(), n_button, &mut tapped.ends),
                Choice::Phone { number, .. } if n_of("PHONE_NUMBER") < 1 && number.chars().count() <= 20 => {
                    Some(Button {
                        kind: "PHONE_NUMBER".into(),
                        phone_number: Some(number.clone()),
                        text: Some(text.clone()),
                        ..Button::default()
                    })
                }
                Choice::CopyCode { code, .. } if n_of("COPY_CODE") < 1 => {
                    let example: String = self.filled(code).chars().take(15).collect();
                    Some(Button { kind: "COPY_CODE".into(), example: Some(json!(example)), ..Button::default() })
                }
                Choice::Link { .. } | Choice::Phone { .. } | Choice::CopyCode { .. } => None,
                Choice::Reply { .. } | Choice::ShareLocation { .. } | Choice::SharePhone { .. } => continue,
            };
            match button {
                Some(button) => {
                    if button.text.as_deref().is_some_and(|it| it != choice.title()) {
                        self.lose(Loss::LongTitle, spoken.n, format!("“{}” is “{text}”", choice.title()));
                    }
                    tapped.buttons.push(button);
                }
                None => {
                    let mut line = Text::plain(&format!("\n{}: ", choice.title()));
                    match choice {
                        Choice::Link { url, .. } => line.push(url),
                        Choice::Phone { number, .. } => line.push_plain(number),
                        Choice::CopyCode { code, .. } => line.push(code),
                        _ => {}
                    }
                    spoken.message.text.push(&line);
                    self.lose(Loss::ButtonDropped, spoken.n, format!("“{}” stands in the text", choice.title()));
                }
            }
        }
        spoken.message.choices = choices;
    }

    /// A button for an address; none where something in its middle varies.
    fn link(&mut self, url: &Text, text: String, n_button: usize, ends: &mut Vec<(usize, String)>) -> Option<Button> {
        let slots: Vec<&str> = url.slots().collect();
        let (address, example) = match (slots.as_slice(), url.pieces()) {
            ([], _) => (url.to_string(), None),
            ([slot], [Piece::Plain(start), Piece::Slot(_)]) if start.len() > "https://x".len() => {
                ends.push((n_button, (*slot).to_owned()));
                (format!("{start}{{{{1}}}}"), Some(json!([self.filled(url)])))
            }
            _ => return None,
        };
        if address.chars().count() > MAX_URL || !address.starts_with("http") {
            return None;
        }
        Some(Button { kind: "URL".into(), text: Some(text), url: Some(address), example, ..Button::default() })
    }

    /// A link that a text ends with becomes a button, where there is none yet.
    fn link_of_text(&mut self, spoken: &mut Spoken<'_>, tapped: &mut Tapped) {
        let text = spoken.message.text.to_string();
        let (Some(pattern), Some(phrases)) = (LAST_LINK.as_ref(), self.phrases) else { return };
        let Some(found) = pattern.captures(&text) else { return };
        let (before, url) = (&found[1], Text::parse(&found[2]));
        // “Track it at” alone would say nothing.
        let is_whole = before.ends_with([':', '.', '!', '?', '…', ')', '»', '>', '→']);
        let has_others = !is_whole || before.contains("://") || tapped.buttons.iter().any(|it| it.is("URL"));
        if has_others || tapped.buttons.len() >= MAX_TEMPLATE_BUTTONS - 1 {
            return;
        }
        let n_button = tapped.buttons.len();
        if let Some(button) = self.link(&url, phrases.open.to_owned(), n_button, &mut tapped.ends) {
            let told = format!("{url} is behind “{}”", phrases.open);
            self.tell(Finding::new(&rules::LINK_BUTTON, format!("/steps/{}/text", spoken.n), told));
            tapped.buttons.push(button);
            spoken.message.text = Text::parse(before);
        } else if url.slots().next().is_some() {
            self.lose(Loss::LinkVariable, spoken.n, url.to_string());
        }
    }

    /// The quick reply and the footer that stop marketing, where the text does not say how.
    fn opt_out(&mut self, spoken: &Spoken<'_>, category: &str, tapped: &mut Tapped) -> Option<String> {
        let phrases = self.phrases.filter(|_| category == "MARKETING")?;
        let text = spoken.message.text.to_string();
        if Promotion::says_how_to_stop(&self.scenario.language, &text) || tapped.buttons.len() >= MAX_TEMPLATE_BUTTONS {
            return None;
        }
        let at = tapped.buttons.iter().filter(|it| it.is("QUICK_REPLY")).count();
        for end in &mut tapped.ends {
            end.0 += 1;
        }
        tapped.buttons.insert(at, reply(phrases.stop.to_owned()));
        tapped.ways.push(Way {
            id: phrases.stop.to_owned(),
            title: phrases.stop.to_owned(),
            value: phrases.stop.to_owned(),
            next: None,
            is_ours: true,
            is_location: false,
        });
        let told = format!("“{}”", phrases.stop);
        self.tell(Finding::new(&rules::OPT_OUT_ADDED, format!("/steps/{}", spoken.n), told));
        Some(phrases.stop_line.to_owned())
    }

    fn bodies(&mut self, spoken: &Spoken<'_>) -> Vec<Text> {
        let text = spoken.message.text.trimmed();
        let text = match text.is_empty() {
            // A template has a body, also where the source shows a place or a picture alone.
            true => {
                let intent = Text::plain(&self.scenario.intent);
                let told = format!("a body: “{intent}”");
                self.tell(Finding::new(&rules::TEXT_ADDED, format!("/steps/{}/text", spoken.n), told));
                intent
            }
            false => text,
        };
        let texts = split(&text, MAX_TEMPLATE_BODY - ROOM, |slot| self.size(slot));
        if texts.len() > 1 {
            self.lose(Loss::TextSplit, spoken.n, format!("{} templates", texts.len()));
        }
        texts
    }

    /// The body with its variables and their examples, and the slots that fill them, in the order of the variables.
    fn body(&mut self, text: &Text) -> (Body, Vec<String>) {
        let named = self.options.parameters == Parameters::Named;
        // Variables by their names, and the slots that fill them.
        let mut filled: Vec<(String, String)> = Vec::new();
        let mut written = String::new();
        for piece in text.pieces() {
            let slot = match piece {
                Piece::Plain(plain) => {
                    written.push_str(plain);
                    continue;
                }
                Piece::Slot(slot) => slot,
            };
            let n_before = filled.iter().filter(|it| it.1 == *slot).count();
            let name = match filled.iter().position(|it| it.1 == *slot) {
                // A number may stand twice, a name may not.
                Some(at) if !named => filled[at].0.clone(),
                Some(_) => format!("{slot}_{}", n_before + 1),
                None if named => slot.clone(),
                None => (filled.len() + 1).to_string(),
            };
            if filled.iter().all(|it| it.0 != name) {
                filled.push((name.clone(), slot.clone()));
            }
            written.push_str(&format!("{{{{{name}}}}}"));
        }
        let examples: Vec<String> = filled.iter().map(|it| self.example(&it.1)).collect();
        let (names, slots): (Vec<String>, Vec<String>) = filled.into_iter().unzip();
        let example = match (named, slots.is_empty()) {
            (_, true) => None,
            (true, _) => {
                let pairs = names.into_iter().zip(examples);
                let named = pairs.map(|(param_name, example)| NamedExample { param_name, example });
                Some(BodyExample { body_text_named_params: named.collect(), ..BodyExample::default() })
            }
            (false, _) => Some(BodyExample { body_text: BodyValues::Lists(vec![examples]), ..BodyExample::default() }),
        };
        (Body { text: Some(written), example, add_security_recommendation: None }, slots)
    }

    fn example(&mut self, slot: &str) -> String {
        if let Some(example) = self.slot(slot).and_then(|it| it.examples.first()) {
            return example.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        let made_up = slot.replace('_', " ");
        self.tell(Finding::new(&rules::EXAMPLE_MADE_UP, "/slots", format!("{{{{{slot}}}}}: “{made_up}”")));
        made_up
    }

    fn filled(&mut self, text: &Text) -> String {
        let mut filled = String::new();
        for piece in text.pieces() {
            match piece {
                Piece::Plain(plain) => filled.push_str(plain),
                Piece::Slot(slot) => filled.push_str(&self.example(slot).replace(' ', "-")),
            }
        }
        filled
    }
}

fn reply(text: String) -> Button {
    Button { kind: "QUICK_REPLY".into(), text: Some(text), ..Button::default() }
}

fn has_variables(component: &Component) -> bool {
    match component {
        Component::Body(it) => it.text.as_deref().is_some_and(|it| !variables(it).0.is_empty()),
        _ => false,
    }
}
