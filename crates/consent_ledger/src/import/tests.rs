use std::path::PathBuf;

use clean::DateForm;
use consent::Words;
use expect_test::{Expect, expect};
use jiff::Timestamp;
use model::{ConsentChannel, ConsentPurpose, ContactKey, Personal, ProofKind, RunMark, WordingName};
use phone::Region;

use super::counts::covers_nothing;
use super::*;

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn rules() -> Rules {
    let wording = |it| WordingName::parse(it).unwrap();
    Rules {
        key: ContactKey::from_hex(KEY).unwrap(),
        region: Region::from_name("FR"),
        words: Words::default(),
        wordings: [(wording("news@1"), vec![ConsentPurpose::Marketing])].into_iter().collect(),
        source: "optins".to_owned(),
        run: RunMark { id: "consent-1".into(), started_at: "2026-11-30T10:00:00Z".parse::<Timestamp>().unwrap() },
        dates: DateForm::default(),
        defaults: Defaults { channel: Some(ConsentChannel::Whatsapp), ..Defaults::default() },
        is_list: false,
    }
}

/// A file in a folder of its own.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optins.csv");
    std::fs::write(&path, text).unwrap();
    (home, path)
}

/// Every row of a file, read.
fn rows_of(text: &str, rules: &Rules) -> Vec<(u64, Result<ReadRow, Refusal>)> {
    let (_home, path) = file(text);
    let probe = header::probe(&path, &Settings::default(), &[]).unwrap();
    let columns = Columns::find(&path, &probe, &[], rules.is_list).unwrap();
    let mut rows = Vec::new();
    extract::read(&probe, |row: Row| {
        let read = match row.cells {
            Ok(cells) => read_row(rules, &columns, cells, row.line),
            Err(unread) => Err(Refusal::Row(unread.reason)),
        };
        rows.push((row.line, read));
        Ok::<(), ConsentError>(())
    })
    .unwrap();
    rows
}

fn shown(row: &Result<ReadRow, Refusal>) -> String {
    let row = match row {
        Ok(row) => row,
        Err(refusal) => return format!("refused: {}", refusal.text()),
    };
    let statement = |it: &Statement| {
        let record = it.record.clone().unwrap_or_default();
        let at = it.at.map_or("undated".to_owned(), crate::export::said_at);
        let parts = [
            record.wording.map(|it| it.to_string()),
            record.place,
            record.proof.map(|it| format!("{}:{}", it.kind.name(), it.reference)),
            record.identity.map(|Personal(it)| it),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let [channel, purpose, state] = [it.channel.name(), it.purpose.name(), it.state.name()];
        format!("{channel} {purpose} {state} {at} \"{}\" {} {}", it.words.0, it.basis.name(), parts.join(" "))
    };
    let said: Vec<String> = row.statements.iter().map(|it| statement(it).trim().to_owned()).collect();
    let doubt = row.doubt.map_or(String::new(), |it| format!(" ({it:?})"));
    let date = if row.has_bad_date { " (bad date)" } else { "" };
    said.join("; ") + &doubt + date
}

fn check(rules: &Rules, text: &str, expected: Expect) {
    let lines = rows_of(text, rules).iter().map(|(line, row)| format!("{line} {}\n", shown(row))).collect::<String>();
    expected.assert_eq(&lines);
}

#[test]
fn a_day_of_an_exported_ledger_stays_the_day_of_its_zone_unless_it_was_changed() {
    let text = "phone,state,said_at,said_from,said_until\n\
        01 99 00 00 01,stop,2026-06-10,2026-06-10T07:00:00Z,2026-06-11T06:59:59.999999Z\n\
        01 99 00 00 01,stop,10.06.2026,2026-06-10T07:00:00Z,2026-06-11T06:59:59.999999Z\n\
        01 99 00 00 01,stop,2026-06-11,2026-06-10T07:00:00Z,2026-06-11T06:59:59.999999Z\n\
        01 99 00 00 01,stop,2026-06-10,2026-06-01T07:00:00Z,2026-06-19T06:59:59Z\n\
        01 99 00 00 01,stop,2026-06-10T08:00:00Z,2026-06-10T08:00:00Z,2026-06-10T08:00:00Z\n\
        01 99 00 00 01,stop,,2026-06-10T07:00:00Z,2026-06-11T06:59:59.999999Z\n";
    let paris = DateForm { zone: clean::zone("Europe/Paris"), ..DateForm::default() };
    for dates in [DateForm::default(), paris] {
        let rows = rows_of(text, &Rules { dates: dates.clone(), ..rules() });
        let at = |it: &(u64, Result<ReadRow, Refusal>)| {
            it.1.as_ref().unwrap().statements[0].at.map(|it| format!("{} {}", it.from, it.until))
        };
        let at: Vec<Option<String>> = rows.iter().map(at).collect();
        let of_zone = Some("2026-06-10T07:00:00Z 2026-06-11T06:59:59.999999Z".to_owned());
        assert_eq!(at[..2], [of_zone.clone(), of_zone.clone()]);
        assert!(at[2] != of_zone && at[2].is_some(), "another day");
        assert!(at[3] != of_zone && !at[3].as_ref().unwrap().contains("06-01"), "more than a day");
        assert_eq!(at[4].as_deref(), Some("2026-06-10T08:00:00Z 2026-06-10T08:00:00Z"));
        assert_eq!(at[5], None, "without a date");
    }
}

#[test]
fn a_yes_has_its_date_its_wording_its_place_and_its_proof() {
    check(
        &rules(),
        "phone,state,said_at,purposes,wording,place,proof,proof_digest\n\
         01 99 00 00 01,yes,2026-03-01T10:15:00Z,marketing,news@1,https://shop.example/join,form:F-1,\n\
         01 99 00 00 02,Oui,2026-03-02,marketing+utility,,,,\n\
         01 99 00 00 03,yes,,,,,,\n\
         01 99 00 00 03,yes,soon,,,,,\n\
         01 99 00 00 03,yes,2031-01-01,,,,,\n\
         01 99 00 00 03,yes,2026-03-02,adverts,,,,\n\
         01 99 00 00 03,yes,2026-03-02,,news,,,\n\
         01 99 00 00 03,yes,2026-03-02,,,,F-1,\n\
         01 99 00 00 03,yes,2026-03-02,,,,form:F-1,abc\n\
         01 99 00 00 03,yes,2026-03-02,,,,,abc\n",
        expect![[r#"
            2 whatsapp marketing yes 2026-03-01T10:15:00Z "yes" record news@1 https://shop.example/join form:F-1
            3 whatsapp utility yes 2026-03-02 "Oui" record; whatsapp marketing yes 2026-03-02 "Oui" record
            4 refused: a yes needs the date on which it was given: fill in said_at
            5 refused: the date of the yes cannot be read: write it as 2026-03-01 or 2026-03-01T10:15:00Z
            6 refused: the date of the yes is in the future; if it is the time of another zone, name that with --timezone
            7 refused: a purpose is conversation, utility, marketing or authentication; several are joined by +
            8 refused: a wording is NAME@VERSION
            9 refused: a proof is KIND:REFERENCE, and the kind is message, row, form or call
            10 refused: the digest of a proof is a SHA-256 of 64 hexadecimal digits
            11 refused: the row has the digest of a proof and no proof
        "#]],
    );
}

#[test]
fn what_is_not_understood_is_never_a_yes() {
    check(
        &rules(),
        "phone,state,said_at,words\n\
         01 99 00 00 01,perhaps,2026-03-01,\n\
         01 99 00 00 01,yes,2026-03-01,STOP\n\
         01 99 00 00 01,no,2026-03-01,yes\n\
         01 99 00 00 01,,2026-03-01,\n\
         01 99 00 00 01,stop,,leave me alone\n\
         01 99 00 00 01,stop,31/31/2026,\n\
         01 99 00 00 01,,2026-03-01,unsubscribed\n",
        expect![[r#"
            2 whatsapp messages unclear 2026-03-01 "perhaps" record (Unknown)
            3 whatsapp messages unclear 2026-03-01 "STOP" record (Contradictory)
            4 whatsapp messages no 2026-03-01 "yes" record
            5 refused: the row has no answer
            6 whatsapp messages stop undated "leave me alone" record
            7 whatsapp messages stop undated "stop" record (bad date)
            8 whatsapp messages no 2026-03-01 "unsubscribed" record
        "#]],
    );
}

#[test]
fn a_person_is_a_phone_a_contact_id_or_a_viber_user_in_a_scope() {
    let with_scope = Rules { defaults: Defaults { scope: Some("shop".to_owned()), ..rules().defaults }, ..rules() };
    let text = "contact_id,phone,viber_id,channel,state\n\
        0123456789abcdef0123456789abcdef,,,viber,no\n\
        0123,,,viber,no\n\
        ,,user=1==,viber,no\n\
        ,,,viber,no\n\
        ,12,,viber,no\n\
        ,01 99 00 00 01,,fax,no\n";
    check(
        &with_scope,
        text,
        expect![[r#"
            2 viber messages no undated "no" record
            3 refused: a contact id has 32 hexadecimal digits: `ferry trace` shows it
            4 viber messages no undated "no" record viber:shop:user=1==
            5 refused: the row names nobody: it has no phone, contact id or Viber id
            6 refused: a short code is not a person
            7 all messages no undated "no" record
        "#]],
    );
    assert_eq!(rows_of(text, &rules())[2].1, Err(Refusal::NoScope));
}

#[test]
fn everybody_in_a_list_of_opt_outs_refuses_on_all_channels() {
    let list = Rules {
        is_list: true,
        defaults: Defaults { channel: Some(ConsentChannel::All), ..Defaults::default() },
        ..rules()
    };
    check(
        &list,
        "Tel\n01 99 00 00 01\n01 99 00 00 02\n",
        expect![[r#"
            2 all messages stop undated "stop" list
            3 all messages stop undated "stop" list
        "#]],
    );
}

fn list() -> Rules {
    let defaults = Defaults { channel: Some(ConsentChannel::All), ..Defaults::default() };
    Rules { is_list: true, defaults, ..rules() }
}

#[test]
fn the_first_line_of_a_list_is_a_row_unless_it_names_a_known_column() {
    let lines = |first: &str| {
        let rows = rows_of(&format!("{first}\n01 99 00 00 02\n"), &list());
        let line = |(line, read): (u64, Result<ReadRow, Refusal>)| {
            format!("{line} {}", if read.is_ok() { "ok" } else { "refused" })
        };
        rows.into_iter().map(line).collect::<Vec<String>>()
    };
    for first in ["01 99 00 00 01", "0199000001x12"] {
        assert_eq!(lines(first), ["1 ok", "2 ok"], "{first}");
    }
    for first in [
        "0199000001 Marie",
        "Marie",
        "Mobile: 0199000001",
        "01.99.00.00.01 (perso)",
        "Tel 0199000001",
        "O199000001",
        "STOP +33199000001",
        "01 99 00 00 01 le 12/05",
        "marie@example.org",
        "tel 1990001",
    ] {
        assert_eq!(lines(first), ["1 refused", "2 ok"], "{first}");
    }
    for first in ["Tel", "Numéro de téléphone", "phone", "MSISDN", "Номер телефона", "Handynummer"] {
        assert_eq!(lines(first), ["2 ok"], "{first}");
    }
}

#[test]
fn the_line_that_was_taken_as_the_header_is_known() {
    let found = |text: &str| {
        let (_home, path) = file(text);
        header_line(&header::probe(&path, &Settings::default(), &[]).unwrap()).map(|it| (it.line, it.n_above))
    };
    assert_eq!(found("phone,state\n01 99 00 00 01,no\n"), Some((1, 0)));
    assert_eq!(found("Export du jour\nphone,state\n01 99 00 00 01,no\n"), Some((2, 1)));
    assert_eq!(found("Ana,Lyon\n01 99 00 00 01,no\n"), None);
    assert_eq!(found(""), None);
}

#[test]
fn somebody_in_a_list_of_opt_outs_who_says_yes_is_held_until_somebody_decides() {
    check(
        &list(),
        "phone,state,words\n\
         01 99 00 00 01,oui,\n\
         01 99 00 00 01,,Oui\n\
         01 99 00 00 01,yes,STOP\n\
         01 99 00 00 01,no,yes\n\
         01 99 00 00 01,perhaps,\n\
         01 99 00 00 01,,\n",
        expect![[r#"
            2 all messages unclear undated "oui" list (Contradictory)
            3 all messages unclear undated "Oui" list (Contradictory)
            4 all messages unclear undated "yes" list (Contradictory)
            5 all messages stop undated "yes" list
            6 all messages stop undated "stop" list
            7 all messages stop undated "stop" list
        "#]],
    );
}

#[test]
fn a_refusal_is_kept_without_a_field_that_cannot_be_used_and_a_yes_is_refused() {
    let header = "phone,contact_id,channel,state,said_at,purpose,wording,proof,proof_digest,identity,basis\n";
    let sides = [
        (",fax,", ",,,,,"),
        (",sms;viber,", ",,,,,"),
        (",sms,", "newsletters,,,,,"),
        (",sms,", "marketing+news,,,,,"),
        (",sms,", ",news,,,,"),
        (",sms,", ",other@9,,,,"),
        (",sms,", ",,F-1,,,"),
        (",sms,", ",,form:F-1,zzz,,"),
        (",sms,", ",,,zzz,,"),
        (",sms,", ",,,,AB123,"),
        (",sms,", ",,,,,consent"),
        ("12,sms,", ",,,,,"),
    ];
    let rows = |state: &str| {
        let row = |(one, other): &(&str, &str)| format!("01 99 00 00 01,{one}{state},2026-03-01,{other}\n");
        rows_of(&(header.to_owned() + &sides.iter().map(row).collect::<String>()), &rules())
    };
    let kept = |state: &str| {
        let without = |it: &ReadRow| it.without.iter().map(|it| it.name()).collect::<Vec<_>>().join(" ");
        let shown = |(_, read): &(u64, Result<ReadRow, Refusal>)| match read {
            Ok(row) => format!("{} without {}\n", shown(read), without(row)),
            Err(_) => "refused\n".to_owned(),
        };
        rows(state).iter().map(shown).collect::<String>()
    };
    expect![[r#"
        all messages stop 2026-03-01 "stop" record without channel
        all messages stop 2026-03-01 "stop" record without channel
        sms messages stop 2026-03-01 "stop" record without purpose
        sms messages stop 2026-03-01 "stop" record without purpose
        sms messages stop 2026-03-01 "stop" record without wording
        sms messages stop 2026-03-01 "stop" record without wording
        sms messages stop 2026-03-01 "stop" record without proof
        sms messages stop 2026-03-01 "stop" record form:F-1 without proof_digest
        sms messages stop 2026-03-01 "stop" record without proof_digest
        sms messages stop 2026-03-01 "stop" record without identity
        sms messages stop 2026-03-01 "stop" record without basis
        sms messages stop 2026-03-01 "stop" record without contact_id
    "#]]
    .assert_eq(&kept("stop"));
    assert_eq!(kept("non").lines().filter(|it| it.contains(" no 2026-03-01")).count(), sides.len());
    assert_eq!(kept("perhaps").lines().filter(|it| it.contains(" unclear 2026-03-01")).count(), sides.len());
    assert_eq!(kept("yes"), "refused\n".repeat(sides.len()));
}

#[test]
fn a_refusal_without_a_channel_is_about_all_of_them() {
    let without = Rules { defaults: Defaults::default(), ..rules() };
    let rows =
        rows_of("phone,state,said_at,channel\n01 99 00 00 01,stop,,\n01 99 00 00 01,yes,2026-03-01,\n", &without);
    assert_eq!(shown(&rows[0].1), "all messages stop undated \"stop\" record");
    assert_eq!(rows[1].1, Err(Refusal::NoChannel));
}

#[test]
fn a_row_whose_statement_another_import_has_recorded_meanwhile_is_known() {
    let row = || rows_of("phone,state,channel\n01 99 00 00 01,stop,fax\n", &rules()).remove(0).1.unwrap();
    let said: Vec<(ContactId, Statement)> = row().statements.into_iter().map(|it| (ContactId([1; 16]), it)).collect();
    let counted = |is_added: bool| {
        let mut counts = Imported::default();
        counts.count(RecordedRow::new(2, &row(), 0..1), &said, &[is_added], &rules());
        (counts.n_added, counts.n_known, counts.n_statements, counts.without_field.len())
    };
    assert_eq!(counted(true), (1, 0, 1, 1));
    assert_eq!(counted(false), (0, 1, 0, 0));
}

#[test]
fn an_exported_statement_is_read_back_as_it_was() {
    let text = "phone,channel,state,said_at,purpose,wording,place,proof,proof_digest,words\n\
        01 99 00 00 01,sms,yes,2026-03-01T10:15:00Z,marketing,news@1,https://x.example,form:F-1,,\n\
        01 99 00 00 01,whatsapp,no,2026-03-01,,,,,,non merci\n\
        01 99 00 00 01,all,perhaps,,,,,,,\n\
        01 99 00 00 01,viber,Oui,2026-02-28,utility,,=1+1,call:C-9,,\n";
    let digest = "ab".repeat(32);
    let text = text.replace("form:F-1,", &format!("form:F-1,{digest}"));
    let statements = |text: &str| {
        let rows = rows_of(text, &rules());
        rows.into_iter().flat_map(|it| it.1.unwrap().statements).collect::<Vec<Statement>>()
    };
    let before = statements(&text);
    let mut lines =
        vec!["contact_id,channel,state,said_at,purpose,wording,place,proof,proof_digest,words,basis".to_owned()];
    for said in &before {
        let entry = crm::LedgerEntry { id: said.id(), statement: said.clone(), is_retracted: false };
        let row = crate::export::exported(ContactId([1; 16]), None, &entry, false);
        let cells = [
            Some(row.contact_id),
            Some(row.channel.to_owned()),
            Some(row.state.to_owned()),
            row.said_at,
            Some(row.purpose.to_owned()),
            row.wording,
            row.place.map(|it| run::guarded(&it).into_owned()),
            row.proof,
            row.proof_digest,
            Some(row.words),
            Some(row.basis.to_owned()),
        ];
        lines.push(cells.map(Option::unwrap_or_default).join(","));
    }
    let after = statements(&(lines.join("\n") + "\n"));
    let same = |it: &Statement| (it.id(), it.state, it.record.clone());
    assert_eq!(after.iter().map(same).collect::<Vec<_>>(), before.iter().map(same).collect::<Vec<_>>());
}

#[test]
fn a_consent_that_names_no_purpose_is_counted() {
    let said = |text: &str| rows_of(text, &rules()).remove(0).1.unwrap().statements.remove(0);
    let covers = |wording: &str, channel: &str, purpose: &str| {
        let text = format!(
            "phone,state,said_at,wording,channel,purpose\n01 99 00 00 01,yes,2026-03-01,{wording},{channel},{purpose}\n"
        );
        !covers_nothing(&rules(), &said(&text))
    };
    assert!(covers("news@1", "whatsapp", ""));
    assert!(covers("news@1", "whatsapp", "marketing"));
    assert!(!covers("news@1", "whatsapp", "utility"));
    assert!(!covers("", "whatsapp", ""));
    assert!(covers("", "sms", ""));
    assert!(!covers("news@1", "sms", "utility"));
}

#[test]
fn a_retracted_statement_and_the_end_of_a_block_are_not_imported_and_a_block_is() {
    let text = "phone,state,said_at,channel,basis,retracted\n\
        01 99 00 00 01,yes,2026-03-01,sms,cell,true\n\
        01 99 00 00 01,stop,2026-03-01,whatsapp,platform,false\n\
        01 99 00 00 01,yes,2026-03-02,whatsapp,platform,false\n\
        01 99 00 00 01,yes,2026-03-01,sms,inbound,false\n";
    check(
        &rules(),
        text,
        expect![[r#"
            2 refused: the statement was retracted where it was exported
            3 whatsapp messages stop 2026-03-01 "stop" platform
            4 refused: a platform's yes is the end of a block, which the platform alone reports: leave the row out; a consent of the person has the basis record
            5 sms messages yes 2026-03-01 "yes" inbound
        "#]],
    );
}

#[test]
fn columns_are_found_by_name_and_named_on_the_command_line() {
    let columns = |header: &str, named: &[(StatementField, String)], is_list| {
        let (_home, path) = file(&format!("{header}\n01 99 00 00 01,yes\n"));
        let probe = header::probe(&path, &Settings::default(), named).unwrap();
        Columns::find(&path, &probe, named, is_list)
            .map(|it| it.unread)
            .map_err(|it| it.to_string().replace(&format!("{}/", path.parent().unwrap().display()), ""))
    };
    let phone = |name: &str| vec![(StatementField::Phone, name.to_owned())];
    assert_eq!(columns("Phone,Said at", &[], false), Ok(vec![]));
    assert_eq!(columns("Tel,Answer", &phone("tel"), false), Ok(vec!["\"Answer\"".to_owned()]));
    assert_eq!(
        columns("Tel,Answer", &[], false),
        Err("optins.csv has no column with people: name it with --column phone=NAME, contact_id=NAME or viber_id=NAME; \
             its columns are \"Tel\", \"Answer\""
            .to_owned())
    );
    // A first line that names no known column can be about a person.
    for line in ["\"33199000001, Ana\",Lyon", "Ana,Lyon", "ana@example.org,Lyon", "01.99.00.00.01 (perso),Lyon"] {
        assert_eq!(
            columns(line, &phone("Mobile"), false),
            Err("optins.csv has no column \"Mobile\", which --column names; its first line names no column that Ferry knows, \
                 so its columns are \"column_1\", \"column_2\""
                .to_owned())
        );
    }
    assert_eq!(columns("Ana,Lyon", &phone("column_1"), false), Ok(vec!["\"column_2\"".to_owned()]));
    assert_eq!(columns("Coordonnee,Answer", &phone("coordonnee"), false), Ok(vec!["\"Answer\"".to_owned()]));
    let twice = [phone("Tel"), phone("Answer")].concat();
    assert_eq!(
        columns("Tel,Answer", &twice, false),
        Err("--column names two columns of phone: leave one out, or import the file once for each".to_owned())
    );
    assert_eq!(
        columns("Tel,Answer", &phone("Mobile"), false),
        Err("optins.csv has no column \"Mobile\", which --column names; its columns are \"Tel\", \"Answer\"".to_owned())
    );
}

#[test]
fn a_proof_takes_its_kind_from_the_command_line_if_it_names_none() {
    let with_kind = Rules { defaults: Defaults { proof_kind: Some(ProofKind::Form), ..rules().defaults }, ..rules() };
    check(
        &with_kind,
        "phone,state,proof\n01 99 00 00 01,no,F-1\n01 99 00 00 01,no,call:C-1\n",
        expect![[r#"
            2 whatsapp messages no undated "no" record form:F-1
            3 whatsapp messages no undated "no" record call:C-1
        "#]],
    );
}
