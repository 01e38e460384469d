//! Knows files that hold no scenarios or templates, so that they are refused by name: those of other products, documents,
//! pictures, source code.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use import_base::File;
use import_base::magic::kind_of_bytes;
use import_flows::rapidpro;

/// Parts of packed documents, and what the documents are.
const PARTS: [(&str, &str); 4] = [
    ("word/document.xml", "a document of Word: save the table in it as XLSX or CSV"),
    ("ppt/presentation.xml", "a presentation"),
    ("META-INF/MANIFEST.MF", "a program of Java"),
    ("META-INF/container.xml", "a book in EPUB"),
];

/// The starts of texts, in small letters, and what the files are.
const STARTS: [(&str, &str); 6] = [
    ("<!doctype html", "a web page"),
    ("<html", "a web page"),
    ("<?xml", "XML"),
    ("<?php", "source code"),
    ("#!/", "a script"),
    ("begin:vcard", "a list of contact cards"),
];

/// Endings of files that people wrote for programs or for each other.
const ENDINGS: [(&[&str], &str); 3] = [
    (
        &[
            "py", "js", "mjs", "ts", "tsx", "jsx", "java", "kt", "cs", "php", "go", "rs", "rb", "swift", "sh", "sql",
            "css",
        ],
        "source code",
    ),
    (&["html", "htm", "xml", "svg"], "a web page or XML"),
    (&["ini", "toml", "env", "cfg", "lock", "properties"], "a file of settings of a program"),
];

/// Values that a kind of JSON has, by their places; `*` is any value, `[]` a list, `{}` an object.
type Marks = &'static [(&'static str, &'static str)];

/// Kinds of JSON of other products. Sources: the exports and the documents of each product.
const JSON: [(&str, Marks); 35] = [
    ("a collection of Postman", &[("/info/schema", "*"), ("/item", "[]")]),
    ("a collection of Postman", &[("/info/_postman_id", "*")]),
    ("a collection of Postman", &[("/collection/info/schema", "*")]),
    ("a description of an API in OpenAPI", &[("/openapi", "*"), ("/info", "{}")]),
    ("a description of an API in OpenAPI", &[("/swagger", "*"), ("/info", "{}")]),
    ("a package of npm", &[("/name", "*"), ("/version", "*"), ("/dependencies", "{}")]),
    ("a package of npm", &[("/name", "*"), ("/version", "*"), ("/devDependencies", "{}")]),
    ("a package of npm", &[("/name", "*"), ("/version", "*"), ("/scripts", "{}")]),
    ("a package of npm", &[("/lockfileVersion", "*")]),
    ("a file of settings of a program", &[("/compilerOptions", "{}")]),
    ("a map in GeoJSON", &[("/type", "FeatureCollection"), ("/features", "[]")]),
    ("a map in GeoJSON", &[("/type", "Feature"), ("/geometry", "*")]),
    ("a JSON Schema", &[("/$schema", "*"), ("/properties", "{}")]),
    ("a notebook of Jupyter", &[("/nbformat", "*"), ("/cells", "[]")]),
    ("a flow of Botpress", &[("/nodes", "[]"), ("/startNode", "*")]),
    ("a list of contents of Botpress", &[("/0/formData", "{}"), ("/0/id", "*")]),
    ("a file of ManyChat", &[("/flows/0/ns", "*")]),
    ("a file of ManyChat", &[("/manychat", "*")]),
    ("an answer for ManyChat", &[("/version", "v2"), ("/content/messages", "[]")]),
    ("a bot of Landbot", &[("/nodes", "{}"), ("/brickInstances", "*")]),
    ("a bot of Landbot", &[("/nodes", "{}"), ("/links", "*")]),
    ("a bot of Landbot", &[("/diagram/nodes", "{}")]),
    ("a project of Voiceflow", &[("/diagrams", "{}"), ("/version", "*")]),
    ("a project of Voiceflow", &[("/project/platform", "*"), ("/version", "{}")]),
    ("a bot of Typebot", &[("/groups", "[]"), ("/edges", "[]")]),
    ("an assistant of IBM Watson", &[("/dialog_nodes", "[]")]),
    ("an assistant of IBM Watson", &[("/workspace/dialog_nodes", "[]")]),
    ("a bot of Amazon Lex", &[("/metadata/importType", "*"), ("/resource", "{}")]),
    ("one intent of Dialogflow: name the whole agent, a zip or a folder", &[("/responses", "[]"), ("/contexts", "[]")]),
    (
        "a list of phrases of Dialogflow: name the whole agent, a zip or a folder",
        &[("/0/isTemplate", "*"), ("/0/data", "[]")],
    ),
    ("a conversation of Slack", &[("/0/ts", "*"), ("/0/type", "*")]),
    ("a conversation of Telegram", &[("/messages/0/date_unixtime", "*")]),
    (
        "a conversation of Messenger or Instagram",
        &[("/messages/0/sender_name", "*"), ("/messages/0/timestamp_ms", "*")],
    ),
    ("a flow of Node-RED", &[("/0/type", "tab"), ("/0/id", "*")]),
    ("a form of WhatsApp (a Flow of the account)", &[("/screens", "[]"), ("/version", "*")]),
];

/// What a file is, if it is known to be nothing that Ferry reads.
pub(crate) fn kind_of(file: &File) -> Option<&'static str> {
    let start = file.bytes.iter().find(|it| !it.is_ascii_whitespace());
    if !matches!(start, Some(b'{' | b'[')) {
        return kind_of_other_text(file);
    }
    match serde_json::from_slice::<Value>(&file.bytes) {
        Ok(value) => kind_of_json(&value),
        Err(_) => is_damaged_json(file).then_some("damaged JSON"),
    }
}

/// The document that a file was packed in, and its kind.
pub(crate) fn document_of(path: &str) -> Option<(&str, &'static str)> {
    PARTS.iter().find_map(|(part, kind)| Some((path.strip_suffix(part)?.trim_end_matches('/'), *kind)))
}

/// What a file that is not JSON is.
pub(crate) fn kind_of_other_text(file: &File) -> Option<&'static str> {
    if let Some(kind) = document_of(&file.path).map(|it| it.1).or_else(|| kind_of_bytes(&file.bytes)) {
        return Some(kind);
    }
    let start = &file.bytes[..file.bytes.len().min(1 << 13)];
    // Old tools leave one or two in a text.
    if start.iter().filter(|it| **it == 0).count() * 100 > start.len() {
        return Some("a file that is no text");
    }
    let start = String::from_utf8_lossy(&file.bytes[..file.bytes.len().min(200)]).trim_start().to_lowercase();
    let ending = file.path.rsplit('/').next().and_then(|it| it.rsplit_once('.')).map(|it| it.1.to_ascii_lowercase());
    let ending = ending.unwrap_or_default();
    if ["yml", "yaml"].contains(&ending.as_str()) {
        return (!is_of_rasa(&file.bytes)).then_some("YAML without a part of a Rasa bot");
    }
    let by_start = STARTS.iter().find(|it| start.starts_with(it.0)).map(|it| it.1);
    let by_ending = || ENDINGS.iter().find(|it| it.0.contains(&ending.as_str())).map(|it| it.1);
    by_start.or_else(by_ending).or_else(|| is_chat(&file.bytes).then_some("a chat that WhatsApp exported"))
}

/// Whether a file that is not valid JSON says that it is.
pub(crate) fn is_damaged_json(file: &File) -> bool {
    let path = file.path.to_ascii_lowercase();
    [".json", ".geojson", ".vf"].iter().any(|it| path.ends_with(it)) && !is_lines_of_json(&file.bytes)
}

/// What a value of JSON is, if it is known to be of another product.
pub(crate) fn kind_of_json(value: &Value) -> Option<&'static str> {
    let has = |mark: &(&str, &str)| match (value.pointer(mark.0), mark.1) {
        (None | Some(Value::Null), _) => false,
        (Some(found), "[]") => found.is_array(),
        (Some(found), "{}") => found.is_object(),
        (Some(_), "*") => true,
        (Some(found), text) => found == text,
    };
    let known = JSON.iter().find(|it| it.1.iter().all(has)).map(|it| it.0);
    let is_wired = |it: &Value| it.get("wires").is_some_and(Value::is_array) && it.get("type").is_some();
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    known.or_else(|| list.iter().any(is_wired).then_some("a flow of Node-RED")).or_else(|| workflow(value))
}

/// A workflow of another product, or a list of them: nodes and what joins them. The notes of people who built it are in it
/// as texts, and no customer may read them.
fn workflow(value: &Value) -> Option<&'static str> {
    let of_one = |it: &Value| {
        let joins = ["connections", "edges"].into_iter().find(|key| it.get(*key).is_some())?;
        let is_one = it.get("nodes").is_some_and(Value::is_array) && !rapidpro::is_export(it);
        let kind = if joins == "connections" { "a workflow of n8n" } else { "a flow of another product" };
        is_one.then_some(kind)
    };
    value.as_array().map_or_else(|| of_one(value), |it| it.iter().find_map(of_one))
}

/// Whether each of the first lines is JSON by itself.
fn is_lines_of_json(bytes: &[u8]) -> bool {
    let lines = bytes.split(|it| *it == b'\n').filter(|it| !it.trim_ascii().is_empty());
    let mut lines = lines.take(2).map(|it| serde_json::from_slice::<Value>(it).is_ok());
    lines.next() == Some(true) && lines.next() != Some(false)
}

/// Whether YAML has a part of a bot of Rasa.
fn is_of_rasa(bytes: &[u8]) -> bool {
    const PARTS: [&str; 12] = [
        "nlu",
        "rules",
        "stories",
        "responses",
        "intents",
        "flows",
        "forms",
        "slots",
        "entities",
        "actions",
        "pipeline",
        "policies",
    ];
    let text = String::from_utf8_lossy(bytes);
    let keys = text.lines().filter_map(|it| it.split_once(':')).map(|it| it.0.trim_end());
    keys.into_iter().any(|it| PARTS.contains(&it))
}

/// Whether most lines are those of a chat between people: a date, a time, a name, a colon. Lines of a log have a phone number.
fn is_chat(bytes: &[u8]) -> bool {
    static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^\x{200e}?\[?\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \x{202f}][AaPp]\.?[Mm]\.?)?(?:\] | - )[^:+\d][^:]{0,40}: ").ok()
    });
    let Some(pattern) = LINE.as_ref() else { return false };
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1 << 14)]);
    let lines: Vec<&str> = text.lines().filter(|it| !it.trim().is_empty()).collect();
    let n_of_chat = lines.iter().filter(|it| pattern.is_match(it)).count();
    // A message may have several lines.
    n_of_chat >= 2 && n_of_chat * 2 > lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import;
    use import_base::Options;

    fn refused(name: &str, content: &str) -> String {
        let file = File { path: name.to_owned(), bytes: content.as_bytes().to_vec() };
        import(vec![file], &Options::default()).unwrap_err().to_string()
    }

    #[test]
    fn files_of_other_products_are_refused_with_what_they_are() {
        for (name, content, kind) in [
            (
                "a.json",
                r#"{"info": {"_postman_id": "1", "name": "Send"}, "item": [{"name": "Say hello to Ana"}]}"#,
                "Postman",
            ),
            (
                "a.json",
                r#"{"openapi": "3.0.1", "info": {"title": "Orders"}, "tags": [{"name": "a", "text": "All of the orders"}]}"#,
                "OpenAPI",
            ),
            (
                "package.json",
                r#"{"name": "bot", "version": "1.0.0", "scripts": {}, "contributors": [{"text": "She wrote the code"}]}"#,
                "npm",
            ),
            (
                "a.json",
                r#"{"type": "FeatureCollection", "features": [{"properties": {"text": "A place by the river"}}]}"#,
                "GeoJSON",
            ),
            ("a.json", r#"[{"id": "builtin_text-1", "formData": {"text$en": "Hello dear friend"}}]"#, "Botpress"),
            ("a.json", r#"{"nodes": {"0": {}}, "links": []}"#, "Landbot"),
            ("a.json", r#"{"version": {"name": "x"}, "diagrams": {}}"#, "Voiceflow"),
            (
                "a.json",
                r#"{"version": "v2", "content": {"messages": [{"type": "text", "text": "Hello dear friend"}]}}"#,
                "ManyChat",
            ),
            ("a.json", r#"{"nodes": [], "connections": {}}"#, "n8n"),
            ("a.json", r#"[{"id": "1", "type": "function", "wires": [[]], "name": "Say a text"}]"#, "Node-RED"),
            (
                "a.json",
                r#"[{"type": "message", "user": "U1", "ts": "1772529247.0002", "text": "Where is Ana today?"}]"#,
                "Slack",
            ),
            ("a.json", "{\"texts\": [{\"text\": \"Hello", "damaged JSON"),
            ("openapi.yaml", "openapi: 3.0.0\ninfo:\n  title: x\n", "YAML without a part of a Rasa bot"),
            ("a.py", "import os\n\nprint(\"Hello, dear customer of ours\")\n", "source code"),
            ("a.txt", "<!DOCTYPE html>\n<p>Welcome to our shop</p>\n", "a web page"),
            ("a.pdf", "%PDF-1.4\n1 0 obj\n", "a PDF document"),
            (
                "chat.txt",
                "12/03/24, 10:10 - Ana Martin: Where are you now?\n12/03/24, 10:11 - Bea: At the dentist\n",
                "a chat",
            ),
        ] {
            let why = refused(name, content);
            assert!(why.contains(kind) && why.contains("Ferry reads"), "{content}: {why}");
        }
    }

    #[test]
    fn a_log_of_lines_with_phone_numbers_is_no_chat() {
        let log: String = (1..=4)
            .map(|n| format!("[2026-03-0{n} 08:10] +3319900000{n}: Hello Ana, your order {n}041 is here.\n"))
            .collect();
        let file = File { path: "log.txt".to_owned(), bytes: log.into_bytes() };
        let imported = import(vec![file], &Options::default()).unwrap();
        assert_eq!((imported.format.name(), imported.scenarios.len()), ("message-log", 1));
    }

    #[test]
    fn json_is_a_list_of_texts_only_if_it_is_one_list_of_like_records_with_a_column_for_texts() {
        for content in [
            r#"{"welcome": "Welcome to our shop!", "bye": "Goodbye and see you soon"}"#,
            r#"{"a": [{"text": "Hello my dear friend"}], "b": [{"text": "Goodbye my dear friend"}]}"#,
            r#"[{"description": "A nice lamp for your room", "price": 3}]"#,
            r#"[{"text": "Hello my dear friend"}, {"a": 1, "b": 2, "c": 3}, {"d": 1, "e": 2}, {"f": 4}]"#,
        ] {
            let why = refused("a.json", content);
            assert!(why.contains("not known") && why.contains("Ferry reads"), "{content}: {why}");
        }
    }
}
