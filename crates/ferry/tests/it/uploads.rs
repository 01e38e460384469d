//! Samples of media headers: uploaded once, resumed where they were interrupted, on both databases.

use std::process::Stdio;

use expect_test::expect;
use serde_json::{Value, json};

use crate::world::{Ended, Postgres, Sandbox, World, ended, texts};

/// A plan with an account and an app in the sandbox.
fn world(sandbox: &Sandbox, database: &str) -> World {
    let world = World::with_sms(b"phone,name\n");
    world.replan("sqlite:ferry.db", database);
    let plan = world.read("plan.toml");
    let section = format!("\n[whatsapp]\naccount = \"42\"\napp_id = \"7\"\nurl = \"{}/v25.0\"\n", sandbox.url);
    world.write("plan.toml", &(plan + &section));
    for folder in ["t", "samples"] {
        std::fs::create_dir_all(world.path(folder)).unwrap();
    }
    world
}

/// Runs a test on both databases, each with a sandbox of its own.
fn on_both(test: impl Fn(&Sandbox, &World, &str)) {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:ferry.db", &postgres.url] {
        let sandbox = Sandbox::start(&[]);
        let world = world(&sandbox, url);
        let database = match url {
            "sqlite:ferry.db" => format!("sqlite:{}", world.path("ferry.db").display()),
            url => url.to_owned(),
        };
        test(&sandbox, &world, &database);
    }
}

/// Writes a template with a media header.
fn template(world: &World, name: &str, language: &str, format: &str) {
    template_with(world, name, language, &json!({ "type": "HEADER", "format": format }));
}

fn template_with(world: &World, name: &str, language: &str, header: &Value) {
    let body = json!({ "type": "BODY", "text": format!("This is about {name}.") });
    let components = json!([header, body]);
    let template = json!({ "name": name, "language": language, "category": "UTILITY", "components": components });
    world.write(&format!("t/{name}.{language}.json"), &template.to_string());
}

/// Writes a file of so many bytes that begins as its ending says.
fn sample(world: &World, name: &str, n_bytes: usize) {
    let start: &[u8] = match name.rsplit_once('.').unwrap().1 {
        "jpg" => b"\xFF\xD8\xFF\xE0",
        "png" => b"\x89PNG\r\n\x1A\n",
        "mp4" => b"\0\0\0\x18ftypisom",
        _ => b"%PDF-1.7",
    };
    let rest = (start.len()..n_bytes).map(|it| (it % 251) as u8);
    let bytes: Vec<u8> = start.iter().copied().chain(rest).collect();
    std::fs::write(world.path(&format!("samples/{name}")), bytes).unwrap();
}

fn submit(world: &World) -> Ended {
    told(world.ferry(&["template", "submit", "t", "--quiet"]), world)
}

/// The output with paths that are relative to the plan.
fn told(ended: Ended, world: &World) -> Ended {
    let folder = format!("{}/", world.path("").display()).replace("//", "/");
    let plain = |text: &str| text.replace(&folder, "");
    Ended { code: ended.code, out: plain(&ended.out), err: plain(&ended.err) }
}

fn ledger(sandbox: &Sandbox) -> Vec<Value> {
    serde_json::from_str(&sandbox.call("GET", "/sandbox/uploads", "")).unwrap()
}

/// The name of each uploaded file, and the parts in which it came: offset and bytes.
fn parts(sandbox: &Sandbox) -> Vec<(String, Vec<(u64, u64)>)> {
    let part = |it: &Value| (it["offset"].as_u64().unwrap(), it["bytes"].as_u64().unwrap());
    let parts = |it: &Value| it["parts"].as_array().unwrap().iter().map(part).collect();
    ledger(sandbox).iter().map(|it| (it["file_name"].as_str().unwrap().to_owned(), parts(it))).collect()
}

#[test]
fn a_sample_of_each_kind_is_uploaded_once_and_its_template_submitted() {
    on_both(|sandbox, world, _| {
        template(world, "film", "en", "VIDEO");
        template(world, "invoice", "en", "DOCUMENT");
        template(world, "order_ready", "en", "IMAGE");
        template(world, "order_ready", "fr", "IMAGE");
        sample(world, "film.mp4", 3000);
        sample(world, "invoice.pdf", 2000);
        sample(world, "order_ready.jpg", 1234);

        let dry = told(world.ferry(&["template", "submit", "t", "--dry-run"]), world);
        let planned: Vec<&str> = dry.out.lines().filter(|it| it.contains("upload")).collect();
        assert_eq!(
            planned,
            [
                "would upload samples/film.mp4 (video/mp4, 3,000 bytes)",
                "would upload samples/invoice.pdf (application/pdf, 2,000 bytes)",
                "would upload samples/order_ready.jpg (image/jpeg, 1,234 bytes)",
            ]
        );
        assert!(ledger(sandbox).is_empty());

        let first = told(world.ferry(&["template", "submit", "t"]), world);
        expect![[r#"
            film (en): APPROVED, UTILITY
            invoice (en): APPROVED, UTILITY
            order_ready (en): APPROVED, UTILITY
            order_ready (fr): APPROVED, UTILITY
            4 submitted, 0 edited, 0 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached
        "#]]
        .assert_eq(&first.out);
        assert!(first.err.contains("samples/film.mp4 (3,000 bytes)"), "{first:?}");
        let uploaded = [
            ("film.mp4".to_owned(), vec![(0, 3000)]),
            ("invoice.pdf".to_owned(), vec![(0, 2000)]),
            ("order_ready.jpg".to_owned(), vec![(0, 1234)]),
        ];
        assert_eq!(parts(sandbox), uploaded);

        let again = submit(world);
        assert_eq!(again.out, "0 submitted, 0 edited, 4 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached\n");
        assert_eq!(parts(sandbox), uploaded);
    });
}

#[test]
fn an_upload_that_is_cut_goes_on_where_the_server_says() {
    on_both(|sandbox, world, _| {
        template(world, "film", "en", "VIDEO");
        sample(world, "film.mp4", 300_000);
        sandbox.control("uploads", r#"{ "cut_at": [1000, 250000] }"#);
        let submitted = world.ferry(&["template", "submit", "t", "--quiet", "--format", "json"]);
        let value: Value = serde_json::from_str(&submitted.out).unwrap_or_else(|_| panic!("{submitted:?}"));
        assert_eq!(value["templates"][0]["outcome"], "submitted");
        let offsets: Vec<&Value> = value["uploads"].as_array().unwrap().iter().map(|it| &it["offset"]).collect();
        assert_eq!(offsets, [0, 1000, 250_000]);
        let all = vec![(0, 1000), (1000, 249_000), (250_000, 50_000)];
        assert_eq!(parts(sandbox), [("film.mp4".to_owned(), all)]);
    });
}

#[test]
fn a_connection_that_breaks_too_often_is_left_to_a_later_submission() {
    on_both(|sandbox, world, _| {
        template(world, "film", "en", "VIDEO");
        sample(world, "film.mp4", 5000);
        sandbox.control("uploads", &json!({ "cut_at": (1..=9).map(|it| it * 100).collect::<Vec<_>>() }).to_string());
        let stopped = submit(world);
        assert_eq!(stopped.code, 75, "{stopped:?}");
        assert!(stopped.err.contains("could not upload the sample samples/film.mp4"), "{stopped:?}");
        let dry = told(world.ferry(&["template", "submit", "t", "--dry-run"]), world);
        assert!(dry.out.contains("would resume the upload of samples/film.mp4 (video/mp4, 5,000 bytes)"), "{dry:?}");
        assert_eq!(submit(world).code, 0);
        let parts = parts(sandbox);
        assert_eq!((parts.len(), parts[0].1.iter().map(|it| it.1).sum::<u64>()), (1, 5000), "{parts:?}");
    });
}

#[test]
fn a_submission_that_is_killed_while_it_uploads_is_resumed() {
    on_both(|sandbox, world, _| {
        world.replan("app_id = \"7\"", "app_id = \"7\"\ntimeout_ms = 2000");
        template(world, "film", "en", "VIDEO");
        sample(world, "film.mp4", 60_000);
        sandbox.control("uploads", r#"{ "hold_at": [24000] }"#);
        let mut submitting = world.command(&["template", "submit", "t", "--quiet"]).spawn().unwrap();
        while ledger(sandbox).first().is_none_or(|it| it["received"] != 24_000) {
            std::thread::yield_now();
        }
        submitting.kill().unwrap();
        submitting.wait().unwrap();
        let again = submit(world);
        assert!(again.out.starts_with("film (en): APPROVED, UTILITY\n"), "{again:?}");
        assert_eq!(parts(sandbox), [("film.mp4".to_owned(), vec![(0, 24_000), (24_000, 36_000)])]);
    });
}

#[test]
fn a_kill_between_upload_and_submission_uploads_nothing_again() {
    on_both(|sandbox, world, database| {
        template(world, "film", "en", "VIDEO");
        sample(world, "film.mp4", 5000);
        sandbox.control("faults", r#"["timeout-templates"]"#);
        let mut submitting = world.command(&["template", "submit", "t", "--quiet"]).spawn().unwrap();
        while !world.ferry(&["template", "status"]).out.ends_with("1 SENDING\n") {
            std::thread::yield_now();
        }
        submitting.kill().unwrap();
        submitting.wait().unwrap();
        assert!(sandbox.templates("42").is_empty());
        sandbox.control("faults", "[]");
        texts(database, "update account_template set unknown_until = unknown_until - 3600000000 returning 'x'");
        let again = submit(world);
        assert!(again.out.starts_with("film (en): APPROVED, UTILITY\n"), "{again:?}");
        assert_eq!(parts(sandbox), [("film.mp4".to_owned(), vec![(0, 5000)])]);
    });
}

#[test]
fn two_submissions_at_once_upload_a_sample_once() {
    on_both(|sandbox, world, _| {
        for name in ["a", "b", "c"] {
            template(world, name, "en", "IMAGE");
            sample(world, &format!("{name}.png"), 40_000);
        }
        // The database is made before.
        world.ferry(&["template", "status"]);
        let start = || world.command(&["template", "submit", "t", "--quiet"]).stdout(Stdio::piped()).spawn().unwrap();
        let both = [start(), start()].map(|it| ended(it.wait_with_output().unwrap()));
        assert_eq!(sandbox.templates("42").len(), 3, "{both:?}");
        // The three files have equal bytes.
        assert_eq!(parts(sandbox), [("a.png".to_owned(), vec![(0, 40_000)])], "{both:?}");
    });
}

#[test]
fn a_sample_that_is_missing_or_unfit_is_told_with_the_file_to_put_where() {
    on_both(|sandbox, world, _| {
        for name in ["double", "large", "other", "text", "without"] {
            template(world, name, "en", "IMAGE");
        }
        template(world, "film", "pt_BR", "VIDEO");
        sample(world, "double.jpg", 100);
        sample(world, "double.png", 100);
        sample(world, "large.jpg", (5 << 20) + 1);
        sample(world, "other.png", 100);
        std::fs::rename(world.path("samples/other.png"), world.path("samples/other.jpg")).unwrap();
        world.write("samples/text.jpg", "no picture");
        let refused = submit(world);
        expect![[r#"
            0 submitted, 0 edited, 0 unchanged, 0 refused, 0 unknown, 0 wait, 0 not reached
            not submitted: t/double.en.json: header-handle[T502] there are two samples, samples/double.jpg and samples/double.png: keep one
            not submitted: t/film.pt_BR.json: header-handle[T502] its header needs a sample file: put one of at most 16 MB at samples/film.mp4
            not submitted: t/large.en.json: header-handle[T502] the sample samples/large.jpg cannot be used: the file is larger than 5 MiB
            not submitted: t/other.en.json: header-handle[T502] the sample samples/other.jpg is no file of the type image/jpeg: it is image/png
            not submitted: t/text.en.json: header-handle[T502] the sample samples/text.jpg is no file of the type image/jpeg
            not submitted: t/without.en.json: header-handle[T502] its header needs a sample file: put one of at most 5 MB at samples/without.jpg or .png
        "#]]
        .assert_eq(&refused.out);
        assert_eq!((refused.code, ledger(sandbox).len()), (1, 0));
    });
}

#[test]
fn a_language_can_have_a_sample_of_its_own_in_a_folder_of_the_plan() {
    let sandbox = Sandbox::with(&["--token-env", "SANDBOX_TOKEN"]);
    let world = world(&sandbox, "sqlite:ferry.db");
    world.replan("app_id = \"7\"", "app_id = \"7\"\nsamples = \"pictures\"");
    std::fs::rename(world.path("samples"), world.path("pictures")).unwrap();
    std::fs::create_dir(world.path("samples")).unwrap();
    template(&world, "menu", "en", "IMAGE");
    template(&world, "menu", "fr", "IMAGE");
    sample(&world, "menu.png", 100);
    sample(&world, "menu.fr.png", 200);
    for name in ["menu.png", "menu.fr.png"] {
        std::fs::rename(world.path(&format!("samples/{name}")), world.path(&format!("pictures/{name}"))).unwrap();
    }
    let with_token = |token: &str| {
        let mut command = world.command(&["template", "submit", "t", "--quiet"]);
        ended(command.env("FERRY_WHATSAPP_TOKEN", token).output().unwrap())
    };
    let refused = with_token("wrong-secret");
    assert!(refused.code == 1 && refused.err.contains("the provider refused the call (401, code 190)"), "{refused:?}");
    assert!(!refused.err.contains("wrong-secret"));
    let taken = with_token("sandbox-token");
    assert_eq!(taken.code, 0, "{taken:?}");
    let names: Vec<String> = parts(&sandbox).into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["menu.png", "menu.fr.png"]);
}

#[test]
fn a_handle_is_used_for_some_hours_and_an_old_one_is_uploaded_anew() {
    on_both(|sandbox, world, database| {
        template(world, "one", "en", "IMAGE");
        sample(world, "one.jpg", 500);
        assert_eq!(submit(world).code, 0);
        // Equal files have one handle.
        template(world, "two", "en", "IMAGE");
        sample(world, "two.jpg", 500);
        assert_eq!(submit(world).code, 0);
        assert_eq!(ledger(sandbox).len(), 1);

        texts(database, "update sample_upload set uploaded_at = uploaded_at - 90000000000 returning 'x'");
        sandbox.control("clock", r#"{ "advance_seconds": 90000 }"#);
        template(world, "three", "en", "IMAGE");
        sample(world, "three.jpg", 500);
        let third = submit(world);
        assert!(
            third.out.starts_with("three (en): APPROVED, UTILITY\n1 submitted, 0 edited, 2 unchanged"),
            "{third:?}"
        );
        assert_eq!(ledger(sandbox).len(), 2);
    });
}

#[test]
fn a_changed_sample_is_an_edit_of_its_template() {
    on_both(|sandbox, world, _| {
        template(world, "one", "en", "IMAGE");
        sample(world, "one.jpg", 500);
        assert_eq!(submit(world).code, 0);
        sample(world, "one.jpg", 600);
        assert!(submit(world).out.starts_with("one (en): edited; it is reviewed again\n"));
        assert_eq!(ledger(sandbox).len(), 2);
    });
}

#[test]
fn without_an_app_nothing_is_sent() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox, "sqlite:ferry.db");
    world.replan("app_id = \"7\"\n", "");
    template(&world, "one", "en", "IMAGE");
    sample(&world, "one.jpg", 500);
    let ended = submit(&world);
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (
            1,
            "ferry: the plan has no app_id in [whatsapp]: samples are uploaded under your app, as in app_id = \"1234567890\"\n"
        )
    );
}

#[test]
fn the_sandbox_takes_no_handle_that_it_did_not_give() {
    let sandbox = Sandbox::start(&[]);
    let world = world(&sandbox, "sqlite:ferry.db");
    let header = json!({ "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4::theirs"] } });
    template_with(&world, "one", "en", &header);
    let refused = submit(&world);
    assert!(
        refused.out.starts_with("one (en): refused: the handle of the sample is not known (100/2388273)\n"),
        "{refused:?}"
    );
}
