//! Texts that would like to be more than texts.

use review_page::{Review, Reviewed};
use scenario::read_scenarios;
use translate::{Options, compile};

use crate::pages::review;

const HOSTILE: [&str; 6] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</template></details><iframe src=//example.com>",
    "\u{202e}drowssap\u{202c} \u{2066}x",
    "'-alert(1)-'",
    "<!--",
];

/// A scenario with a text in every place that takes one.
fn everywhere(text: &str) -> String {
    serde_json::json!({
        "id": "a", "intent": text, "language": "en", "purpose": "conversation", "start": "s",
        "trigger": { "type": "message", "phrases": [text] },
        "origin": { "format": text, "file": text, "place": text },
        "slots": [{ "name": "name", "examples": [text] }],
        "losses": [{ "loss": "html", "place": text, "what": text }],
        "steps": [
            { "id": "s", "type": "message", "text": format!("{text} {{{{name}}}}"), "header": text, "footer": text,
              "media": { "kind": "image", "url": format!("https://example.com/{text}") },
              "choices": [{ "action": "reply", "title": text, "description": text, "next": "q" },
                          { "action": "link", "title": text, "url": format!("https://example.com/{text}") }] },
            { "id": "q", "type": "question", "text": text, "slot": "answer", "next": "c" },
            { "id": "c", "type": "condition", "branches": [{ "slot": "answer", "test": "equals", "value": text, "next": "h" }] },
            { "id": "h", "type": "handover", "via": "agent", "text": text, "target": text },
        ],
    })
    .to_string()
}

fn page(text: &str) -> String {
    let scenario = read_scenarios(&everywhere(text)).unwrap().remove(0);
    let compiled = compile(&scenario, &Options::default());
    let mut reviewed = Reviewed::undecided(&scenario, &compiled);
    (reviewed.owner, reviewed.section) = (text, text);
    let review = Review { name: text, run_id: text, made_by: text, scenarios: vec![reviewed], ..review(&[]) };
    review_page::html(&review).unwrap()
}

/// The tags of a page, without their attributes.
fn tags(html: &str) -> Vec<&str> {
    let starts = html.split('<').skip(1);
    starts.map(|it| it.split(|it: char| it.is_whitespace() || it == '>').next().unwrap()).collect()
}

#[test]
fn a_hostile_text_adds_no_tag_to_the_page() {
    let harmless = page("hello");
    for text in HOSTILE {
        let html = page(text);
        let added: Vec<&str> = tags(&html).into_iter().filter(|it| !tags(&harmless).contains(it)).collect();
        assert_eq!(added, Vec::<&str>::new(), "{text}");
        assert_eq!(html.matches("<script").count(), 1, "{text}");
        assert!(!text.contains('<') || !html.contains(text), "{text}");
    }
}

#[test]
fn a_word_of_ten_kilobytes_and_a_page_of_nothing_are_written() {
    assert!(page(&"x".repeat(10_000)).len() > 100_000);
    assert!(review_page::html(&review(&[])).unwrap().contains("No scenarios"));
}
