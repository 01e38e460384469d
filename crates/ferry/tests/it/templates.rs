//! Templates: the linter as a user runs it.

use expect_test::{expect, expect_file};
use serde_json::Value;

use crate::world::World;

const SAMPLE: &str = r#"{
  "name": "rappel", "language": "fr", "category": "UTILITY",
  "components": [
    { "type": "BODY", "text": "Bonjour \u00e9l\u00e8ve {{1}},\nvotre rendez-vous est à {{2}}.",
      "example": { "body_text": [["Ana", "14:00"]] } }
  ]
}
"#;

#[test]
fn a_broken_rule_is_printed_as_a_compiler_prints_it() {
    let world = World::empty();
    world.write("rappel.json", SAMPLE);
    let linted = world.ferry(&["template", "lint", "rappel.json"]);
    assert_eq!(linted.code, 1);
    expect![[r#"
        error[T302]: a text does not end with a variable: a word comes after it
         --> rappel.json:4:88
          |
        4 |     { "type": "BODY", "text": "Bonjour \u00e9l\u00e8ve {{1}},\nvotre rendez-vous est à {{2}}.",
          |                                                                                        ^^^^^ it ends with a variable
          |
          = help: put a word after it
          = note: variable-at-end: Meta, error 2388299; that a sign after it is not enough is our caution

        1 template: 1 error, 0 warnings, 0 notes
    "#]].assert_eq(&linted.out);
}

#[test]
fn what_is_safe_to_mend_is_mended_in_the_file() {
    let world = World::empty();
    world.write("rappel.json", SAMPLE);
    let mended = world.ferry(&["template", "lint", "rappel.json", "--fix"]);
    assert_eq!(mended.code, 0, "{mended:?}");
    expect![[r#"
        fixed rappel.json: variable-at-end[T302]
        1 template: 0 errors, 0 warnings, 0 notes
    "#]]
    .assert_eq(&mended.out);
    let after = world.read("rappel.json");
    assert!(after.contains("votre rendez-vous est à {{2}}. Merci.\""), "{after}");
    // A file without anything to fix is left unchanged.
    world.ferry(&["template", "lint", "rappel.json", "--fix"]);
    assert_eq!(world.read("rappel.json"), after);
}

#[test]
fn an_answer_of_the_cloud_api_is_linted_in_place() {
    let world = World::empty();
    let list = format!(r#"{{ "data": [ {SAMPLE}, {{ "name": "x" }}, {SAMPLE} ], "paging": {{}} }}"#);
    world.write("list.json", &list);
    let linted = world.ferry(&["template", "lint", "list.json", "--format", "json"]);
    let value: Value = serde_json::from_str(&linted.out).unwrap();
    let told: Vec<String> = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            format!(
                "{} {} line {} column {}\n",
                it["code"].as_str().unwrap(),
                it["place"].as_str().unwrap(),
                it["line"],
                it["column"]
            )
        })
        .collect();
    expect![[r#"
        T302 /data/0/components/0/text line 4 column 88
        T001 /data/1 line 8 column 3
        T302 /data/2/components/0/text line 11 column 88
        T106 /data/2/name line 9 column 11
        T107 /data/2/components line 10 column 17
    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn findings_are_written_as_sarif() {
    let world = World::empty();
    world.write("rappel.json", SAMPLE);
    let linted = world.ferry(&["template", "lint", "rappel.json", "--as", "sarif"]);
    let sarif: Value = serde_json::from_str(&linted.out).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "T302");
    let region = &run["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&region["startLine"], &region["startColumn"], &region["endColumn"]),
        (&4.into(), &88.into(), &93.into())
    );
}

#[test]
fn a_rule_can_be_looked_up() {
    let world = World::empty();
    let rule = world.ferry(&["template", "rules", "variable-at-end"]);
    assert!(
        rule.out.starts_with("T302 variable-at-end        error   a text does not end with a variable"),
        "{rule:?}"
    );
    let none = world.ferry(&["template", "rules", "T999"]);
    assert_eq!(
        (none.code, none.err.as_str()),
        (1, "ferry: there is no rule T999: `ferry template rules` lists them\n")
    );
}

#[test]
fn the_docs_have_every_rule_and_every_loss() {
    let world = World::empty();
    expect_file!["../../../../docs/rules.txt"].assert_eq(&world.ferry(&["template", "rules"]).out);
    let docs = include_str!("../../../../docs/scenarios.md");
    for loss in &scenario::LOSSES {
        let row = format!("| {} | {} | {} |", loss.code, loss.name, loss.about);
        assert!(docs.contains(&row), "docs/scenarios.md has no {row}");
    }
    let docs = include_str!("../../../../docs/bot-platforms.md");
    for loss in scenario_export::RULES {
        let row = format!("| {} | {} | {} |", loss.code, loss.name, loss.about);
        assert!(docs.contains(&row), "docs/bot-platforms.md has no {row}");
    }
}
