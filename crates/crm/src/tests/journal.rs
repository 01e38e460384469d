use model::{Digest, Stage};

use crate::check::{RUN, check, people_of, run_row};
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
fn how_a_source_was_read_is_kept() {
    check(async |place| {
        let crm = place.open().await;
        let reading = |run: &str| SourceReading { name: "sms".into(), run_id: run.into(), reading: "{}".into() };
        crm.note_source_readings(&[reading("one")]).await.unwrap();
        crm.note_source_readings(&[reading("two")]).await.unwrap();
        assert_eq!(crm.source_readings().await.unwrap(), [reading("two")]);
    });
}
