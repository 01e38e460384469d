//! Steps that are due while the window is open: session messages.

use model::Finding;
use scenario::{Choice, Loss, Media, MediaKind, Product, Text};
use template::{
    Frame, MAX_BODY, MAX_BUTTON, MAX_BUTTONS, MAX_DESCRIPTION, MAX_LINE, MAX_LIST_BODY, MAX_ROW, MAX_ROWS, MAX_TEXT,
    Row, SessionMessage,
};

use super::text::{retitled, split, title};
use super::titles::{fits_a_row, whole};
use super::{Compiler, SpokenStep, to};
use crate::flow::{Awaits, Outgoing, Route, Sends};
use crate::rules;

/// The text of a message with choices that has no text in the source.
const NO_TEXT: &str = "…";

impl<'a> Compiler<'a> {
    pub(super) fn session(&mut self, mut spoken: SpokenStep<'a>) {
        let mut sends = Vec::new();
        let links = self.links(&mut spoken);
        if let Some(location) = spoken.message.location.take() {
            sends.push(SessionMessage::Location { location });
        }
        let media = self.media(&mut spoken);
        let form = self.form(&mut spoken);
        let n_replies = spoken.message.choices.iter().filter(|it| it.next().is_some()).count();
        if n_replies > 0 {
            self.products_before_choices(&mut spoken, &mut sends);
            return self.choices(spoken, sends, media);
        }
        let frame = match links.is_some() || form.is_some() {
            true => {
                // A header is a text or a medium.
                if media.as_ref().is_some_and(|it| takes_header(it.kind)) {
                    spoken.header_in_text();
                }
                self.frame(&mut spoken)
            }
            false => {
                spoken.frame_in_text();
                Frame::default()
            }
        };
        let is_interactive = links.is_some() || form.is_some() || spoken.asks_location;
        let most = if is_interactive { MAX_BODY } else { MAX_TEXT };
        let mut texts = self.texts(&spoken, most);
        let (header, media) = match media {
            Some(media) if links.is_some() && takes_header(media.kind) && texts.len() == 1 => {
                (Some((media.kind, media.url.to_string())), None)
            }
            media => (None, media),
        };
        match (media, texts.as_slice()) {
            (Some(media), [caption])
                if links.is_none()
                    && form.is_none()
                    && !spoken.is_question
                    && fits(caption, MAX_BODY)
                    && takes_caption(media.kind) =>
            {
                sends.push(SessionMessage::Media {
                    media: media.kind,
                    link: media.url.to_string(),
                    caption: Some(caption.to_string()),
                });
                texts.clear();
            }
            (Some(media), _) => {
                sends.push(SessionMessage::Media { media: media.kind, link: media.url.to_string(), caption: None });
            }
            (None, _) => {}
        }
        let last = if is_interactive { texts.pop().map(|it| it.to_string()) } else { None };
        sends.extend(texts.iter().map(|it| SessionMessage::Text { body: it.to_string() }));
        if let Some((label, url)) = links {
            let body = last.clone().unwrap_or_else(|| label.clone());
            sends.push(SessionMessage::Link { frame, body, media: header, label, url });
        } else if let Some((label, flow, screen)) = form {
            let body = last.unwrap_or_else(|| label.clone());
            sends.push(SessionMessage::Form { frame, body, label, flow, screen });
        } else if spoken.asks_location {
            sends.push(SessionMessage::LocationRequest { body: last.unwrap_or_else(|| NO_TEXT.to_owned()) });
        }
        if !spoken.message.products.is_empty() {
            let products = std::mem::take(&mut spoken.message.products);
            let body = match sends.pop() {
                Some(SessionMessage::Text { body }) => body,
                other => {
                    sends.extend(other);
                    NO_TEXT.to_owned()
                }
            };
            sends.push(self.products(body, products));
        }
        sends.extend(then(&spoken));
        let awaits = Self::awaits(&spoken, Vec::new());
        let next = spoken.message.next.clone();
        self.push_sends(spoken.id, spoken.id, Sends { sends: outgoing(sends), awaits, next });
    }

    /// Products and answers are two messages: the text is with the products.
    fn products_before_choices(&mut self, spoken: &mut SpokenStep<'_>, sends: &mut Vec<SessionMessage>) {
        let products = std::mem::take(&mut spoken.message.products);
        if products.is_empty() {
            return;
        }
        let mut texts = self.texts(spoken, MAX_BODY);
        let body = texts.pop().map_or_else(|| NO_TEXT.to_owned(), |it| it.to_string());
        sends.extend(texts.iter().map(|it| SessionMessage::Text { body: it.to_string() }));
        sends.push(self.products(body, products));
        spoken.message.text = Text::plain(self.button_words.map_or(NO_TEXT, |it| it.choose));
    }

    fn products(&self, body: String, products: Vec<Product>) -> SessionMessage {
        SessionMessage::Products { title: title(&self.scenario.intent, 60, &[]), body, products }
    }

    /// A single link becomes a button; other links, phones and codes go into the text.
    fn links(&mut self, spoken: &mut SpokenStep<'_>) -> Option<(String, String)> {
        let choices = std::mem::take(&mut spoken.message.choices);
        let is_form = |it: &Choice| matches!(it, Choice::Form { .. });
        let (answers, others): (Vec<Choice>, Vec<Choice>) =
            choices.into_iter().partition(|it| it.next().is_some() || is_form(it));
        let is_alone = answers.is_empty() && others.len() == 1 && !spoken.is_question;
        spoken.message.choices = answers;
        if let (true, [Choice::Link { title: label, url }]) = (is_alone, others.as_slice()) {
            let cut = title(label, MAX_BUTTON, &[]);
            if cut != *label {
                self.record_loss(Loss::LongTitle, spoken.n, format!("“{label}” is “{cut}”"));
            }
            return Some((cut, url.to_string()));
        }
        for other in &others {
            spoken.say_as_line(other);
            let message = format!("“{}” is in the text", other.title());
            self.add_finding(Finding::new(&rules::LINK_IN_TEXT, format!("/steps/{}", spoken.n), message));
        }
        None
    }

    /// The lines above and below the text. A line that is too long for that is a paragraph of the text.
    fn frame(&mut self, spoken: &mut SpokenStep<'_>) -> Frame {
        let is_line = |it: &Text| fits(it, MAX_LINE) && !it.to_string().contains('\n');
        if !is_line(&spoken.message.header) || !is_line(&spoken.message.footer) {
            spoken.frame_in_text();
        }
        let line = |it: Text| Some(it.to_string()).filter(|it| !it.is_empty());
        let message = &mut spoken.message;
        let (header, footer) = (std::mem::take(&mut message.header), std::mem::take(&mut message.footer));
        Frame { header: line(header), footer: line(footer) }
    }

    /// Takes the media if WhatsApp can show it; else the address goes into the text.
    pub(super) fn media(&mut self, spoken: &mut SpokenStep<'_>) -> Option<Media> {
        let media = spoken.message.media.take()?;
        match media.kind {
            MediaKind::Gif | MediaKind::Contact | MediaKind::Other => {
                self.record_loss(
                    Loss::MediaKind,
                    spoken.n,
                    format!("{}: its address is in the text", media.kind.name()),
                );
                spoken.say_on_a_line(&media.url);
                None
            }
            _ => Some(media),
        }
    }

    fn texts(&mut self, spoken: &SpokenStep<'_>, most: usize) -> Vec<Text> {
        let texts = split(&spoken.message.text, most, |slot| self.size(slot));
        if texts.len() > 1 {
            self.record_loss(Loss::TextSplit, spoken.n, format!("{} messages", texts.len()));
        }
        texts
    }

    /// How many characters a slot may take.
    pub(super) fn size(&self, slot: &str) -> usize {
        let known = self.slot(slot);
        let example = known.and_then(|it| it.examples.iter().map(|it| it.chars().count()).max());
        let longest = known.and_then(|it| it.longest).map(|it| it as usize);
        // At least the length of the placeholder itself.
        longest.max(example).unwrap_or(20).max(slot.len() + 4)
    }

    fn choices(&mut self, mut spoken: SpokenStep<'a>, mut sends: Vec<SessionMessage>, media: Option<Media>) {
        let rows = self.rows(&spoken);
        let is_short = |it: &Choice| match it {
            Choice::Reply { title, description, .. } => title.chars().count() <= MAX_BUTTON && description.is_none(),
            _ => it.title().chars().count() <= MAX_BUTTON,
        };
        let as_buttons = rows.len() <= MAX_BUTTONS && spoken.message.choices.iter().all(is_short);
        self.say_whole_titles(&mut spoken, &rows, |title, description| as_buttons || fits_a_row(title, description));
        // A header is a text or a medium.
        if as_buttons && media.as_ref().is_some_and(|it| takes_header(it.kind)) {
            spoken.header_in_text();
        }
        let frame = self.frame(&mut spoken);
        let most = if as_buttons { MAX_BODY } else { MAX_LIST_BODY };
        let mut texts = self.texts(&spoken, most);
        let body = texts.pop().map_or_else(|| NO_TEXT.to_owned(), |it| it.to_string());
        let header = match media {
            Some(media) if as_buttons && takes_header(media.kind) => Some((media.kind, media.url.to_string())),
            Some(media) => {
                sends.push(SessionMessage::Media { media: media.kind, link: media.url.to_string(), caption: None });
                None
            }
            None => None,
        };
        sends.extend(texts.iter().map(|it| SessionMessage::Text { body: it.to_string() }));
        if as_buttons {
            let (replies, ways) = self.replies_of(spoken.n, rows);
            sends.push(SessionMessage::Buttons { frame, body, media: header, replies });
            sends.extend(then(&spoken));
            let awaits = Self::awaits(&spoken, ways);
            let next = spoken.message.next.clone();
            return self.push_sends(spoken.id, spoken.id, Sends { sends: outgoing(sends), awaits, next });
        }
        self.lists(&spoken, spoken.id, sends, (frame, body), rows);
    }

    /// The buttons of answers. Titles that are equal get a number.
    fn replies_of(&mut self, n: usize, rows: Vec<(Route, Option<String>)>) -> (Vec<Row>, Vec<Route>) {
        let mut taken = Vec::new();
        let mut replies = Vec::new();
        for (way, _) in rows {
            let title = title(&way.title, MAX_BUTTON, &taken);
            if title != way.title {
                self.record_loss(Loss::LongTitle, n, retitled(&way.title, &title));
            }
            taken.push(title.clone());
            replies.push((Row { id: way.id.clone(), title, description: None }, way));
        }
        replies.into_iter().unzip()
    }

    /// The answers of a message, with their descriptions. A request for a location is a separate step.
    pub(super) fn rows(&mut self, spoken: &SpokenStep<'a>) -> Vec<(Route, Option<String>)> {
        let mut rows = Vec::new();
        for (choice, n) in spoken.message.choices.iter().zip(1..) {
            let mut way = Route {
                id: format!("{}:{n}", short(spoken.id)),
                title: choice.title().to_owned(),
                value: choice.title().to_owned(),
                next: choice.next().cloned().flatten().or_else(|| spoken.message.next.clone()),
                card: None,
                is_ours: false,
                is_location: false,
            };
            let mut described = None;
            match choice {
                Choice::Reply { value, description, .. } => {
                    way.value = value.clone().unwrap_or(way.value);
                    described.clone_from(description);
                }
                Choice::ShareLocation { .. } => {
                    let asks = format!("{}__location_{n}", spoken.id);
                    let body = title(choice.title(), MAX_BODY, &[]);
                    let awaits =
                        Awaits { slot: spoken.message.slot.clone(), other: way.next.clone(), ..Awaits::default() };
                    let sends = outgoing(vec![SessionMessage::LocationRequest { body }]);
                    self.push_sends(&asks, spoken.id, Sends { sends, awaits: Some(awaits), next: way.next.take() });
                    let message = format!("“{}”", choice.title());
                    self.add_finding(Finding::new(&rules::LOCATION_LATER, format!("/steps/{}", spoken.n), message));
                    way.next = to(&asks);
                    way.is_location = true;
                }
                Choice::SharePhone { .. }
                | Choice::Link { .. }
                | Choice::Phone { .. }
                | Choice::CopyCode { .. }
                | Choice::Form { .. } => continue,
            }
            rows.push((way, described));
        }
        rows
    }

    /// Sends a list, or several lists whose last row leads to the next, as separate steps; `first` is the id of the
    /// first.
    pub(super) fn lists(
        &mut self,
        spoken: &SpokenStep<'a>,
        first: &str,
        mut sends: Vec<SessionMessage>,
        (frame, body): (Frame, String),
        rows: Vec<(Route, Option<String>)>,
    ) {
        let n_rows = rows.len();
        let on_a_page = if n_rows <= MAX_ROWS { MAX_ROWS } else { MAX_ROWS - 1 };
        let n_pages = n_rows.div_ceil(on_a_page);
        if n_pages > 1 {
            self.record_loss(Loss::TooManyChoices, spoken.n, format!("{n_rows} choices in {n_pages} lists"));
        }
        let rows = self.listed(spoken.n, rows);
        let button = self.list_button(spoken);
        let page_id = |n: usize| if n == 0 { first.to_owned() } else { format!("{}__page_{}", spoken.id, n + 1) };
        for (n, page) in rows.chunks(on_a_page).enumerate() {
            let (mut rows, mut ways): (Vec<Row>, Vec<Route>) = page.iter().cloned().unzip();
            if n_pages > 1 {
                let turn = self.turn(&page_id(n), if n + 1 == n_pages { 0 } else { n + 1 }, page_id);
                rows.push(Row { id: turn.id.clone(), title: turn.title.clone(), description: None });
                ways.push(turn);
            }
            sends.push(SessionMessage::List { frame: frame.clone(), body: body.clone(), button: button.clone(), rows });
            if n == 0 {
                sends.extend(then(spoken));
            }
            let sends = outgoing(std::mem::take(&mut sends));
            let (awaits, next) = (Self::awaits(spoken, ways), spoken.message.next.clone());
            self.push_sends(&page_id(n), spoken.id, Sends { sends, awaits, next });
        }
    }

    /// The button that opens a list: the scenario's own, or Ferry's word for it.
    fn list_button(&mut self, spoken: &SpokenStep<'_>) -> String {
        let Some(own) = &spoken.message.list_button else {
            return self.button_words.map_or(NO_TEXT, |it| it.choose).to_owned();
        };
        let cut = title(own, MAX_BUTTON, &[]);
        if cut != *own {
            self.record_loss(Loss::LongTitle, spoken.n, format!("“{own}” is “{cut}”"));
        }
        cut
    }

    /// The row that leads from one page to the next, or back to the first.
    fn turn(&self, page: &str, to_page: usize, page_id: impl Fn(usize) -> String) -> Route {
        let (more, back) = self.button_words.map_or((NO_TEXT, NO_TEXT), |it| (it.more, it.back));
        let title = if to_page == 0 { back } else { more }.to_owned();
        let (id, next) = (format!("{}:page", short(page)), to(&page_id(to_page)));
        Route { id, value: title.clone(), title, card: None, next, is_ours: true, is_location: false }
    }

    fn listed(&mut self, n: usize, rows: Vec<(Route, Option<String>)>) -> Vec<(Row, Route)> {
        let mut taken = Vec::new();
        let mut listed = Vec::new();
        for (way, description) in rows {
            let row_title = title(&way.title, MAX_ROW, &taken);
            let is_cut = row_title != way.title;
            let wanted = if is_cut { Some(whole(&way.title, description.as_deref())) } else { description };
            let description = wanted.as_ref().map(|it| title(it, MAX_DESCRIPTION, &[])).filter(|it| !it.is_empty());
            if is_cut || description.as_ref() != wanted.as_ref() {
                let what = match (is_cut, &wanted, &description) {
                    (false, Some(whole), Some(cut)) => {
                        format!("the description of “{}”, “{whole}”, is “{cut}”", way.title)
                    }
                    _ => retitled(&way.title, &row_title),
                };
                self.record_loss(Loss::LongTitle, n, what);
            }
            taken.push(row_title.clone());
            listed.push((Row { id: way.id.clone(), title: row_title, description }, way));
        }
        listed
    }
}

/// The media that are sent right after a message.
fn then(spoken: &SpokenStep<'_>) -> Vec<SessionMessage> {
    let media = |it: &Media| SessionMessage::Media { media: it.kind, link: it.url.to_string(), caption: None };
    spoken.message.then.iter().map(media).collect()
}

/// The end of a step's id, short enough for the id of a row.
pub(super) fn short(id: &str) -> String {
    let tail: Vec<char> = id.chars().rev().take(150).collect();
    tail.into_iter().rev().collect()
}

fn fits(text: &Text, most: usize) -> bool {
    text.to_string().chars().count() <= most
}

fn takes_caption(kind: MediaKind) -> bool {
    matches!(kind, MediaKind::Image | MediaKind::Video | MediaKind::Document)
}

pub(super) fn takes_header(kind: MediaKind) -> bool {
    takes_caption(kind)
}

fn outgoing(messages: Vec<SessionMessage>) -> Vec<Outgoing> {
    messages.into_iter().map(Outgoing::Message).collect()
}
