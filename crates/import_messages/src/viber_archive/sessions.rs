//! Cuts what was said with each person into sessions: from the first message of either side to a long silence.

use serde_json::Value;

use super::lines::{Answer, Archive, Line, Said};

/// WhatsApp's window: what the business sends later begins anew.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// A pause between two messages of the bot that is shorter belongs to the sending and not to the dialogue.
const MIN_PAUSE: i64 = 60 * 60 * 1000;

/// A dialogue with one person.
pub(super) struct Session {
    pub(super) person: usize,
    pub(super) by_business: bool,
    /// In the order of the dialogue; never empty.
    pub(super) sent: Vec<Sent>,
    /// The answers of the customer after the last message.
    pub(super) last: Vec<Answer>,
}

/// A message of the bot.
pub(super) struct Sent {
    /// The messages of the customer since the message before, or at the beginning.
    pub(super) after: Vec<Answer>,
    pub(super) message: Value,
    /// The pause since the message before, in seconds, if the customer said nothing.
    pub(super) pause: u64,
}

/// The sessions, person by person.
pub(super) fn cut(archive: &Archive) -> Vec<Session> {
    let mut sessions = Vec::new();
    for (person, lines) in archive.by_person() {
        let mut cutter = Cutter { person, ..Cutter::default() };
        for line in lines {
            cutter.line(line);
        }
        cutter.close();
        sessions.append(&mut cutter.sessions);
    }
    sessions
}

#[derive(Default)]
struct Cutter {
    person: usize,
    sessions: Vec<Session>,
    open: Option<Session>,
    answers: Vec<Answer>,
    has_started: bool,
    /// When the customer last said something, and when the bot was last known to have sent something.
    heard: Option<i64>,
    sent: Option<i64>,
}

impl Cutter {
    fn line(&mut self, line: &Line) {
        match &line.said {
            Said::Started => {
                self.close();
                self.has_started = true;
                self.heard = line.after;
            }
            Said::Customer(answer) => {
                let since = line.after.zip(self.heard.max(self.sent)).map_or(0, |(now, then)| now.saturating_sub(then));
                if since >= DAY && !self.is_button(answer) {
                    self.close();
                }
                self.answers.push(answer.clone());
                self.heard = line.after;
            }
            Said::Broadcast(message) => {
                self.close();
                self.begin(true, message);
                self.sent = line.before;
            }
            Said::Bot(message) => {
                self.bot(line, message);
                self.sent = line.before.or(line.after);
            }
        }
    }

    fn bot(&mut self, line: &Line, message: &Value) {
        let is_answer = !self.answers.is_empty();
        // An answer was sent at once; what else the bot sends may be as late as the next line.
        let at = if is_answer { line.after } else { line.before.or(line.after) };
        let last = self.heard.or(self.sent);
        let is_late = at.zip(last).is_some_and(|(now, then)| now.saturating_sub(then) >= DAY);
        match &mut self.open {
            Some(session) if !is_late => {
                let keyboard = lone_keyboard(message).filter(|_| !is_answer);
                if let (Some(keyboard), Some(Value::Object(before))) =
                    (keyboard, session.sent.last_mut().map(|it| &mut it.message))
                    && !before.contains_key("keyboard")
                {
                    before.insert("keyboard".to_owned(), keyboard.clone());
                    return;
                }
                let pause = line.after.zip(self.sent).map_or(0, |(now, then)| now.saturating_sub(then));
                let pause = if is_answer || pause < MIN_PAUSE { 0 } else { pause.unsigned_abs() / 1000 };
                let after = std::mem::take(&mut self.answers);
                session.sent.push(Sent { after, message: message.clone(), pause });
            }
            Some(_) => {
                self.close();
                self.begin(true, message);
            }
            None => self.begin(!is_answer && !self.has_started, message),
        }
    }

    fn begin(&mut self, by_business: bool, message: &Value) {
        let after = std::mem::take(&mut self.answers);
        let sent = vec![Sent { after, message: message.clone(), pause: 0 }];
        self.open = Some(Session { person: self.person, by_business, sent, last: Vec::new() });
        self.has_started = false;
        if by_business {
            // The window is closed until the customer answers.
            self.heard = None;
        }
    }

    /// Ends the session. Answers that no message followed are its last.
    fn close(&mut self) {
        let answers = std::mem::take(&mut self.answers);
        if let Some(mut session) = self.open.take() {
            session.last = answers;
            self.sessions.push(session);
        }
    }

    /// Whether the answer is what a button of the last message stands for.
    fn is_button(&self, answer: &Answer) -> bool {
        let (Answer::Text(text), Some(sent)) = (answer, self.open.as_ref().and_then(|it| it.sent.last())) else {
            return false;
        };
        let boards =
            ["keyboard", "rich_media"].into_iter().filter_map(|it| sent.message.get(it)?.get("buttons")?.as_array());
        let mut buttons = boards.flatten();
        buttons.any(|it| ["actionbody", "text"].iter().any(|key| it.get(key).and_then(Value::as_str) == Some(text)))
    }
}

/// The keyboard of a message that shows nothing else.
fn lone_keyboard(message: &Value) -> Option<&Value> {
    let shows = ["text", "media", "rich_media", "location", "contact", "sticker_id"];
    let is_blank = |it: &&str| message.get(*it).is_none_or(|it| it.as_str().is_some_and(str::is_empty));
    message.get("keyboard").filter(|_| shows.iter().all(is_blank))
}
