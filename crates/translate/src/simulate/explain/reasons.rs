//! The findings about the steps of a difference, and what each of them explains.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use model::{Finding, Severity};
use regex::Regex;
use scenario::{Act, Message, Scenario, Text};
use template::{Button, Template};

use super::lines::{Hunk, Line};
use super::words::{Run, is_of_step, plain_words, runs, squeezed, texts_of, values};
use crate::Compiled;
use crate::flow::{FlowAct, Outgoing};

/// Words that a finding names, and its code.
type Piece = (String, &'static str);

/// A finding about a step of the difference.
struct Reason<'a> {
    code: &'static str,
    says: &'a str,
    /// The texts between quotation marks in what it says.
    quoted: Vec<String>,
    scenario: &'a Scenario,
    compiled: &'a Compiled,
    /// The step that it is about; none if it is about a place in the source.
    step: Option<&'a str>,
}

/// The findings about the steps of a difference.
pub(super) struct Reasons<'a> {
    hunk: &'a Hunk<'a>,
    /// All lines of the messages that the difference is in.
    source: Vec<Line<'a>>,
    whatsapp: Vec<Line<'a>>,
    found: Vec<Reason<'a>>,
}

/// Whether a place of a loss is a step, or a part of it such as a question of a form.
pub(super) fn is_same_place(place: &str, step: &str) -> bool {
    let is_part = |whole: &str, part: &str| {
        part.strip_prefix(whole).is_some_and(|it| it.is_empty() || it.starts_with(['.', ' ', ':']))
    };
    !place.is_empty() && !step.is_empty() && (is_part(place, step) || is_part(step, place))
}

/// Whether a finding quotes a step of a source that has no names for its steps: it is called by what it says, with an
/// id in brackets.
fn quotes_step(says: &str, step: &str) -> bool {
    let said = step.rsplit_once(" (").map_or("", |it| it.0);
    !said.is_empty() && says.contains(said)
}

impl<'a> Reasons<'a> {
    /// `source` and `whatsapp` are all lines of the two sides.
    pub(super) fn of(
        sides: &[(&'a Scenario, &'a Compiled)],
        hunk: &'a Hunk<'a>,
        source: &'a [Line<'a>],
        whatsapp: &'a [Line<'a>],
    ) -> Self {
        let around = [hunk.before, hunk.after].into_iter().flatten();
        let ours: Vec<(usize, &str)> =
            hunk.whatsapp.iter().copied().chain(around.map(|it| it.1)).map(|it| (it.scenario, it.step)).collect();
        let mut found = Vec::new();
        for (n, (scenario, compiled)) in sides.iter().enumerate() {
            for it in &compiled.findings {
                let is_loss = matches!(it.rule.severity, Severity::Loss | Severity::Note) || it.rule.code == "S106";
                let place = place_of(scenario, it).filter(|_| is_loss);
                let Some((place, is_step)) = place else { continue };
                let is_ours =
                    ours.iter().any(|it| it.0 == n && (it.1 == place || !is_step && is_same_place(place, it.1)));
                let is_theirs = |line: &Line<'_>| {
                    is_same_place(place, line.step) || !is_step && quotes_step(&it.message, line.step)
                };
                if is_ours || hunk.source.iter().any(is_theirs) {
                    let (code, says) = (it.rule.code, it.message.as_str());
                    let step = is_step.then_some(place);
                    found.push(Reason { code, says, quoted: quoted(says), scenario, compiled, step });
                }
            }
        }
        let around = [hunk.before, hunk.after].into_iter().flatten();
        let source = of_messages(source, hunk.source.iter().copied().chain(around.clone().map(|it| it.0)));
        let whatsapp = of_messages(whatsapp, hunk.whatsapp.iter().copied().chain(around.map(|it| it.1)));
        Self { hunk, source, whatsapp, found }
    }

    /// The codes that explain all lines; none if a line is left without one.
    pub(super) fn of_lines(&self) -> Option<Vec<&'static str>> {
        if let Some(code) = self.not_sent() {
            return Some(vec![code]);
        }
        let mut codes = self.of_texts()?;
        let lines = self.hunk.source.iter().map(|it| (it, false)).chain(self.hunk.whatsapp.iter().map(|it| (it, true)));
        for (line, is_added) in lines.filter(|it| !it.0.is_text()) {
            codes.push(self.found.iter().find(|it| self.explains(it, line, is_added))?.code);
        }
        Some(codes)
    }

    /// A step that WhatsApp cannot have is an error, and nothing of it is sent.
    fn not_sent(&self) -> Option<&'static str> {
        let step = self.hunk.source.first()?.step;
        let is_whole = self.hunk.whatsapp.is_empty() && self.hunk.source.iter().all(|it| it.step == step);
        self.of_code("S106").find(|it| is_whole && it.step == Some(step)).map(|it| it.code)
    }

    fn of_code(&self, code: &str) -> impl Iterator<Item = &Reason<'a>> {
        self.found.iter().filter(move |it| it.code == code)
    }

    fn texts(lines: &[Line<'a>]) -> Vec<&'a str> {
        lines.iter().filter(|it| it.is_text()).map(|it| it.text).collect()
    }

    fn of_texts(&self) -> Option<Vec<&'static str>> {
        let (source, whatsapp) = (Self::texts(&self.hunk.source), Self::texts(&self.hunk.whatsapp));
        if source.is_empty() && whatsapp.is_empty() {
            return Some(Vec::new());
        }
        if let Some(code) = self.of_code_text(&source, &whatsapp) {
            return Some(vec![code]);
        }
        // Whole lines that a finding names, such as the footer that says how to stop.
        let (mut source, mut whatsapp, mut codes) = (source, whatsapp, Vec::new());
        let (taken, added) = (self.taken_pieces(), self.added_pieces());
        source.retain(|it| !is_piece(it, &taken, &mut codes));
        whatsapp.retain(|it| !is_piece(it, &added, &mut codes));
        if let (&[theirs], &[ours]) = (source.as_slice(), whatsapp.as_slice())
            && let Some(it) = self.of_code("C102").find(|it| it.is_correction(theirs, ours))
        {
            codes.push(it.code);
            return Some(codes);
        }
        let runs = runs(&source, &whatsapp)?;
        if runs.is_empty() {
            let code = ["L115", "C102"].iter().find_map(|code| self.of_code(code).next()).map(|it| it.code);
            codes.extend(code.filter(|_| whatsapp.len() != source.len()));
            // A line above or below a text may be a paragraph of it.
            return (code.is_some() || whatsapp.len() <= source.len()).then_some(codes);
        }
        for run in &runs {
            codes
                .extend(self.of_values(run).map_or_else(|| self.of_run(run, &taken, &added), |code| Some(vec![code]))?);
        }
        if runs.len() > 1 || whatsapp.len() > source.len() {
            codes.extend(self.of_code("L115").next().filter(|_| whatsapp.len() > source.len()).map(|it| it.code));
        }
        Some(codes)
    }

    /// WhatsApp's own text of a code.
    fn of_code_text(&self, source: &[&str], whatsapp: &[&str]) -> Option<&'static str> {
        let is_ours = |it: &Reason<'_>| {
            let step = it.step.unwrap_or_default();
            templates(it.compiled, step).any(|it| it.category == "AUTHENTICATION")
                && source.iter().all(|line| is_of_step(it.scenario, step, line))
        };
        let is_whatsapps = whatsapp.iter().all(|it| it.ends_with(" is your verification code."));
        let mut all = ["L124", "C102"].into_iter().flat_map(|code| self.of_code(code));
        all.find(|it| is_whatsapps && is_ours(it)).map(|it| it.code)
    }

    /// Values of slots that the source computes. The texts are alike but for these.
    fn of_values(&self, run: &Run) -> Option<&'static str> {
        let pairs = Self::texts(&self.hunk.source).into_iter().flat_map(|theirs| {
            let ours = self.hunk.whatsapp.iter().filter(|it| it.is_text());
            ours.map(move |it| (theirs, it))
        });
        let mut pairs = pairs.filter(|it| it.0.contains(&run.removed) && it.1.text.contains(&run.added));
        pairs.find_map(|(theirs, ours)| {
            let mut computed = ["L106", "L118"].into_iter().flat_map(|code| self.of_code(code));
            computed.find(|it| is_but_for_values(it, ours.step, theirs, ours.text)).map(|it| it.code)
        })
    }

    /// The codes that explain words that only one side has. `taken` and `added` are the words that findings name.
    fn of_run(&self, run: &Run, taken: &[Piece], added: &[Piece]) -> Option<Vec<&'static str>> {
        if let Some(it) = self.of_code("L107").next().filter(|_| is_without_html(&run.removed, &run.added)) {
            return Some(vec![it.code]);
        }
        if let Some(it) = self.of_code("C102").find(|it| is_corrected(it, run, &Self::texts(&self.hunk.whatsapp))) {
            return Some(vec![it.code]);
        }
        let mut codes = taken_out(&run.removed, taken)?;
        codes.extend(taken_out(&run.added, added)?);
        Some(codes)
    }

    /// Words that may be left out, with the codes of the findings that name them.
    fn taken_pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for it in &self.found {
            match it.code {
                "L119" | "L125" | "L126" | "L127" | "L130" | "L131" | "C104" => {
                    pieces.extend(it.quoted.iter().map(|text| (text.clone(), it.code)));
                }
                "L122" => {
                    let taps = self.whatsapp.iter().filter(|line| line.is_tap());
                    pieces.extend(taps.map(|line| (line.inner().to_owned(), it.code)));
                    let words = |text: &str| text.chars().filter(|it| it.is_alphanumeric()).collect::<String>();
                    let shown = words(&Self::texts(&self.whatsapp).join(" "));
                    let is_in_text = |text: &str| shown.contains(&words(text));
                    pieces.extend(self.lines_of_cards(it).filter(|it| is_in_text(it)).map(|line| (line, it.code)));
                }
                "C103" => pieces.extend(self.whatsapp.iter().filter_map(|line| Some((line.link()?.1.into(), it.code)))),
                _ => {}
            }
        }
        pieces
    }

    /// The texts of a message whose cards became lines of its text.
    fn lines_of_cards(&self, reason: &Reason<'a>) -> impl Iterator<Item = String> {
        let lines = self.source.iter().filter(|it| it.is_text()).map(|it| it.text.to_owned());
        lines.filter(|_| reason.cards().is_some())
    }

    /// The buttons of cards that became lines of the text: titles that name their card, and addresses.
    fn links_of_cards(&self, reason: &Reason<'a>) -> Vec<String> {
        let Some(message) = reason.cards() else { return Vec::new() };
        let titles = message.with_cards_in_text().choices.into_iter().map(|it| squeezed(it.title()));
        titles.chain(self.source.iter().filter_map(|it| Some(it.link()?.1.to_owned()))).collect()
    }

    /// Words that may be added, with the codes of the findings that name them.
    fn added_pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for it in &self.found {
            match it.code {
                "L123" | "C107" => {
                    let links = self.source.iter().filter_map(Line::link).filter(|link| it.names(link.0));
                    let target = |it: &str| it.strip_prefix("tel:").unwrap_or(it).to_owned();
                    pieces.extend(links.flat_map(|link| [(link.0.to_owned(), it.code), (target(link.1), it.code)]));
                }
                "L112" => {
                    let media = self.source.iter().filter(|it| it.is_media());
                    pieces.extend(media.filter_map(|line| Some((line.inner().split_once(' ')?.1.into(), it.code))));
                }
                "L122" => {
                    pieces.extend(self.lines_of_cards(it).chain(self.links_of_cards(it)).map(|line| (line, it.code)))
                }
                "C105" => {
                    let footers = templates(it.compiled, it.step.unwrap_or_default()).filter_map(Template::footer);
                    pieces.extend(footers.map(|footer| (squeezed(footer), it.code)));
                }
                // A label of Viber that did something is a text of its card.
                "C106" | "L105" | "L110" => pieces.extend(it.quoted.iter().map(|text| (text.clone(), it.code))),
                _ => {}
            }
        }
        pieces
    }

    /// Whether a finding explains a line that is no text.
    fn explains(&self, reason: &Reason<'_>, line: &Line<'_>, is_added: bool) -> bool {
        let title = line.link().map_or(line.inner(), |it| it.0);
        let is_button = line.is_tap() || line.is_link();
        let others = if is_added { &self.source } else { &self.whatsapp };
        match reason.code {
            "L105" | "L111" | "L123" | "C107" => is_button && !is_added && reason.names(title),
            "C104" if is_added => line.is_tap() && (reason.names(title) || reason.names_whole(title)),
            "C105" => line.is_tap() && is_added && reason.names(title),
            "C106" => line.is_tap() && reason.names(title),
            "C103" => {
                let is_in_text = |target: &str| others.iter().any(|it| !it.is_link() && it.text.contains(target));
                is_added && line.link().is_some_and(|it| reason.names(it.0) && is_in_text(it.1))
            }
            "L109" | "L116" if line.is_tap() => reason.is_on_a_page(title, is_added),
            // Buttons in another order.
            "L116" | "C110" => is_button && others.iter().any(|it| it.text == line.text),
            "L124" | "C102" if is_button && reason.is_code_button(title, is_added) => true,
            "L110" | "C102" => {
                is_button
                    && others.iter().any(|it| match is_added {
                        true => reason.is_cut(it, line),
                        false => reason.is_cut(line, it),
                    })
            }
            "L107" => others.iter().any(|it| match is_added {
                true => it.is_tap() && is_without_html(it.text, line.text),
                false => it.is_tap() && is_without_html(line.text, it.text),
            }),
            "L102" => line.is_media() && !is_added,
            "L112" => line.is_media() && !is_added && reason.is_media_elsewhere(line, others),
            // Cards: the title of each is a choice, and the label that all of them have is gone.
            "L122" if is_added && line.is_tap() && others.iter().any(|it| it.text == title) => true,
            // A button that names its card.
            "L122" if is_button && reason.is_of_card(title, is_added) => true,
            "L122" => line.is_tap() && self.source.iter().filter(|it| it.text == line.text).count() > 1,
            _ => false,
        }
    }
}

impl Reason<'_> {
    /// Whether it quotes a title, alone or with a description after it.
    fn names(&self, title: &str) -> bool {
        let heads = title.match_indices(" – ").map(|it| &title[..it.0]).chain([title]);
        heads.map(squeezed).any(|head| self.quoted.contains(&head))
    }

    /// Whether it quotes the whole of a title that was cut.
    fn names_whole(&self, title: &str) -> bool {
        let stem = title.split_once('…').map(|it| it.0);
        stem.is_some_and(|stem| self.quoted.iter().any(|it| it.starts_with(stem)))
    }

    /// Whether a button of the source is this one of WhatsApp, as the finding says: “whole” is “cut”, with the rest of the
    /// title and the description below it.
    fn is_cut(&self, theirs: &Line<'_>, ours: &Line<'_>) -> bool {
        let [whole, cut] = self.quoted.as_slice() else { return false };
        if !theirs.inner().starts_with(whole) {
            return false;
        }
        if let (Some(theirs), Some(ours)) = (theirs.link(), ours.link()) {
            return theirs.1 == ours.1 && whole == theirs.0 && cut == ours.0;
        }
        let theirs = theirs.inner();
        let described = ours.inner().strip_prefix(cut.as_str());
        let shows =
            |it: &str| it.is_empty() || theirs.starts_with(it.trim_start_matches(" – ").trim_end_matches('…').trim());
        match self.says.contains("” without “") {
            // The title without its description.
            true => theirs == format!("{whole} – {cut}") && ours.inner() == whole,
            false => theirs.starts_with(whole.as_str()) && described.is_some_and(shows),
        }
    }

    /// Whether a text of the step became the one that the compiler quotes.
    fn is_correction(&self, theirs: &str, ours: &str) -> bool {
        self.step.is_some_and(|it| is_of_step(self.scenario, it, theirs)) && quotes(self, ours)
    }

    /// Whether a title is that of a button on a card of the step; an added one names the card.
    fn is_of_card(&self, title: &str, is_added: bool) -> bool {
        let Some(message) = self.cards() else { return false };
        let whole = if is_added { message.with_cards_in_text() } else { message.clone() };
        whole.all_choices().any(|it| squeezed(it.1.title()) == title)
    }

    /// The message of the step, if it has cards.
    fn cards(&self) -> Option<&Message> {
        match &self.scenario.step(self.step?)?.act {
            Act::Message(message) if !message.cards.is_empty() => Some(message),
            _ => None,
        }
    }

    /// Whether a title is on one of the pages of the list of the step; an added one can be the row that turns them.
    fn is_on_a_page(&self, title: &str, is_added: bool) -> bool {
        let steps = self.compiled.flow.steps.iter().filter(|it| Some(it.from.as_str()) == self.step);
        let sends = steps.filter_map(|it| match &it.act {
            FlowAct::Send(sends) => Some(sends),
            FlowAct::Other(_) => None,
        });
        let title = title.split(" – ").next().unwrap_or(title);
        let mut ways = sends.flat_map(|it| &it.awaits).flat_map(|it| &it.ways);
        ways.any(|it| squeezed(&it.title) == title && (is_added || !it.is_ours))
    }

    /// Whether the address of media is in a text, or the finding names it.
    fn is_media_elsewhere(&self, line: &Line<'_>, others: &[Line<'_>]) -> bool {
        let Some((kind, address)) = line.inner().split_once(' ') else { return false };
        let is_in_text = others.iter().any(|it| !it.is_media() && it.text.contains(address));
        is_in_text || self.says.contains(address) || kind != "location" && self.says.contains("a location or a picture")
    }

    /// Whether a button is the one that copies a code, or one that it replaces.
    fn is_code_button(&self, title: &str, is_added: bool) -> bool {
        let is_title = |it: &Button| !is_added || it.text.as_deref().unwrap_or("OTP") == title;
        templates(self.compiled, self.step.unwrap_or_default())
            .any(|it| it.buttons().iter().any(|it| it.is("OTP") && is_title(it)))
    }
}

/// All lines of the messages that some lines are in.
fn of_messages<'a>(all: &[Line<'a>], lines: impl Iterator<Item = Line<'a>>) -> Vec<Line<'a>> {
    let entries: BTreeSet<usize> = lines.map(|it| it.entry).collect();
    all.iter().filter(|it| entries.contains(&it.entry)).copied().collect()
}

/// The step or the place in the source that a finding is about, and whether it is a step.
pub(super) fn place_of<'s>(scenario: &'s Scenario, finding: &Finding) -> Option<(&'s str, bool)> {
    let mut parts = finding.place.trim_start_matches('/').split('/');
    let (kind, number) = (parts.next()?, parts.next()?.parse::<usize>().ok()?);
    match kind {
        "steps" => scenario.steps.get(number).map(|it| (it.id.as_str(), true)),
        "losses" => scenario.losses.get(number).map(|it| (it.place.as_str(), false)),
        _ => None,
    }
}

/// The texts between quotation marks, with one space between words.
fn quoted(says: &str) -> Vec<String> {
    says.split('“').skip(1).filter_map(|it| it.rsplit_once('”')).map(|it| squeezed(it.0)).collect()
}

/// The templates that a step sends.
fn templates<'c>(compiled: &'c Compiled, step: &'c str) -> impl Iterator<Item = &'c Template> {
    let steps = compiled.flow.steps.iter().filter(move |it| it.from == step);
    let names = steps.flat_map(|it| match &it.act {
        FlowAct::Send(sends) => sends.sends.as_slice(),
        FlowAct::Other(_) => &[],
    });
    names.filter_map(|it| match it {
        Outgoing::Template { name, .. } => compiled.templates.iter().find(|it| it.name == *name),
        Outgoing::Message(_) => None,
    })
}

/// Whether a text is another without its tags, marks and entities.
fn is_without_html(html: &str, plain: &str) -> bool {
    static ENTITY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"&#?\w+;").ok());
    let of_entities =
        |it: &Regex| it.is_match(html) && values(&Text::parse(&it.replace_all(html, "{{x}}")), plain).is_some();
    plain_words(html) == plain_words(plain) || ENTITY.as_ref().is_some_and(of_entities)
}

/// Whether two lines are the text of the step with other values of slots that the finding names.
fn is_but_for_values(reason: &Reason<'_>, step: &str, theirs: &str, ours: &str) -> bool {
    let names = |slot: &str| {
        let source = reason.scenario.slot(slot).and_then(|it| it.source_name.as_deref());
        reason.says.contains(slot) || source.is_some_and(|it| reason.says.contains(it))
    };
    texts_of(reason.scenario, step).into_iter().any(|text| {
        let (Some(theirs), Some(ours)) = (values(text, theirs), values(text, ours)) else { return false };
        theirs.iter().zip(&ours).all(|it| it.0.1 == it.1.1 || names(it.0.0))
    })
}

/// Whether the compiler quotes one of the texts as its correction, and a run of words only adds to it.
fn is_corrected(reason: &Reason<'_>, run: &Run, texts: &[&str]) -> bool {
    let is_kept = plain_words(&run.added).concat().contains(&plain_words(&run.removed).concat());
    is_kept && texts.iter().any(|it| it.contains(&run.added) && quotes(reason, it))
}

/// Whether a finding quotes a text, with variables for its values.
fn quotes(reason: &Reason<'_>, text: &str) -> bool {
    reason.quoted.iter().any(|it| values(&Text::parse(it), text).is_some())
}

fn is_piece(line: &str, pieces: &[Piece], codes: &mut Vec<&'static str>) -> bool {
    let found = pieces.iter().find(|it| it.0 == line);
    codes.extend(found.map(|it| it.1));
    found.is_some()
}

/// The codes of the pieces that make up a text; none if something else is left of it.
fn taken_out(text: &str, pieces: &[Piece]) -> Option<Vec<&'static str>> {
    let (mut left, mut codes) = (text.to_owned(), Vec::new());
    let mut pieces: Vec<&Piece> = pieces.iter().filter(|it| !it.0.is_empty()).collect();
    pieces.sort_by_key(|it| std::cmp::Reverse(it.0.len()));
    for (piece, code) in pieces {
        if left.contains(piece) {
            left = left.replacen(piece, " ", 1);
            codes.push(*code);
        }
    }
    // The numbers and letters before the lines of a menu.
    let is_key = |it: &String| codes.contains(&"C104") && it.chars().count() <= 2;
    plain_words(&left).iter().all(is_key).then_some(codes)
}
