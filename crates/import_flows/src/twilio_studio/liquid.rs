//! Liquid's syntax: texts with outputs, `{{widgets.ask.inbound.Body | capitalize}}`, and tags, `{% if … %}`.

/// Limits how deep blocks stand in each other: what is deeper is not read.
const MAX_DEPTH: usize = 20;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node<'a> {
    Plain(&'a str),
    /// A value with its filters, and the whole with its braces.
    Output {
        raw: &'a str,
        inside: &'a str,
    },
    /// Alternatives: `if`, `unless` or `case`.
    Choice {
        raw: &'a str,
        arms: Vec<Arm<'a>>,
    },
    Assign {
        raw: &'a str,
        name: &'a str,
        value: &'a str,
    },
    Capture {
        raw: &'a str,
        name: &'a str,
        nodes: Vec<Node<'a>>,
    },
    /// A loop or another tag that only Liquid can compute.
    Opaque {
        raw: &'a str,
        word: &'a str,
    },
    /// A tag that does not belong there: it shows nothing.
    Stray(&'a str),
}

/// One of several alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arm<'a> {
    pub(super) condition: Condition<'a>,
    pub(super) nodes: Vec<Node<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition<'a> {
    If(&'a str),
    Unless(&'a str),
    /// The subject of a `case`, and the values that it may have.
    When(&'a str, &'a str),
    Else,
}

/// The parts of a template. Every text can be read: what is not closed is plain.
pub(super) fn parse(text: &str) -> Vec<Node<'_>> {
    let mut parser = Parser { text, tokens: tokens(text), at: 0 };
    let mut nodes = Vec::new();
    while parser.at < parser.tokens.len() {
        let (some, end) = parser.nodes(0, &[]);
        nodes.extend(some);
        nodes.extend(end.map(|it| Node::Stray(it.raw)));
    }
    nodes
}

/// Splits at a character that stands outside of quotes.
pub(super) fn split_quoted(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut from, mut quote) = (Vec::new(), 0, None);
    for (place, letter) in text.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if letter == at => {
                parts.push(&text[from..place]);
                from = place + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Plain(&'a str),
    Output { raw: &'a str, inside: &'a str },
    Tag(Tag<'a>),
}

#[derive(Clone, Copy)]
struct Tag<'a> {
    raw: &'a str,
    word: &'a str,
    rest: &'a str,
    start: usize,
    end: usize,
}

/// Cuts the text at its braces. A dash inside of them takes away the white space beside them.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at, mut trims) = (Vec::new(), 0, false);
    let mut from = 0;
    while let Some(open) = text[at..].find('{').map(|it| it + at) {
        let close = match text.as_bytes().get(open + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            _ => {
                at = open + 1;
                continue;
            }
        };
        let Some(length) = closing(&text[open + 2..], close) else { break };
        let end = open + 2 + length + 2;
        let (raw, inside) = (&text[open..end], &text[open + 2..end - 2]);
        let plain = if trims { text[from..open].trim_start() } else { &text[from..open] };
        tokens.push(Token::Plain(if inside.starts_with('-') { plain.trim_end() } else { plain }));
        trims = inside.ends_with('-') && inside.len() > 1;
        let inside = inside.trim_start_matches('-').trim_end_matches('-').trim();
        tokens.push(match close {
            "}}" => Token::Output { raw, inside },
            _ => {
                let (word, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
                Token::Tag(Tag { raw, word, rest: rest.trim(), start: open, end })
            }
        });
        (at, from) = (end, end);
    }
    tokens.push(Token::Plain(if trims { text[from..].trim_start() } else { &text[from..] }));
    tokens
}

/// Where the braces are closed. Braces in quotes do not count, unless the quotes are not closed before.
fn closing(text: &str, close: &str) -> Option<usize> {
    let first = text.find(close)?;
    let is_outside = |at: usize| text[..at].matches(['"', '\'']).count().is_multiple_of(2);
    match is_outside(first) {
        true => Some(first),
        false => {
            let next = text[first + 2..].find(close).map(|it| it + first + 2);
            next.filter(|it| is_outside(*it) && !text[first..*it].contains("{{")).or(Some(first))
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    /// The parts up to a tag that ends them, and that tag.
    fn nodes(&mut self, depth: usize, ends: &[&str]) -> (Vec<Node<'a>>, Option<Tag<'a>>) {
        let mut nodes = Vec::new();
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            match token {
                Token::Plain("") => {}
                Token::Plain(text) => nodes.push(Node::Plain(text)),
                Token::Output { raw, inside } => nodes.push(Node::Output { raw, inside }),
                Token::Tag(tag) if ends.contains(&tag.word) => return (nodes, Some(tag)),
                Token::Tag(tag) if is_end(tag.word) && depth == 0 => return (nodes, Some(tag)),
                Token::Tag(tag) => nodes.extend(self.tag(tag, depth)),
            }
        }
        (nodes, None)
    }

    fn tag(&mut self, tag: Tag<'a>, depth: usize) -> Option<Node<'a>> {
        if depth >= MAX_DEPTH && matches!(tag.word, "if" | "unless" | "case" | "capture") {
            return Some(self.opaque(tag));
        }
        Some(match tag.word {
            "if" => self.choice(tag, Condition::If(tag.rest), "endif", depth),
            "unless" => self.choice(tag, Condition::Unless(tag.rest), "endunless", depth),
            "case" => self.case(tag, depth),
            "capture" => {
                let (nodes, end) = self.nodes(depth + 1, &["endcapture"]);
                Node::Capture { raw: self.raw(tag, end), name: tag.rest.trim_matches(['"', '\'']), nodes }
            }
            "assign" => {
                let (name, value) = tag.rest.split_once('=').unwrap_or((tag.rest, ""));
                Node::Assign { raw: tag.raw, name: name.trim(), value: value.trim() }
            }
            "echo" => Node::Output { raw: tag.raw, inside: tag.rest },
            "comment" => {
                self.skip_to("comment");
                return None;
            }
            "raw" => {
                let end = self.skip_to("raw");
                Node::Plain(&self.text[tag.end..end.map_or(self.text.len(), |it| it.start)])
            }
            "break" | "continue" => return None,
            word if is_end(word) => Node::Stray(tag.raw),
            _ => self.opaque(tag),
        })
    }

    /// A block whose content is not read, or a tag without one.
    fn opaque(&mut self, tag: Tag<'a>) -> Node<'a> {
        let has_end = matches!(tag.word, "for" | "tablerow" | "if" | "unless" | "case" | "capture" | "ifchanged");
        let end = if has_end { self.skip_to(tag.word) } else { Some(tag) };
        Node::Opaque { raw: self.raw(tag, end), word: tag.word }
    }

    fn choice(&mut self, tag: Tag<'a>, first: Condition<'a>, close: &str, depth: usize) -> Node<'a> {
        let (mut arms, mut condition) = (Vec::new(), first);
        loop {
            let (nodes, end) = self.nodes(depth + 1, &["elsif", "elseif", "else", close]);
            arms.push(Arm { condition, nodes });
            condition = match end {
                Some(it) if it.word == "else" => Condition::Else,
                Some(it) if it.word != close => Condition::If(it.rest),
                end => return Node::Choice { raw: self.raw(tag, end), arms },
            };
        }
    }

    fn case(&mut self, tag: Tag<'a>, depth: usize) -> Node<'a> {
        let (mut arms, mut condition) = (Vec::new(), None);
        loop {
            let (nodes, end) = self.nodes(depth + 1, &["when", "else", "endcase"]);
            // What stands before the first `when` is not shown.
            arms.extend(condition.map(|condition| Arm { condition, nodes }));
            condition = match end {
                Some(it) if it.word == "when" => Some(Condition::When(tag.rest, it.rest)),
                Some(it) if it.word == "else" => Some(Condition::Else),
                end => return Node::Choice { raw: self.raw(tag, end), arms },
            };
        }
    }

    /// Goes past the tag that closes a block.
    fn skip_to(&mut self, word: &str) -> Option<Tag<'a>> {
        let mut depth = 1;
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            let Token::Tag(tag) = token else { continue };
            depth += usize::from(tag.word == word && word != "raw");
            depth -= usize::from(tag.word.strip_prefix("end") == Some(word));
            if depth == 0 {
                return Some(tag);
            }
        }
        None
    }

    /// The text of a block, from its first tag to its last.
    fn raw(&self, first: Tag<'a>, last: Option<Tag<'a>>) -> &'a str {
        &self.text[first.start..last.map_or(self.text.len(), |it| it.end)]
    }
}

fn is_end(word: &str) -> bool {
    word.starts_with("end") || matches!(word, "else" | "elsif" | "elseif" | "when")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(nodes: &[Node<'_>]) -> String {
        let one = |it: &Node<'_>| match it {
            Node::Plain(text) => (*text).to_owned(),
            Node::Output { inside, .. } => format!("‹{inside}›"),
            Node::Choice { arms, .. } => {
                let arms = arms.iter().map(|it| format!("{:?}: {}", it.condition, shown(&it.nodes)));
                format!("({})", arms.collect::<Vec<_>>().join("; "))
            }
            Node::Assign { name, value, .. } => format!("[{name}={value}]"),
            Node::Capture { name, nodes, .. } => format!("[{name}={}]", shown(nodes)),
            Node::Opaque { word, .. } => format!("<{word}>"),
            Node::Stray(raw) => format!("!{raw}!"),
        };
        nodes.iter().map(one).collect()
    }

    #[test]
    fn tags_and_outputs_are_found_however_they_are_written() {
        for (text, nodes) in [
            ("Hi {{ a.b | replace: '}}', \"x\" }}!", "Hi ‹a.b | replace: '}}', \"x\"›!"),
            (
                "a {%- if x == 1 -%} b {% elsif y %}c{% else %}d{% endif %}",
                r#"a(If("x == 1"): b ; If("y"): c; Else: d)"#,
            ),
            ("{% unless x %}a{% endunless %}", r#"(Unless("x"): a)"#),
            ("{% case x %} {% when 'a', 'b' %}A{% else %}C{% endcase %}.", r#"(When("x", "'a', 'b'"): A; Else: C)."#),
            ("{% assign a = b | minus: 1 %}{% capture c %}C{% endcapture %}", "[a=b | minus: 1][c=C]"),
            ("{% for i in a %}{% for j in b %}{{j}}{% endfor %}{% endfor %}x", "<for>x"),
            ("{% comment %}old {{a}}{% endcomment %}{% raw %}{{b}}{% endraw %}", "{{b}}"),
            ("{% endif %}{% if a %}b", r#"!{% endif %}!(If("a"): b)"#),
            ("Price {5} {{ not closed", "Price {5} {{ not closed"),
        ] {
            assert_eq!(shown(&parse(text)), nodes, "{text}");
        }
        assert!(parse(&"{% if a %}".repeat(5000)).len() < 5000);
    }
}
