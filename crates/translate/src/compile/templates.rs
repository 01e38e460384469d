//! Steps that can be due while the window is closed: templates.

use model::Finding;
use scenario::{Loss, MediaKind, Text, TextPart};
use template::{
    Body, BodyExample, BodyValues, Buttons, Component, Footer, Frame, Header, HeaderExample, MAX_LINE,
    MAX_TEMPLATE_BODY, NamedExample, Template, fix, fix_without_words, variables,
};

use super::buttons::TemplateButtons;
use super::category::category;
use super::session::takes_header;
use super::text::{length, split};
use super::titles::fits_a_row;
use super::{Compiler, Parameters, SpokenStep, examples, to};
use crate::flow::{Awaits, Outgoing, Sends};
use crate::rules;

/// Room for words that may have to be added, in characters.
const ROOM: usize = 40;

impl<'a> Compiler<'a> {
    pub(super) fn template(&mut self, mut spoken: SpokenStep<'a>) {
        let (category, reason) = category(self.scenario, &spoken.message);
        // WhatsApp writes the text around a code.
        let is_code = category == "AUTHENTICATION" && spoken.message.text.slots().next().is_some();
        if has_no_words(&spoken.message.text) && !is_code {
            return self.no_template(&spoken);
        }
        let place = format!("/steps/{}", spoken.n);
        self.add_finding(Finding::new(&rules::CATEGORY, place, format!("{category}: {reason}")));
        if category == "AUTHENTICATION" {
            return self.code(&spoken);
        }
        self.lines_that_fit(&mut spoken);
        self.note_outside_window(spoken.n);
        let (header, header_value) = self.header(&mut spoken);
        let mut tapped = self.tapped(&mut spoken, category);
        let texts = self.bodies(&spoken);
        let footer = self.footer(&spoken, category, &mut tapped);
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
            let name = self.add(spoken.n, name, category, components);
            sends.push(Outgoing::Template {
                name,
                language: self.language.to_owned(),
                parameters,
                buttons: if is_last { tapped.ends.clone() } else { Vec::new() },
                header: if n == 0 { header_value.clone() } else { None },
                cards: Vec::new(),
            });
        }
        if !tapped.later.is_empty() {
            return self.later(&spoken, sends, tapped);
        }
        // The button that stops marketing does not make the step wait.
        let is_answered = tapped.ways.iter().any(|it| !it.is_ours) || spoken.is_question;
        let awaits = if is_answered { Self::awaits(&spoken, tapped.ways) } else { None };
        let next = spoken.message.next.clone();
        self.push_sends(spoken.id, spoken.id, Sends { sends, awaits, next });
    }

    pub(super) fn note_outside_window(&mut self, n: usize) {
        if !self.scenario.trigger.is_by_business() {
            let message = "the 24-hour window can be closed when it is due";
            self.add_finding(Finding::new(&rules::OUTSIDE_WINDOW, format!("/steps/{n}"), message));
        }
    }

    /// There are more choices than buttons: the list is sent after the customer has answered, within the window.
    fn later(&mut self, spoken: &SpokenStep<'a>, sends: Vec<Outgoing>, tapped: TemplateButtons) {
        let list = format!("{}__choices", spoken.id);
        let mut ways = tapped.ways;
        for way in ways.iter_mut().filter(|it| it.is_ours && it.next.is_none() && it.id == "continue") {
            way.next = to(&list);
        }
        // Any other answer opens the window too.
        let awaits = Awaits { ways, slot: None, other: to(&list), timeout: spoken.message.timeout.clone() };
        self.push_sends(spoken.id, spoken.id, Sends { sends, awaits: Some(awaits), next: None });
        let mut after = SpokenStep { message: spoken.message.clone(), ..*spoken };
        after.message.timeout = None;
        after.message.text = Text::plain(self.button_words.map_or("…", |it| it.choose));
        self.say_whole_titles(&mut after, &tapped.later, fits_a_row);
        let body = after.message.text.to_string();
        self.lists(&after, &list, Vec::new(), (Frame::default(), body), tapped.later);
    }

    /// Moves a header or a footer that a template cannot have into the text: a template's lines are short, its footer
    /// has no variable and its header one at most, and a header is a text or a medium.
    fn lines_that_fit(&mut self, spoken: &mut SpokenStep<'_>) {
        let message = &spoken.message;
        let is_line = |it: &Text, n_slots: usize| {
            length(it, |slot| self.size(slot)) <= MAX_LINE
                && !it.to_string().contains('\n')
                && it.slots().count() <= n_slots
        };
        let has_media = message.media.is_some() || message.location.is_some();
        let keeps_header = message.header.is_empty() || !has_media && is_line(&message.header, 1);
        let keeps_footer = is_line(&message.footer, 0);
        if keeps_header && keeps_footer {
            return;
        }
        let header = if keeps_header { std::mem::take(&mut spoken.message.header) } else { Text::default() };
        let footer = if keeps_footer { std::mem::take(&mut spoken.message.footer) } else { Text::default() };
        let moved = format!("{} {}", spoken.message.header, spoken.message.footer);
        let message = format!("“{}” is in the text: a header or a footer cannot be so", moved.trim());
        self.add_finding(Finding::new(&rules::TEXT_ADDED, format!("/steps/{}/text", spoken.n), message));
        spoken.frame_in_text();
        (spoken.message.header, spoken.message.footer) = (header, footer);
    }

    /// Adds a template and returns its name. An equal template of another step is used again.
    pub(super) fn add(&mut self, n: usize, name: String, category: &str, components: Vec<Component>) -> String {
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
        let header_before = header_text(&template).to_owned();
        let fixed = match self.scenario.language_basis.is_certain() {
            true => fix(&mut template),
            false => fix_without_words(&mut template),
        };
        if header_text(&template) != header_before {
            let header = header_text(&template);
            let message = format!("the header “{header_before}” is “{header}”: headers take no emoji and no marks");
            self.add_finding(Finding::new(&rules::TEXT_ADDED, format!("/steps/{n}/header"), message));
        }
        if !fixed.is_empty() && template.body_text() != before {
            let names: Vec<&str> = fixed.iter().map(|it| it.name).collect();
            let message = format!("“{}” ({})", template.body_text(), names.join(", "));
            self.add_finding(Finding::new(&rules::TEXT_ADDED, format!("/steps/{n}/text"), message));
        }
        let same = |it: &&Template| it.components == template.components && it.category == template.category;
        if let Some(known) = self.templates.iter().find(same) {
            return known.name.clone();
        }
        self.templates.push(template.clone());
        template.name
    }

    /// The name of the scenario, and of the step where there are several templates.
    pub(super) fn name(&self, spoken: &SpokenStep<'_>, part: usize, n_parts: usize) -> String {
        let n_closed =
            self.scenario.steps.iter().filter(|it| it.act.text().is_some() && self.is_closed(&it.id)).count();
        let mut name = self.scenario.id.clone();
        if n_closed > 1 {
            name = format!("{name}_{}", scenario::slot_name(spoken.id));
        }
        if n_parts > 1 {
            name = format!("{name}_{}", part + 1);
        }
        name.truncate(template::MAX_NAME);
        name
    }

    fn header(&mut self, spoken: &mut SpokenStep<'_>) -> (Option<Header>, Option<String>) {
        let header = |format: &str| Some(Header { format: format.to_owned(), ..Header::default() });
        if let Some(location) = spoken.message.location.take() {
            if let Some(media) = spoken.message.media.take() {
                let what = format!("{}: a header is a location or a picture, not both", media.url);
                self.record_loss(Loss::MediaKind, spoken.n, what);
            }
            if location.name.is_some() || location.address.is_some() {
                let named = [&location.name, &location.address].map(|it| it.as_deref().unwrap_or_default()).join(" ");
                let what = format!("the name of the place, “{}”: the sender gives it with each message", named.trim());
                self.record_loss(Loss::FieldDropped, spoken.n, what);
            }
            let message = format!("{},{}", location.latitude, location.longitude);
            return (header("LOCATION"), Some(message));
        }
        let Some(media) = self.media(spoken) else { return self.text_header(spoken) };
        if !takes_header(media.kind) {
            let message = format!("{}: its address is in the text", media.kind.name());
            self.record_loss(Loss::MediaKind, spoken.n, message);
            spoken.say_on_a_line(&media.url);
            return (None, None);
        }
        if media.url.slots().next().is_some() {
            self.record_loss(Loss::MediaVariable, spoken.n, media.url.to_string());
        }
        let format = match media.kind {
            MediaKind::Image => "IMAGE",
            MediaKind::Video => "VIDEO",
            _ => "DOCUMENT",
        };
        (header(format), Some(media.url.to_string()))
    }

    fn text_header(&mut self, spoken: &mut SpokenStep<'_>) -> (Option<Header>, Option<String>) {
        let text = std::mem::take(&mut spoken.message.header);
        if text.is_empty() {
            return (None, None);
        }
        let (body, slots) = self.body(&text);
        let example = body.example.map(|it| HeaderExample {
            header_text: it.body_text.values().to_vec(),
            header_text_named_params: it.body_text_named_params,
            ..HeaderExample::default()
        });
        let header = Header { format: "TEXT".into(), text: body.text, example };
        (Some(header), slots.first().map(|it| format!("{{{{{it}}}}}")))
    }

    /// A template has exactly one body (Meta, template components). Nothing of the source may stand in for it.
    fn no_template(&mut self, spoken: &SpokenStep<'a>) {
        let message = &spoken.message;
        let shows = match (&message.media, &message.location) {
            _ if message.text.slots().next().is_some() => "variable",
            (Some(media), _) => media.kind.name(),
            (None, Some(_)) => "location",
            (None, None) => "link",
        };
        let what = format!("“{}” is a {shows} without a text, and a template must have one", spoken.id);
        let finding = Finding::new(&rules::NO_TEXT, format!("/steps/{}/text", spoken.n), what);
        self.add_finding(finding.fixed_by("write the text that goes with it"));
        let next = message.next.clone();
        // What the customer may answer is still waited for.
        let awaits = if spoken.is_question { Self::awaits(spoken, Vec::new()) } else { None };
        self.push_sends(spoken.id, spoken.id, Sends { sends: Vec::new(), awaits, next });
    }

    pub(super) fn bodies(&mut self, spoken: &SpokenStep<'_>) -> Vec<Text> {
        let text = spoken.message.text.trimmed();
        let texts = split(&text, MAX_TEMPLATE_BODY - ROOM, |slot| self.size(slot));
        if texts.len() > 1 {
            self.record_loss(Loss::TextSplit, spoken.n, format!("{} templates", texts.len()));
        }
        texts
    }

    /// The body with variables and examples, and the slots that fill the variables, in their order.
    pub(super) fn body(&mut self, text: &Text) -> (Body, Vec<String>) {
        let named = self.options.parameters == Parameters::Named;
        // Variables by their names, and the slots that fill them.
        let mut filled: Vec<(String, String)> = Vec::new();
        let mut written = String::new();
        for piece in text.parts() {
            let slot = match piece {
                TextPart::Plain(plain) => {
                    written.push_str(plain);
                    continue;
                }
                TextPart::Slot(slot) => slot,
            };
            let n_before = filled.iter().filter(|it| it.1 == *slot).count();
            let name = match filled.iter().position(|it| it.1 == *slot) {
                // A number may be used twice, a name may not.
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
        let made_up = match &self.options.business.name {
            Some(name) if examples::is_business(slot) => name.clone(),
            _ => examples::of(slot),
        };
        let finding = match examples::is_internal(slot) {
            true => Finding::new(&rules::EXAMPLE_NEEDED, "/slots", format!("{{{{{slot}}}}}: nothing says what it is"))
                .fixed_by("give an example in `slots`"),
            false => Finding::new(&rules::EXAMPLE_MADE_UP, "/slots", format!("{{{{{slot}}}}}: “{made_up}”")),
        };
        self.add_finding(finding);
        made_up
    }

    pub(super) fn filled(&mut self, text: &Text) -> String {
        let mut filled = String::new();
        for piece in text.parts() {
            match piece {
                TextPart::Plain(plain) => filled.push_str(plain),
                TextPart::Slot(slot) => filled.push_str(&self.example(slot).replace(' ', "-")),
            }
        }
        filled
    }
}

fn header_text(template: &Template) -> &str {
    let header = template.components.iter().find_map(|it| match it {
        Component::Header(header) => header.text.as_deref(),
        _ => None,
    });
    header.unwrap_or_default()
}

/// Whether a text is empty, a link alone, or variables alone, which Meta always refuses.
pub(super) fn has_no_words(text: &Text) -> bool {
    let is_link = |it: &str| it.starts_with("http://") || it.starts_with("https://");
    match text.slots().next() {
        None => text.to_string().split_whitespace().all(is_link),
        Some(_) => !text.fill(|_| "".into()).contains(char::is_alphanumeric),
    }
}

fn has_variables(component: &Component) -> bool {
    match component {
        Component::Body(it) => it.text.as_deref().is_some_and(|it| !variables(it).0.is_empty()),
        Component::Header(it) => it.text.as_deref().is_some_and(|it| !variables(it).0.is_empty()),
        Component::Carousel(it) => it.cards.iter().flat_map(|it| &it.components).any(has_variables),
        _ => false,
    }
}
