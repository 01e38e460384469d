//! Scenarios of every format that can be imported, in five languages: detection, translation, losses, and whether both
//! sides behave alike.
//!
//! Expected output is next to each file as NAME.expected; `UPDATE_EXPECT=1 scripts/test -p ferry scenarios` refreshes
//! the files.

use std::path::Path;

use expect_test::{expect, expect_file};
use serde_json::Value;

use crate::world::World;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios");

/// A file or a folder, and its format.
pub(crate) const SCENARIOS: [(&str, &str); 19] = [
    ("sms-list/salon.csv", "sms-list"),
    ("sms-list/shop.csv", "sms-list"),
    ("sms-list/clinic.csv", "sms-list"),
    ("sms-list/salon.xlsx", "sms-list"),
    ("sms-list/bank.txt", "sms-list"),
    ("sms-list/delivery.csv", "sms-list"),
    ("message-log/log.csv", "message-log"),
    ("message-log/praxis.ods", "message-log"),
    ("viber-messages/menus.json", "viber-messages"),
    ("viber-archive/support.ndjson", "viber-archive"),
    ("infobip-templates/templates.json", "infobip-templates"),
    ("twilio-studio/support.json", "twilio-studio"),
    ("twilio-studio/rendez-vous.json", "twilio-studio"),
    ("twilio-content/contents.json", "twilio-content"),
    ("dialogflow/shop", "dialogflow"),
    ("rasa/shop", "rasa"),
    ("rapidpro/survey-13.json", "rapidpro"),
    ("rapidpro/pickup-14.json", "rapidpro"),
    ("neutral/scenarios.json", "scenario"),
];

pub(crate) fn path(name: &str) -> String {
    Path::new(FIXTURES).join(name).to_str().unwrap().to_owned()
}

#[test]
fn every_kind_of_scenario_is_imported_compiled_and_simulated() {
    let mut n_scenarios = 0;
    for (name, format) in SCENARIOS {
        let world = World::empty();
        let imported = world.ferry(&["scenario", "import", &path(name), "--to", "scenarios.json"]);
        assert_eq!(imported.code, 0, "{name}: {imported:?}");
        assert!(imported.out.starts_with(&format!("{format}: ")), "{name}: {}", imported.out);
        let shown = world.ferry(&["scenario", "show", "scenarios.json"]);
        // The written import reads the same as the original file.
        assert_eq!(shown.out, world.ferry(&["scenario", "show", &path(name)]).out, "{name}");
        let translated = world.ferry(&["translate", "scenarios.json", "--to", "out"]);
        let simulated = world.ferry(&["scenario", "simulate", "scenarios.json"]);
        let unexplained = simulated.out.lines().filter(|it| it.ends_with(" not") && !it.ends_with(" 0 not"));
        assert_eq!(unexplained.collect::<Vec<_>>(), Vec::<&str>::new(), "{name}");
        let order: Vec<Value> = serde_json::from_str(&world.read("out/order.json")).unwrap();
        let templates = order.iter().map(|it| world.read(&format!("out/{}", it["file"].as_str().unwrap())));
        let templates: String = templates.collect();
        let told = format!(
            "# imported\n\n{}\n{}\n# findings\n\n{}\n# both sides\n\n{}\n# templates\n\n{templates}",
            imported.out, shown.out, translated.out, simulated.out
        );
        expect_file![format!("{FIXTURES}/{name}.expected")].assert_eq(&told);
        n_scenarios += serde_json::from_str::<Value>(&world.read("scenarios.json")).unwrap()["scenarios"]
            .as_array()
            .unwrap()
            .len();
    }
    assert!(n_scenarios >= 60, "{n_scenarios} scenarios");
}

#[test]
fn an_agent_in_a_zip_is_the_agent_in_its_folder() {
    let world = World::empty();
    let file = std::fs::File::create(world.path("agent.zip")).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    let root = Path::new(FIXTURES).join("dialogflow/shop");
    for folder in ["", "intents", "entities"] {
        let mut files: Vec<_> = std::fs::read_dir(root.join(folder)).unwrap().map(|it| it.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|it| it.is_file()) {
            let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::copy(&mut std::fs::File::open(file).unwrap(), &mut zip).unwrap();
        }
    }
    zip.finish().unwrap();
    let shown = world.ferry(&["scenario", "show", "agent.zip"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(shown.out, world.ferry(&["scenario", "show", &path("dialogflow/shop")]).out);
}

#[test]
fn a_list_of_an_old_tool_in_gzip_is_the_list() {
    let world = World::empty();
    let text = std::fs::read_to_string(path("sms-list/salon.csv")).unwrap();
    // Windows-1252: every character of the list is one byte of the same number.
    let western: Vec<u8> = text.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &western).unwrap();
    std::fs::write(world.path("salon.csv.gz"), packed.finish().unwrap()).unwrap();
    let imported = world.ferry(&["scenario", "import", "salon.csv.gz"]);
    assert!(imported.out.contains("  read as windows-1252: salon.csv\n"), "{imported:?}");
    assert_eq!(
        world.ferry(&["scenario", "show", "salon.csv.gz"]).out,
        world.ferry(&["scenario", "show", &path("sms-list/salon.csv")]).out
    );
}

#[test]
fn the_form_of_the_design_text_is_a_scenario() {
    let world = World::empty();
    let shown = world.ferry(&["scenario", "show", &path("neutral/responses.json"), "--only", "order_status"]);
    expect![[r#"
        order_status (en): Order status
          {{status}}
        ▸ response: Your order is {{status}}. Thank you for your patience.
    "#]]
    .assert_eq(&shown.out);
    let checked = world.ferry(&["scenario", "check", &path("neutral/responses.json")]);
    assert_eq!(checked.code, 1);
    expect![[r#"
        error[T304] variable-ratio, 2 times: a text with n variables has at least 2n + 1 other words
          statut_de_commande.fr, body of template statut_de_commande: 4 words and 3 variables: at least 7 words are needed — add words, or remove variables
            in “Bonjour {{1}}, votre commande {{2}} – {{3}}. Merci.”
          estado.es, body of template estado: 2 words and 1 variables: at least 3 words are needed — add words, or remove variables
            in “Estado: {{1}}. Gracias.”
        error[S110] scenario-language: the language is one that WhatsApp supports
          news_in_no_language_of_whatsapp.tlh: “tlh” is not one of WhatsApp's languages
        note[C108] example-made-up, 5 times: no example came with the data, so one was made up from the name
          order_status.en: {{status}}: “status”
          statut_de_commande.fr: {{nom}}: “Ana”
          statut_de_commande.fr: {{numero}}: “A1041”
          … and 2 more
        note[C101] proposed-category, 3 times: the category is proposed, with its reason
          order_status.en, step response: UTILITY: “Your order” shows an order, and nothing is promotional
            in “Your order is {{status}}. Thank you for your patience.”
          statut_de_commande.fr, step response: UTILITY: “votre commande” shows an order, and nothing is promotional
            in “{{nom}}, votre commande {{numero}} {{statut}}”
          estado.es, step response: UTILITY: {{estado}} differs for each customer and nothing is promotional, but nothing in it shows an order, an appointment, a payment, a delivery, an account or a request of the customer: check it
            in “Estado: {{estado}}”
        note[C102] text-changed, 2 times: a text was corrected or added where that is safe
          statut_de_commande.fr, step response: “Bonjour {{1}}, votre commande {{2}} – {{3}}. Merci.” (variables-adjacent, variable-at-start, variable-at-end)
            in “{{nom}}, votre commande {{numero}} {{statut}}”
          estado.es, step response: “Estado: {{1}}. Gracias.” (variable-at-end)
            in “Estado: {{estado}}”
        4 scenarios: 3 errors, 0 losses, 0 warnings
    "#]].assert_eq(&checked.out);
}

#[test]
fn the_schema_in_the_docs_is_that_of_the_types() {
    let world = World::empty();
    let schema = world.ferry(&["scenario", "schema"]).out;
    expect_file!["../../../../docs/scenario.schema.json"].assert_eq(&schema);
}

#[test]
fn a_scenario_is_drawn_in_mermaid_and_as_a_picture() {
    let world = World::empty();
    let file = path("neutral/scenarios.json");
    let mermaid = world.ferry(&["scenario", "graph", &file, "--only", "after_purchase"]);
    expect![[r#"
        flowchart TD
            start(["Suivi après achat"]) --> s0
            s0["thanks: Merci pour votre achat de #123;#123;produit#125;#125;. Nous espérons qu'il …"]
            s0 --> s1
            s1["wait: wait 259200 s"]
            s1 --> s2
            s2["rate: Comment notez-vous #123;#123;produit#125;#125; après trois jours ?"]
            s2 -->|"Très bien"| s3
            s2 -->|"Pas bien"| s4
            s2 -->|"anything else"| fin
            s2 -->|"no answer"| s5
            s3["good: Merci beaucoup !"]
            s3 --> fin
            s4(["bad: to a person: phone"])
            s4 --> fin
            s5["late: Il est encore temps de donner votre avis sur votre achat."]
            s5 --> fin
            fin((end))
    "#]]
    .assert_eq(&mermaid.out);
    let drawn = world.ferry(&["scenario", "graph", &file, "--only", "after_purchase", "--as", "svg", "--to", "a.svg"]);
    assert_eq!(drawn.code, 0, "{drawn:?}");
    let picture = world.read("a.svg");
    assert!(picture.starts_with("<svg ") && picture.contains("wait 259200 s") && !picture.contains("href"));
    let several = world.ferry(&["scenario", "graph", &file]);
    assert!(
        several.code == 1
            && several.err.contains("name one of them with --only: help.en, only_social.pt, after_purchase.fr"),
        "{several:?}"
    );
}

#[test]
fn scripts_can_be_recorded_and_run_again() {
    let world = World::empty();
    let file = path("twilio-studio/support.json");
    let first = world.ferry(&["scenario", "simulate", &file, "--record", "scripts.json"]);
    let again = world.ferry(&["scenario", "simulate", &file, "--script", "scripts.json"]);
    assert_eq!((first.code, &first.out), (0, &again.out));
    world.write("one.json", r#"[{ "name": "hours", "inputs": [{ "say": "hello" }, { "say": "1" }] }]"#);
    let one = world.ferry(&["scenario", "simulate", &file, "--script", "one.json", "--format", "json"]);
    let told: Value = serde_json::from_str(&one.out).unwrap();
    let run = &told["simulated"][0]["runs"][0];
    assert_eq!(run["source"][1]["step"], "hours");
    assert_eq!(run["whatsapp"][1]["step"], "hours");
}

#[test]
fn what_is_no_scenario_is_told_with_what_to_do() {
    let world = World::empty();
    world.write("x.csv", "a,b\n1,2\n");
    let unknown = world.ferry(&["scenario", "import", "x.csv"]);
    let why = "ferry: the format of x.csv is not known: name it with --from";
    assert!(unknown.code == 1 && unknown.err.starts_with(why), "{unknown:?}");
    world.write(
        "shop.postman.json",
        r#"{ "info": { "_postman_id": "1" }, "item": [{ "name": "Send a text to Ana" }] }"#,
    );
    let postman = world.ferry(&["translate", "shop.postman.json", "--to", "out"]);
    let why = "ferry: shop.postman.json is a collection of Postman. Ferry reads lists of texts";
    assert!(postman.code == 1 && postman.err.starts_with(why), "{postman:?}");
    let wrong = world.ferry(&["scenario", "import", "x.csv", "--from", "twilio-studio"]);
    assert!(wrong.err.starts_with("ferry: could not read x.csv as a flow of Twilio Studio: "), "{wrong:?}");
    world.write("x.zip", "PK\u{3}\u{4}broken");
    let broken = world.ferry(&["scenario", "import", "x.zip"]);
    assert!(broken.code == 1 && broken.err.starts_with("ferry: could not read x.zip as a zip"), "{broken:?}");
}

#[test]
fn translating_again_leaves_no_template_of_before() {
    let world = World::empty();
    world.write("a.json", r#"{ "intent": "a", "response": "Your order is {{x}}. Thank you for your patience." }"#);
    world.write("b.json", r#"{ "intent": "b", "response": "Your order is {{x}}. Thank you for your patience." }"#);
    assert_eq!(world.ferry(&["translate", "a.json", "--to", "out", "--named"]).code, 0);
    let template: Value = serde_json::from_str(&world.read("out/templates/a.en.json")).unwrap();
    assert_eq!(template["parameter_format"], "NAMED");
    assert_eq!(template["components"][0]["text"], "Your order is {{x}}. Thank you for your patience.");
    assert_eq!(world.ferry(&["translate", "b.json", "--to", "out"]).code, 0);
    let left: Vec<_> =
        std::fs::read_dir(world.path("out/templates")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["b.en.json"]);
    // A folder that Ferry did not write is left alone.
    std::fs::create_dir_all(world.path("theirs/templates")).unwrap();
    world.write("theirs/templates/keep.txt", "x");
    let refused = world.ferry(&["translate", "a.json", "--to", "theirs"]);
    assert!(refused.code == 1 && refused.err.contains("name another folder with --to"), "{refused:?}");
    assert_eq!(world.read("theirs/templates/keep.txt"), "x");
    // WhatsApp would refuse the same text twice.
    let both = world.ferry(&["translate", "a.json", "b.json"]);
    assert!(
        both.code == 1 && both.out.contains("b.en: “a” has the same body and footer — use one template for both"),
        "{both:?}"
    );
}

#[test]
fn an_id_that_is_a_path_writes_nothing_outside_the_folder() {
    let world = World::empty();
    let scenario = r#"{ "id": "../../evil", "intent": "x", "language": "../en", "purpose": "notification",
        "trigger": { "type": "event" }, "start": "a", "steps": [{ "id": "a", "type": "message", "text": "Hello there." }] }"#;
    world.write("evil.json", scenario);
    let translated = world.ferry(&["translate", "evil.json", "--to", "deep/out"]);
    assert!(translated.code == 1 && translated.out.contains("“../../evil” is not an id"), "{translated:?}");
    world.write("evil.json", &scenario.replace("../../evil", "fine"));
    world.ferry(&["translate", "evil.json", "--to", "deep/out"]);
    let mut left: Vec<_> = std::fs::read_dir(world.path("deep")).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.extend(std::fs::read_dir(world.path("deep/out")).unwrap().map(|it| it.unwrap().file_name()));
    left.sort();
    assert_eq!(left, ["findings.ndjson", "flows", "order.json", "out", "scenarios.json", "templates"]);
}

#[test]
fn a_flow_holds_messages_as_the_cloud_api_takes_them() {
    let world = World::empty();
    let file = path("neutral/scenarios.json");
    for only in ["help", "products"] {
        world.ferry(&["translate", &file, "--only", only, "--to", only, "--catalog", "777"]);
    }
    let flow: Value = serde_json::from_str(&world.read("help/flows/help.en.json")).unwrap();
    let message = &flow["steps"][0]["sends"][0]["message"];
    let titles =
        message["interactive"]["action"]["buttons"].as_array().unwrap().iter().map(|it| it["reply"]["title"].clone());
    assert_eq!(titles.collect::<Vec<_>>(), ["My invoice", "My delivery", "A person"]);
    let flow: Value = serde_json::from_str(&world.read("products/flows/products.id.json")).unwrap();
    let kinds = flow["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["sends"][0]["message"]["interactive"]["type"].as_str());
    assert_eq!(kinds.collect::<Vec<_>>(), ["product_list", "location_request_message", "product"]);
    let products = &flow["steps"][0]["sends"][0]["message"]["interactive"];
    assert_eq!(
        (&products["action"]["catalog_id"], &products["action"]["sections"][1]["title"]),
        (&"777".into(), &"Tas".into())
    );
}

#[test]
fn the_business_of_the_plan_words_its_own_opt_out_footer_and_contact() {
    let world = World::empty();
    world.write(
        "plan.toml",
        "[business]\nname = \"Chez Ana\"\nfooter = \"Chez Ana, Lyon\"\ncontact = \"+33 1 99 00 00 00\"\n\
         [business.opt_out.fr]\nbutton = \"Ne plus recevoir\"\nline = \"Pour arrêter : Ne plus recevoir\"\n",
    );
    world.write("list.csv", "code;texte\nPROMO;Soldes chez [boutique] : -20 % sur tout, venez vite nous voir !\n");
    let translated = world.ferry(&["translate", "list.csv", "--plan", "plan.toml", "--to", "out"]);
    assert_eq!(translated.code, 0, "{translated:?}");
    let order: Vec<Value> = serde_json::from_str(&world.read("out/order.json")).unwrap();
    let template = world.read(&format!("out/{}", order[0]["file"].as_str().unwrap()));
    for text in ["\"Pour arrêter : Ne plus recevoir\"", "\"Ne plus recevoir\"", "\"Chez Ana\""] {
        assert!(template.contains(text), "{template}");
    }
    world.write("plan.toml", "[business]\nfooter = \"\"\n");
    let refused = world.ferry(&["translate", "list.csv", "--plan", "plan.toml"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.ends_with("plan.toml:2: the text has 0 characters: it can have from 1 to 60\n"),
        "{}",
        refused.err
    );
}
