use model::{Digest, Stage};

use crate::check::{RUN, check, id_of, people_of, run_row};
use crate::{LoadError, SourceReading};

#[test]
fn a_run_is_kept_as_planned_and_a_changed_batch_loses_its_receipt() {
    check(async |place| {
        let crm = place.open().await;
        assert_eq!(crm.planned_run(RUN).await.unwrap(), None);
        crm.import(RUN, "+33199000001 name=Ana").await;
        let planned = run_row(RUN, &people_of(RUN, "+33199000001 name=Ana"));
        assert_eq!(crm.planned_run(RUN).await.unwrap(), Some(planned.clone()));
        crm.plan_run(&planned).await.unwrap();
        assert_eq!(crm.receipts(RUN, Stage::Load).await.unwrap().len(), 1, "the same plan keeps it");
        let mut changed = planned;
        changed.batches[0].2 = Digest::of_parts([b"other".as_slice()]);
        crm.plan_run(&changed).await.unwrap();
        assert!(crm.receipts(RUN, Stage::Load).await.unwrap().is_empty());
        assert_eq!(crm.batches(RUN).await.unwrap(), changed.batches);
    });
}

#[test]
fn a_receipt_can_be_forgotten() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        crm.forget_receipt(RUN, Stage::Load, 1).await.unwrap();
        assert!(crm.receipts(RUN, Stage::Load).await.unwrap().is_empty());
    });
}

#[test]
fn a_database_of_another_key_is_refused() {
    check(async |place| {
        let crm = place.open().await;
        crm.check_key("key").await.unwrap();
        crm.import(RUN, "+33199000001 name=Ana").await;
        crm.check_key("key").await.unwrap();
        let refused = crm.check_key("other").await.unwrap_err();
        assert!(matches!(refused, LoadError::OtherKey { .. }), "{refused}");
    });
}

#[test]
fn a_backup_brings_back_what_was_there() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana consent=no viber=a1\n+33199000002 name=Ben").await;
        let [ana, ben] = ["+33199000001", "+33199000002"].map(id_of);
        crm.merge(ana, ben).await.unwrap().unwrap();
        let before = crm.dump().await;
        let files = crm.back_up(place.folder()).await.unwrap();
        assert!(files.iter().all(|it| place.folder().join(it).exists()), "{files:?}");
        crm.import("2026-12-01-winter", "+33199000001 name=Other\n+33199000003 name=New").await;
        assert_ne!(crm.dump().await, before);
        crm.restore(place.folder()).await.unwrap();
        assert_eq!(crm.dump().await, before);
        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
    });
}

#[test]
fn a_backup_that_is_not_there_changes_nothing() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        let before = crm.dump().await;
        crm.restore(place.folder()).await.unwrap_err();
        assert_eq!(crm.dump().await, before);
        crm.import("2026-12-01-winter", "+33199000001 name=Anna").await;
    });
}

#[test]
fn how_a_source_was_read_is_kept() {
    check(async |place| {
        let crm = place.open().await;
        let reading = |run: &str| SourceReading { name: "sms".into(), run_id: run.into(), reading: "{}".into() };
        crm.note_source_readings(&[reading("one")]).await.unwrap();
        crm.note_source_readings(&[reading("two")]).await.unwrap();
        assert_eq!(crm.source_readings().await.unwrap(), [reading("two")]);
    });
}
