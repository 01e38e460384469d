//! Rejected rows, corrected in a spreadsheet and imported again.

use crate::world::World;

const ROWS: &[u8] =
    b"phone,name\n+33199000001,Ana\n+33199000***,Ben\n+3319900,\"Cy, \"\"the\"\" one\"\n+33199000004,Dea,x\nAMAZON,Shop\n";

fn corrected(world: &World, change: impl Fn(String) -> String) {
    let rejects = world.read("run/clean/rejects/sms.csv");
    world.write("fixed.csv", &change(rejects));
}

#[test]
fn corrected_rejects_come_back_and_the_balance_still_closes() {
    let world = World::with_sms(ROWS);
    assert_eq!(world.run().code, 0);
    assert_eq!(world.rejects(), ["2 3 E_MASKED phone", "3 4 E_INVALID phone", "4 5 E_FIELDS", "5 6 E_LETTERS phone"]);

    corrected(&world, |it| {
        it.replace("+33199000***", "+33199000002")
            .replace("+3319900,", "+33199000003,")
            .replace(",,sms,4,5,E_FIELDS,,\"'+33199000004,Dea,x\"", "+33199000004,Dea,sms,4,5,E_FIELDS,,")
    });
    let fixed = world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]);
    assert_eq!(fixed.code, 0, "{fixed:?}");
    assert!(
        fixed.out.contains(
            "corrected  3 rows: 3 accepted, 0 rejected again; 1 of the file unchanged; 1 of 4 still rejected"
        ),
        "{}",
        fixed.out
    );
    assert!(fixed.out.contains("5 in = 4 kept + 0 merged + 1 rejected + 0 suppressed"), "{}", fixed.out);
    assert_eq!(world.rejects(), ["5 6 E_LETTERS phone"]);
    let names: Vec<String> = world.contacts().lines().map(|it| it.split('|').nth(3).unwrap().to_owned()).collect();
    assert_eq!(names, ["Ana", "Ben", "Cy, \"the\" one", "Dea"]);
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
    let traced = world.ferry(&["trace", "sms:2", "--run-dir", "run"]).out;
    assert!(
        traced.contains("row sms:2 (line 3): kept, as corrected, in run ")
            && traced.contains("-test\n    phone                +33199000002"),
        "{traced}"
    );

    let again = world.run();
    assert!(again.out.contains("0 new, 0 changed, 4 unchanged: nothing changed"), "{}", again.out);
    assert_eq!(world.rejects(), ["5 6 E_LETTERS phone"], "the corrections stay with the run");

    corrected(&world, |it| it.replace("AMAZON", "+33199000005"));
    assert_eq!(world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]).code, 0);
    assert_eq!((world.rejects().len(), world.contacts().lines().count()), (0, 5));
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
}

#[test]
fn a_row_that_could_not_be_read_and_is_left_so_stays_rejected_with_its_text() {
    let world = World::with_sms(ROWS);
    world.run();
    corrected(&world, |it| it.replace("+33199000***", "+33199000002"));
    assert_eq!(world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]).code, 0);
    assert_eq!(world.rejects(), ["3 4 E_INVALID phone", "4 5 E_FIELDS", "5 6 E_LETTERS phone"]);
    assert!(world.read("run/clean/rejects/sms.csv").contains("\"'+33199000004,Dea,x\""));
}

#[test]
fn a_file_that_corrects_no_rejected_row_of_the_run_is_refused_and_changes_nothing() {
    let world = World::with_sms(ROWS);
    world.run();
    let manifest = world.read("run/manifest.json");
    let header = "phone,name,_source,_record\n";
    for (text, error) in [
        ("phone,name\n+33199000002,Ben\n".to_owned(), "has no columns _source and _record"),
        (format!("{header}+33199000002,Ben,viber,2\n"), "line 2: _source names no source of the run"),
        (format!("{header}+33199000002,Ben,sms,9\n"), "line 2: _record is no number from 1 to 5, the rows of sms"),
        (
            format!("{header}+33199000002,Ben,sms,x\n+33199000002,Ben,sms,0\n"),
            "line 2: _record is no number from 1 to 5, the rows of sms, and 1 more such lines",
        ),
        (format!("{header}+33199000002,Ben,sms,2\n+33199000002,Ben,sms,2\n"), "line 3: the row sms:2 is there twice"),
        (format!("{header}+33199000002,Ben,sms,2,x\n"), "line 2: the row cannot be read"),
        (
            format!("{header}+33199000001,Eve,sms,1\n"),
            "row sms:1 was not rejected: only rejected rows can be corrected",
        ),
        (header.to_owned(), "corrects no row"),
    ] {
        world.write("fixed.csv", &text);
        let told = world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]);
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.err.contains(error), "{}", told.err);
        assert_eq!(world.read("run/manifest.json"), manifest);
    }
}

#[test]
fn an_error_repeats_no_cell_even_if_the_columns_are_shifted() {
    let world = World::with_sms(ROWS);
    world.run();
    for row in ["Ben,2,+33199000002,2", "Ben,2,sms,33199000002", "Ben,2,=cmd,+33199000002"] {
        world.write("fixed.csv", &format!("name,phone,_source,_record\n{row}\n"));
        let told = world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]);
        assert!(told.code == 1 && !told.err.contains("33199000002") && !told.err.contains("cmd"), "{told:?}");
    }
}

#[test]
fn rejected_rows_are_safe_in_a_spreadsheet_and_come_back_as_they_were() {
    let rows = "phone,name,=note\nx,;=1+1,@SUM(1)\ny,'=a,\" -1;=b\"\nz,O'Neill,+33199000001\n";
    let world = World::with_sms(rows.as_bytes());
    world.run();
    let rejects = world.read("run/clean/rejects/sms.csv");
    assert_eq!(
        rejects.lines().map(|it| it.split(",sms,").next().unwrap()).collect::<Vec<_>>(),
        [
            "phone,name,'=note,_source,_record,_line,_reason,_field,_text",
            "x,;'=1+1,'@SUM(1)",
            "y,''=a,' -1;'=b",
            "z,O'Neill,+33199000001",
        ]
    );
    let cells = |world: &World| {
        let traced: String =
            ["sms:1", "sms:2", "sms:3"].map(|it| world.ferry(&["trace", it, "--run-dir", "run"]).out).concat();
        traced.replace(", as corrected", "")
    };
    let before = cells(&world);
    world.write("fixed.csv", &rejects);
    let fixed = world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]);
    assert_eq!(fixed.out, "no row of the file was changed: nothing to do\n", "{fixed:?}");
    world.write("fixed.csv", &rejects.replace("z,O'Neill", "zz,O'Neill"));
    let fixed = world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]);
    assert!(fixed.out.contains("corrected  1 row: 0 accepted, 1 rejected again; 2 of the file unchanged"), "{fixed:?}");
    let before = before.replace("phone                z\n", "phone                zz\n");
    assert_eq!(cells(&world), before);
    assert_eq!(world.read("run/clean/rejects/sms.csv"), rejects.replace("z,O'Neill", "zz,O'Neill"));
}

#[test]
fn the_same_file_again_changes_nothing_and_a_correction_can_be_corrected() {
    let world = World::with_sms(ROWS);
    world.run();
    corrected(&world, |it| it.replace("+33199000***", "+33199000002"));
    assert!(world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]).out.contains("corrected  1 row: 1 accepted"));
    let contacts = world.contacts();
    let again = world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]);
    assert_eq!((again.code, again.out.as_str()), (0, "no row of the file was changed: nothing to do\n"), "{again:?}");
    assert_eq!(world.contacts(), contacts);
    world.write("fixed.csv", &world.read("fixed.csv").replace("+33199000002", "+33199000007"));
    assert!(world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]).out.contains("corrected  1 row: 1 accepted"));
    assert!(world.ferry(&["trace", "sms:2", "--run-dir", "run"]).out.contains("+33199000007"));
}

#[test]
fn a_later_export_with_the_same_wrong_row_is_corrected_wherever_the_row_stands() {
    let world = World::with_sms(ROWS);
    world.run();
    corrected(&world, |it| {
        it.replace("+33199000***", "+33199000002")
            .replace(",,sms,4,5,E_FIELDS,,\"'+33199000004,Dea,x\"", "+33199000004,Dea,sms,4,5,E_FIELDS,,")
    });
    assert_eq!(world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]).code, 0);

    world.write("sms.csv", "phone,name\n+33199000009,Eve\n+33199000004,Dea,x\n+33199000***,Other\n+33199000***,Ben\n");
    let later = world.run();
    assert!(later.err.contains("-test apply to rows with the same cells"), "{later:?}");
    assert_eq!(world.rejects(), ["3 4 E_MASKED phone"]);
    assert!(world.ferry(&["trace", "sms:4", "--run-dir", "run"]).out.contains("kept, as corrected"));
    assert_eq!(world.ferry(&["audit", "--run-dir", "run"]).code, 0);
}

#[test]
fn a_row_whose_like_was_corrected_in_two_ways_is_not_guessed() {
    let world = World::with_sms(b"phone,name\nx,Ana\nx,Ana\n");
    world.run();
    corrected(&world, |it| {
        it.replace("x,Ana,sms,1", "+33199000001,Ana,sms,1").replace("x,Ana,sms,2", "+33199000002,Ana,sms,2")
    });
    assert!(world.ferry(&["fix", "fixed.csv", "--run-dir", "run"]).out.contains("corrected  2 rows: 2 accepted"));
    world.write("sms.csv", "phone,name\nx,Ana\n+33199000003,Ben\n");
    world.run();
    assert_eq!(world.rejects(), ["1 2 E_LETTERS phone"]);
}
