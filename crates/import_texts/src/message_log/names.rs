//! Finds the names of people in messages: after greetings and titles, and before honorifics.

use super::tokens::{Token, TokenKind, tokens};
use super::values::ValueKind;
use super::words::{Kind, fold};

/// Limits a name, in words.
const MAX_WORDS: usize = 6;
/// Limits a name in a script without capital letters, where only a comma says where it ends.
const MAX_WORDS_WITHOUT_CASE: usize = 4;
/// Limits a greeting, in words.
const MAX_GREETING: usize = 3;

/// Greetings that are written with a point.
const ABBREVIATED: [&str; 4] = ["yth", "kpd", "gent", "spett"];

/// Signs that can come after a name.
const AFTER_NAME: [&str; 12] = [",", "،", "!", ":", ";", ".", "–", "-", "—", "।", "，", "、"];

/// The message with its names as values. `text` is what the tokens were cut from.
pub(super) fn mask_names<'t>(text: &'t str, tokens: Vec<Token<'t>>) -> Vec<Token<'t>> {
    let folded: Vec<String> = tokens.iter().map(|it| fold(it.text)).collect();
    let letters = |is: fn(char) -> bool| text.chars().filter(|it| is(*it)).count();
    // In a text in capitals, capitals tell nothing.
    let is_shouted = letters(char::is_uppercase) > letters(char::is_lowercase);
    let message = Message { tokens: &tokens, folded: &folded, is_shouted };
    let mut masked: Vec<Token<'t>> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let lead = message.lead(at).unwrap_or(0);
        masked.extend(&tokens[at..at + lead]);
        at += lead;
        match message.name(at, lead > 0) {
            Some(end) => {
                masked.push(joined(text, &tokens[at..end]));
                at = end;
            }
            None if lead == 0 => {
                masked.push(tokens[at]);
                at += 1;
            }
            None => {}
        }
    }
    masked
}

/// The places of names in scripts without capitals, in bytes.
pub fn caseless_names(text: &str) -> Vec<(usize, usize)> {
    if text.chars().all(|it| it.is_ascii() || !it.is_alphabetic() || it.is_lowercase() || it.is_uppercase()) {
        return Vec::new();
    }
    let masked = mask_names(text, tokens(text));
    let names = masked.iter().filter(|it| it.kind == TokenKind::Value(ValueKind::Name) && !it.has_case());
    let place = |it: &Token<'_>| it.text.as_ptr() as usize - text.as_ptr() as usize;
    names.map(|it| (place(it), place(it) + it.text.len())).collect()
}

/// One value instead of the tokens of a name.
pub(super) fn joined<'t>(text: &'t str, tokens: &[Token<'t>]) -> Token<'t> {
    let offset = |it: &str| it.as_ptr() as usize - text.as_ptr() as usize;
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return Token { kind: TokenKind::Value(ValueKind::Name), text: "", is_spaced: false };
    };
    let text = &text[offset(first.text)..offset(last.text) + last.text.len()];
    Token { kind: TokenKind::Value(ValueKind::Name), text, is_spaced: first.is_spaced }
}

struct Message<'m, 't> {
    tokens: &'m [Token<'t>],
    folded: &'m [String],
    is_shouted: bool,
}

impl Message<'_, '_> {
    /// The number of tokens before a name: greetings, titles, and a comma between.
    fn lead(&self, at: usize) -> Option<usize> {
        let mut end = at;
        let mut is_greeting = false;
        loop {
            if let Some(n) = self.words_of(Kind::Greeting, end).filter(|_| end > at || self.can_greet(at)) {
                (end, is_greeting) = (end + n, true);
            } else if let Some(n) = self.title(end, end > at).or_else(|| self.role(end)) {
                end += n;
            } else {
                break;
            }
        }
        if end == at {
            return None;
        }
        // “Hola, Ana:” and “Здравствуйте, Анна!”, but not “Bonjour, Votre commande”.
        let is_comma = self.sign(end).is_some_and(|it| [",", "،", "，"].contains(&it));
        if is_greeting && is_comma {
            let after = self.title(end + 1, true).map_or(end + 1, |it| end + 1 + it);
            let is_name = self.name(after, true).is_some_and(|it| self.ends(it) && it - after <= 3);
            let has_case = self.tokens.get(after).is_some_and(Token::has_case);
            return Some(if is_name && has_case { after - at } else { end - at });
        }
        Some(end - at)
    }

    /// Whether a greeting can stand at a place: it begins a sentence, or a capital says so.
    fn can_greet(&self, at: usize) -> bool {
        at == 0 || !self.tokens[at - 1].is_word() || self.tokens[at].is_capital()
    }

    /// The number of tokens of a title, with its point.
    fn title(&self, at: usize, is_greeted: bool) -> Option<usize> {
        let n = self.words_of(Kind::Title, at)?;
        let has_point = self.sign(at + n) == Some(".");
        let end = at + n + usize::from(has_point);
        // Small words such as “me” and “pan” are titles if they are written as titles.
        let is_written = is_greeted || self.tokens[at].is_capital() || !self.tokens[at].has_case();
        let is_short = self.tokens[at].text.chars().count() == 1;
        let next_is_capital =
            self.tokens.get(end).is_some_and(|it| it.is_capital() || (it.is_word() && !it.has_case()));
        (is_written && next_is_capital && (has_point || !is_short)).then_some(end - at)
    }

    /// The number of tokens of somebody's work before the name: “o técnico é”, “your driver”.
    fn role(&self, at: usize) -> Option<usize> {
        let n = self.words_of(Kind::Role, at)?;
        let n_copula =
            self.words_of(Kind::Copula, at + n).or_else(|| self.sign(at + n).filter(|it| *it == ":").map(|_| 1));
        // All nouns have a capital in German, so that without a verb the next word may be any.
        let is_written = n_copula.is_some() || !self.tokens[at].is_capital();
        let end = at + n + n_copula.unwrap_or(0);
        let next_is_capital = !self.is_shouted && self.tokens.get(end).is_some_and(Token::is_capital);
        (is_written && next_is_capital).then_some(end - at)
    }

    /// The number of tokens of the longest words of a kind that begin at a place.
    fn words_of(&self, kind: Kind, at: usize) -> Option<usize> {
        let longest = (1..=MAX_GREETING).rev().find(|n| {
            let Some(words) = self.folded.get(at..at + n) else { return false };
            let are_words = self.tokens[at..at + n].iter().all(|it| it.is_word() || it.text == "/" || it.text == ".");
            let joined = || words.join(" ").replace(" / ", "/").replace(" . ", ".");
            are_words && kind.has(&joined())
        })?;
        let is_abbreviated = ABBREVIATED.contains(&self.folded[at + longest - 1].as_str());
        Some(longest + usize::from(is_abbreviated && self.sign(at + longest) == Some(".")))
    }

    fn sign(&self, at: usize) -> Option<&str> {
        self.tokens.get(at).filter(|it| it.kind == TokenKind::Sign).map(|it| it.text)
    }

    /// Whether a name can end before a token.
    fn ends(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return true };
        token.kind == TokenKind::Break || self.sign(at).is_some_and(|it| AFTER_NAME.contains(&it))
    }

    /// The end of the name that begins at a place; after a greeting or a title nearly anything is one.
    fn name(&self, at: usize, is_led: bool) -> Option<usize> {
        let first = self.tokens.get(at).filter(|it| it.is_word())?;
        if !is_led {
            return self.name_before_honorific(at);
        }
        if Kind::General.has(&self.folded[at]) || self.words_of(Kind::General, at).is_some() {
            return None;
        }
        match first.has_case() && !self.is_shouted {
            true => self.cased_name(at),
            false => self.caseless_name(at),
        }
    }

    /// Words with capitals, and small words such as “de la” between them.
    fn cased_name(&self, at: usize) -> Option<usize> {
        let mut end = at;
        let mut n = at;
        while n < self.tokens.len() && n - at < MAX_WORDS {
            let token = &self.tokens[n];
            let is_initial = token.text == "." && n > at && self.tokens[n - 1].text.chars().count() == 1;
            match () {
                () if token.is_capital() && (n == at || token.is_spaced) => end = n + 1,
                () if is_initial => {}
                () if token.is_word() && n > at && Kind::Particle.has(&self.folded[n]) => {}
                () => break,
            }
            n += 1;
        }
        if end > at {
            return Some(end);
        }
        // A name in small letters: “hola ana, tu pedido”.
        let is_alone = self.tokens[at].is_spaced && self.sign(at + 1) == Some(",");
        (is_alone && !Kind::Status.has(&self.folded[at])).then_some(at + 1)
    }

    /// Words up to a sign or an honorific: scripts without capitals do not show names.
    fn caseless_name(&self, at: usize) -> Option<usize> {
        let words =
            self.tokens[at..].iter().take_while(|it| it.is_word() && (it.has_case() == self.tokens[at].has_case()));
        let n_words = words.take(MAX_WORDS_WITHOUT_CASE + 1).count();
        let honorific = (1..n_words).find(|it| Kind::Suffix.has(&self.folded[at + it]));
        match honorific {
            Some(n) => Some(at + n),
            None => (n_words <= MAX_WORDS_WITHOUT_CASE && self.ends(at + n_words)).then_some(at + n_words),
        }
    }

    /// A name before an honorific at the start of a sentence: “राहुल जी”, “Ayşe Hanım”.
    fn name_before_honorific(&self, at: usize) -> Option<usize> {
        let is_start = at == 0 || !self.tokens[at - 1].is_word();
        let n = (1..=2).find(|n| self.folded.get(at + n).is_some_and(|it| Kind::Suffix.has(it)))?;
        let are_words = self.tokens[at..at + n].iter().all(|it| it.is_word() && (it.is_capital() || !it.has_case()));
        (is_start && are_words).then_some(at + n)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn names(text: &str) -> String {
        let masked = mask_names(text, tokens(text));
        let names = masked.iter().filter(|it| it.kind == TokenKind::Value(ValueKind::Name)).map(|it| it.text);
        names.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn names_follow_greetings_and_titles_in_many_languages() {
        for (text, wanted) in [
            ("Bonjour Ana, votre commande est prête", "Ana"),
            ("Bonjour Mme Diallo, votre rendez-vous", "Diallo"),
            ("Hola María del Carmen Ruiz, tu paquete", "María del Carmen Ruiz"),
            ("Hola ana, tu pedido", "ana"),
            ("Dear Mr Zqxvip, your statement", "Zqxvip"),
            ("Beste Sanne, uw afspraak", "Sanne"),
            ("Sehr geehrte Frau Müller, Ihr Termin bei Dr. Weber", "Müller|Weber"),
            ("Yth. Wali Murid Rina, tagihan", "Rina"),
            ("Yth. Ibu Wulan Tri Astuti, tagihan air", "Wulan Tri Astuti"),
            ("Olá João Paulo! Seu pedido", "João Paulo"),
            ("Здравствуйте, Анна Сергеевна! Заказ № 5", "Анна Сергеевна"),
            ("Sayın Ayşe Yılmaz, siparişiniz", "Ayşe Yılmaz"),
            ("مرحبا أحمد علي، طلبك جاهز", "أحمد علي"),
            ("नमस्ते राहुल जी, आपका ऑर्डर तैयार है", "राहुल"),
            ("BONJOUR ANA MARTIN, VOTRE COMMANDE EST PRETE", "ANA MARTIN"),
            ("Xin chào Nguyễn Văn An, đơn hàng", "Nguyễn Văn An"),
            ("Habari Juma, oda yako", "Juma"),
            ("Olá João, visita confirmada. O técnico é Paulo, telefone", "João|Paulo"),
            ("Votre livreur Karim arrive", "Karim"),
            ("Ihr Techniker ist Weber", "Weber"),
        ] {
            assert_eq!(names(text), wanted, "{text}");
        }
    }

    #[test]
    fn ordinary_words_are_no_names() {
        for text in [
            "Bonjour, votre commande est prête",
            "Bonjour, Votre commande est prête",
            "Bonjour ! Votre commande",
            "Dear customer, your order",
            "Estimado cliente, su pedido",
            "Здравствуйте! Ваш заказ готов",
            "Votre colis est chez votre voisin",
            "Please tell me when",
            "Ihr Techniker Termin am Montag",
            "Your driver is on the way",
            "مرحبا، طلبك جاهز",
        ] {
            assert_eq!(names(text), "", "{text}");
        }
    }
}
