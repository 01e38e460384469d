//! Cards: a carousel that customers scroll, each card with a picture, a text and buttons of its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Choice, Media, Message, Text};

/// A card of a carousel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Card {
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub title: Text,
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub text: Text,
    /// A picture or a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// Limits a title that names its card, in characters: the row of a list holds no more.
const MAX_TITLE: usize = 24;

/// A name of a card that is cut to fewer characters says nothing.
const MIN_NAME: usize = 4;

impl Card {
    /// The title and the text below it.
    pub fn body(&self) -> Text {
        joined(&self.title, "\n", &self.text)
    }

    /// The title of the card, else its text, without slots.
    pub fn name(&self) -> String {
        let named = if self.title.is_empty() { &self.text } else { &self.title };
        named.fill(|_| " ".into()).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The name of an answer by a button of the card, such as `Sea: Book`.
    pub fn answer(&self, title: &str) -> String {
        match self.name().as_str() {
            "" => title.to_owned(),
            name => format!("{name}: {title}"),
        }
    }

    /// A choice beside those of other cards: its title names the card if there are several. Its value is the whole name
    /// of the answer, also where the title is cut.
    fn choice_in_text(&self, choice: &Choice, is_one_of_several: bool) -> Choice {
        let (mut named, answer) = (choice.clone(), self.answer(choice.title()));
        let title = if is_one_of_several { titled(&self.name(), choice.title()) } else { choice.title().to_owned() };
        if let Choice::Reply { value, .. } = &mut named
            && title != answer
        {
            value.get_or_insert(answer);
        }
        *named.title_mut() = title;
        named
    }
}

impl Message {
    /// Every choice: those of the message, then those of its cards, each with its card.
    pub fn all_choices(&self) -> impl Iterator<Item = (Option<&Card>, &Choice)> {
        let own = self.choices.iter().map(|it| (None, it));
        own.chain(self.cards.iter().flat_map(|card| card.choices.iter().map(move |it| (Some(card), it))))
    }

    /// The same message without cards: the cards are lines of the text, and their buttons are choices that name their
    /// card. Pictures are left out.
    #[must_use]
    pub fn with_cards_in_text(&self) -> Self {
        let mut message = Self { cards: Vec::new(), ..self.clone() };
        for card in &self.cards {
            let line = joined(&card.title, " – ", &card.text);
            if !line.is_empty() {
                message.text.push_plain(if message.text.is_empty() { "• " } else { "\n• " });
                message.text.push(&line);
            }
            for choice in &card.choices {
                message.choices.push(card.choice_in_text(choice, self.cards.len() > 1));
            }
        }
        message
    }
}

fn joined(title: &Text, between: &str, text: &Text) -> Text {
    let mut all = title.clone();
    if !title.is_empty() && !text.is_empty() {
        all.push_plain(between);
    }
    all.push(text);
    all
}

/// A title that names its card, unless it does. The name is cut before the title is: customers choose by that.
fn titled(card: &str, title: &str) -> String {
    let title = &*title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.to_lowercase().contains(&card.to_lowercase()) {
        return title.to_owned();
    }
    let room = MAX_TITLE.saturating_sub(title.chars().count() + ": ".len());
    match card.chars().count() {
        n if n <= room => format!("{card}: {title}"),
        _ if room < MIN_NAME => title.to_owned(),
        _ => format!("{}…: {title}", card.chars().take(room - 1).collect::<String>().trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(title: &str, text: &str, button: &str) -> Card {
        Card {
            title: Text::parse(title),
            text: Text::parse(text),
            choices: vec![Choice::reply(button, None)],
            ..Card::default()
        }
    }

    fn flat(cards: Vec<Card>) -> String {
        let message = Message { text: Text::plain("Our rooms:"), cards, ..Message::default() }.with_cards_in_text();
        let titles: Vec<&str> = message.choices.iter().map(Choice::title).collect();
        format!("{} [{}]", message.text, titles.join("] ["))
    }

    #[test]
    fn cards_are_lines_of_the_text_and_their_buttons_are_told_apart() {
        let cards = vec![card("Sea", "From 9 am", "Book"), card("Garden", "", "Book"), card("", "A view", "See")];
        assert_eq!(
            flat(cards),
            "Our rooms:\n• Sea – From 9 am\n• Garden\n• A view [Sea: Book] [Garden: Book] [A view: See]"
        );
        assert_eq!(flat(vec![card("Sea", "", "Book")]), "Our rooms:\n• Sea [Book]");
    }

    #[test]
    fn the_name_of_a_card_is_cut_before_the_title_of_its_button() {
        let cards = vec![
            card("Hootie & the Blowfish for {{show}}", "", "For sure!"),
            card("Eagles", "", "Show me more in Tampa"),
            card("{{show}}", "", "Book {{show}}"),
            card("Sea", "", "See the sea"),
        ];
        let told = flat(cards);
        let titles = told.split_once(" [").unwrap().1;
        assert_eq!(titles, "Hootie & the…: For sure!] [Show me more in Tampa] [Book {{show}}] [See the sea]");
    }
}
