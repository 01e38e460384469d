//! Uploads of samples: claimed by one process, resumed by the next.

use jiff::Timestamp;

use crate::check::check;
use crate::{Crm, SampleClaim, SampleRow};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

async fn claim(crm: &Crm, holder: &str, second: i64) -> SampleClaim {
    crm.claim_sample("7", "d", holder, at(second), at(second + 30)).await.unwrap()
}

fn claimed(claim: SampleClaim) -> SampleRow {
    match claim {
        SampleClaim::Claimed(row) => row,
        SampleClaim::Held { until } => panic!("it is held until {until}"),
    }
}

#[test]
fn an_upload_belongs_to_one_process_until_its_claim_is_over() {
    check(async |place| {
        let crm = place.open().await;
        let row = claimed(claim(&crm, "a", 10).await);
        assert_eq!((row.session.as_str(), row.handle.as_str()), ("", ""));
        let begun = SampleRow { session: "upload:1".into(), ..row };
        assert!(crm.write_sample("7", "d", "a", &begun, Some(at(50))).await.unwrap());
        assert_eq!(claim(&crm, "b", 49).await, SampleClaim::Held { until: at(50) });

        // The first process was killed. The second one goes on with its session.
        let row = claimed(claim(&crm, "b", 50).await);
        assert_eq!(row.session, "upload:1");
        assert!(!crm.write_sample("7", "d", "a", &begun, None).await.unwrap(), "its claim is over");
        let done = SampleRow { handle: "4::h".into(), uploaded_at: at(60), ..row };
        assert!(crm.write_sample("7", "d", "b", &done, None).await.unwrap());
        assert_eq!(claimed(claim(&crm, "c", 61).await).handle, "4::h");
        assert_eq!(crm.sample("7", "other").await.unwrap(), None);
    });
}
