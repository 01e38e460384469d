//! Pages to look at: the fixtures, some of them edited and decided on, and very many scenarios.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use review_page::{By, Decision, Review, Reviewed, ReviewedMessage};
use scenario::{Act, Scenario, read_scenarios};
use scenario_import::{File, import};
use template::{Component, Template};
use translate::{Business, Compiled, Flow, FlowAct, Options, Outgoing, compile};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios");

const FILES: [&str; 16] = [
    "neutral/scenarios.json",
    "twilio-studio/support.json",
    "twilio-studio/rendez-vous.json",
    "viber-messages/menus.json",
    "viber-archive/support.ndjson",
    "sms-list/salon.csv",
    "sms-list/shop.csv",
    "sms-list/bank.txt",
    "sms-list/delivery.csv",
    "message-log/log.csv",
    "infobip-templates/templates.json",
    "twilio-content/contents.json",
    "dialogflow/shop",
    "rasa/shop",
    "rapidpro/survey-13.json",
    "rapidpro/pickup-14.json",
];

pub(crate) type Translated = (Scenario, Compiled);

/// Every scenario of the fixtures, translated.
pub(crate) fn fixtures() -> Vec<Translated> {
    FILES.iter().flat_map(|it| translated(it)).collect()
}

/// The scenarios of a file or a folder of the fixtures, translated.
pub(crate) fn translated(name: &str) -> Vec<Translated> {
    let mut files = Vec::new();
    read(&Path::new(FIXTURES).join(name), &mut files);
    let imported = import(files, &scenario_import::Options::default()).unwrap();
    let business =
        Business { name: Some("Ferry Shop".into()), contact: Some("+12025550100".into()), ..Business::default() };
    let options = Options { business, ..Options::default() };
    imported.scenarios.into_iter().map(|it| (compile(&it, &options), it)).map(|(compiled, it)| (it, compiled)).collect()
}

fn read(path: &Path, files: &mut Vec<File>) {
    if path.is_dir() {
        let mut paths: Vec<PathBuf> = path.read_dir().unwrap().map(|it| it.unwrap().path()).collect();
        paths.sort();
        paths.iter().for_each(|it| read(it, files));
        return;
    }
    let name = path.strip_prefix(FIXTURES).unwrap().to_str().unwrap().to_owned();
    files.push(File { path: name, bytes: std::fs::read(path).unwrap() });
}

/// A review of scenarios that nobody has decided on.
pub(crate) fn review(all: &[Translated]) -> Review<'_> {
    Review {
        name: "Clinic and shop",
        run_id: "20261128-141003-7f3a",
        made_at: "2026-11-28T14:10:03Z".parse().unwrap(),
        made_by: "ferry 0.2.0",
        scenarios: all.iter().map(|(scenario, compiled)| Reviewed::undecided(scenario, compiled)).collect(),
    }
}

/// The same with edits, proposals and decisions of two people on some texts.
pub(crate) fn worked_on(all: &[Translated]) -> Review<'_> {
    let mut review = review(all);
    let ana = By { who: "Ana Lopes", when: Some("2026-11-27T09:00:00Z".parse().unwrap()) };
    let ben = By { who: "Ben", when: None };
    let mut n = 0;
    for reviewed in &mut review.scenarios {
        (reviewed.owner, reviewed.section) = ("Ana Lopes", "service");
        for template in &mut reviewed.templates {
            n += 1;
            template.decision = [Decision::Undecided, Decision::Approved(ana), Decision::Rejected(ben)][n % 3];
            if n % 4 == 2 {
                template.edit = Some(ana);
                let before = template.current.clone();
                template.current = Cow::Owned(reworded(&template.current, "Please note: "));
                template.proposed = (n % 8 == 2).then(|| Cow::Owned(reworded(&before, "From the changed file: ")));
                template.comment = "Friendlier, and shorter.";
            }
        }
        reviewed.messages.extend(first_message(reviewed.flow).map(|(step, part, text)| ReviewedMessage {
            step,
            part,
            text,
            edit: Some(ben),
            proposed: Some("A text that the file has now."),
            decision: Decision::Approved(ana),
            comment: "",
        }));
    }
    review
}

/// The first session message with a text: its step, its place in the step, its text.
fn first_message(flow: &Flow) -> Option<(&str, usize, &str)> {
    flow.steps.iter().find_map(|step| match &step.act {
        FlowAct::Send(sends) => sends.sends.iter().enumerate().find_map(|(part, it)| match it {
            Outgoing::Message(message) if !message.body().is_empty() => Some((step.id.as_str(), part, message.body())),
            _ => None,
        }),
        FlowAct::Other(_) => None,
    })
}

fn reworded(template: &Template, start: &str) -> Template {
    let mut template = template.clone();
    for component in &mut template.components {
        if let Component::Body(body) = component {
            body.text = body.text.as_ref().map(|it| format!("{start}{it}"));
        }
    }
    template
}

/// 200 scenarios of ten steps with choices.
pub(crate) fn very_many() -> Vec<Translated> {
    let (first, _) = translated("neutral/scenarios.json").remove(0);
    let numbered = |n: usize| {
        let mut scenario = first.clone();
        scenario.id = format!("help_{n}");
        scenario.intent = format!("Help number {n}");
        let mut steps = Vec::new();
        for k in 0..10 {
            let mut step = first.steps[0].clone();
            step.id = format!("ask_{k}");
            let Act::Message(message) = &mut step.act else { panic!("no message") };
            message.text = scenario::Text::parse(&format!("Question {k} of {n}: how can we help you, {{{{name}}}}?"));
            message.next = Some(format!("ask_{}", (k + 1) % 10));
            for choice in &mut message.choices {
                let title = choice.title().to_owned();
                *choice = scenario::Choice::reply(&title, message.next.clone());
            }
            steps.push(step);
        }
        (scenario.start, scenario.steps) = ("ask_0".to_owned(), steps);
        let compiled = compile(&scenario, &Options::default());
        (scenario, compiled)
    };
    (1..=200).map(numbered).collect()
}

/// Texts that would like to be more than texts.
pub(crate) const HOSTILE: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</template></details><iframe src=//example.com>",
    "\u{202e}drowssap\u{202c} \u{2066}x",
    "'-alert(1)-'",
    "<!--",
    "a\r\nb\rc",
    "مرحبا، طلبك *جاهز* https://example.com الآن",
];

/// A scenario with a text in every place that takes one.
pub(crate) fn everywhere(text: &str) -> Translated {
    let json = serde_json::json!({
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
    });
    let scenario = read_scenarios(&json.to_string()).unwrap().remove(0);
    let compiled = compile(&scenario, &Options::default());
    (scenario, compiled)
}

/// Writes a page to `target/review-page`, where people can look at it.
pub(crate) fn write(name: &str, review: &Review<'_>) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/review-page");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.canonicalize().unwrap().join(format!("{name}.html"));
    std::fs::write(&path, review_page::html(review).unwrap()).unwrap();
    path
}
