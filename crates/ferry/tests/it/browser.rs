//! Reports in a browser: Chromium with axe, driven by `scripts/browser/check.mjs`.

use std::path::Path;
use std::process::Command;

use test_needs::Need;

use crate::world::{Sandbox, World};

/// A run with unclear people, rejects, a long file name and many sources, after an earlier run.
fn with_everything(sandbox: &Sandbox) -> World {
    let world = World::demo(sandbox);
    assert_eq!(world.ferry(&["run"]).code, 0);
    let long = "clients de la boutique de Clermont-Ferrand et des environs, export du printemps (version corrigée).csv";
    let mut plan = world.read("plan.toml");
    for n in 1..=9 {
        let file = if n == 1 { long.to_owned() } else { format!("shop-{n}.csv") };
        let rows =
            format!("phone,name,date,consent\n+3319900{n}00{n},Ana,soon,peut-être\n12,Nobody,2026-01-0{n},oui\n");
        world.write(&file, &rows);
        plan += &format!(
            "\n[[source]]\nname = \"a-shop-with-a-long-name-{n}\"\nchannel = \"sms\"\npath = \"{file}\"\nprofile = \"columns\"\n\
             [source.columns]\nphone = \"phone\"\nname = \"name\"\nlast_at = \"date\"\nconsent = \"consent\"\n"
        );
    }
    plan += "\n[[segment]]\nname = \"vip\"\nwhere = \"messages >= 0\"\n";
    world.write("plan.toml", &plan);
    let ended = world.ferry(&["run"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    world
}

/// The report of the latest run.
fn report_of(world: &World) -> String {
    world.path(&world.latest_run()).join("report.html").display().to_string()
}

#[test]
fn reports_are_right_in_a_browser_on_a_desk_on_a_phone_in_the_dark_and_on_paper() {
    let Some(tools) = Need::Browser.find() else { return };
    let sandbox = Sandbox::start(&["missing"]);
    let everything = with_everything(&sandbox);
    let french = with_everything(&sandbox);
    french.write("plan.toml", &(french.read("plan.toml") + "\n[report]\nlanguage = \"fr\"\n"));
    assert_eq!(french.ferry(&["run"]).code, 3);
    let nobody = World::with_sms(b"phone,name\n");
    assert_eq!(nobody.ferry(&["run"]).code, 0);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/browser/check.mjs");
    let pages = [&everything, &french, &nobody].map(report_of);
    let checked = Command::new("node").arg(script).args(&pages).env("FERRY_TEST_BROWSER", tools).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success(), "{out}\n{err}");
    assert!(out.contains("3 pages are fine"), "{out}");
}
