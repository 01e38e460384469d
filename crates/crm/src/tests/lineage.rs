//! Every value of a contact names rows of its own run or of an earlier one, and all of them are in `source_rows`.

use jiff::Timestamp;
use model::{Contact, Personal};

use crate::Crm;
use crate::check::{RUN, check, id_of, people_of};

const LATER: &str = "2026-12-01-winter";
const LAST: &str = "2026-12-31-last";
const NEXT_YEAR: &str = "2027-01-31-next";
const ANA: &str = "+33199000001";

/// Ana as an import has her, without the values that have no row of their own.
fn ana(run_id: &str, row: &str) -> Contact {
    people_of(run_id, &format!("{ANA} name=Ana row={row}")).remove(0)
}

/// The same with a date, a tag of two words, a city and two messages.
fn ana_of_paris(run_id: &str, row: &str) -> Contact {
    let city = ("city".to_owned(), Personal("Paris".to_owned()));
    let tags = vec!["paris 11".to_owned(), "vip".to_owned()];
    let at = Timestamp::from_second(1_700_000_000).ok();
    Contact { tags, attributes: [city].into(), first_at: at, last_inbound_at: at, n_messages: 2, ..ana(run_id, row) }
}

/// Each contact as `run|rows|rows of values`.
async fn lineage(crm: &Crm) -> String {
    crm.texts("select run_id || '|' || source_rows || '|' || coalesce(value_rows, '') from contact_view order by e164")
        .await
}

#[test]
fn a_value_that_stays_keeps_its_row_until_an_import_has_it_again() {
    check(async |place| {
        let crm = place.open().await;
        crm.import_contacts(RUN, vec![ana_of_paris(RUN, "sms:3")]).await.unwrap();
        assert_eq!(lineage(&crm).await, "2026-11-28-spring|sms:3|");

        crm.import_contacts(LATER, vec![ana(LATER, "sms:9")]).await.unwrap();
        let stays = "sms:9 attributes.city,first_at,last_inbound_at,n_messages,tags.paris%2011,tags.vip=2026-11-28-spring/sms:3";
        assert_eq!(lineage(&crm).await, format!("2026-12-01-winter|sms:9 2026-11-28-spring/sms:3|{stays}"));
        assert_eq!(crm.texts("select cast(n_rows as text) from contact_view").await, "2");

        let again = Contact { tags: vec!["vip".to_owned()], n_messages: 2, ..ana(LAST, "sms:8") };
        crm.import_contacts(LAST, vec![again]).await.unwrap();
        let stays = "sms:8 attributes.city,first_at,last_inbound_at,tags.paris%2011=2026-11-28-spring/sms:3";
        assert_eq!(lineage(&crm).await, format!("2026-12-31-last|sms:8 2026-11-28-spring/sms:3|{stays}"));

        crm.import_contacts(NEXT_YEAR, vec![ana_of_paris(NEXT_YEAR, "sms:5")]).await.unwrap();
        assert_eq!(lineage(&crm).await, "2027-01-31-next|sms:5|");
    });
}

#[test]
fn an_import_that_says_the_same_again_writes_nothing_where_values_have_stayed() {
    check(async |place| {
        let crm = place.open().await;
        crm.import_contacts(RUN, vec![ana_of_paris(RUN, "sms:3")]).await.unwrap();
        crm.import_contacts(LATER, vec![ana(LATER, "sms:9")]).await.unwrap();
        let before = lineage(&crm).await;
        let loaded = crm.import_contacts(LAST, vec![ana(LAST, "sms:9")]).await.unwrap();
        assert_eq!((loaded.updated, loaded.unchanged), (0, 1));
        assert_eq!(lineage(&crm).await, before);
    });
}

#[test]
fn a_merge_names_the_rows_of_an_earlier_run_of_what_it_takes() {
    check(async |place| {
        let crm = place.open().await;
        let other = people_of(RUN, "+33199000002 name=Anna row=sms:7").remove(0);
        let tags = vec!["b2b".to_owned()];
        crm.import_contacts(RUN, vec![Contact { tags, n_messages: 3, ..other }]).await.unwrap();
        crm.import_contacts(LATER, vec![ana_of_paris(LATER, "sms:9")]).await.unwrap();
        crm.merge(id_of(ANA), id_of("+33199000002")).await.unwrap().unwrap();
        let rows = "sms:9 2026-11-28-spring/sms:7";
        let values = "sms:9 n_messages=sms:9+2026-11-28-spring/sms:7 tags.b2b=2026-11-28-spring/sms:7";
        assert_eq!(lineage(&crm).await, format!("2026-12-01-winter|{rows}|{values}"));
        assert_eq!(crm.texts("select cast(n_messages as text) from contact_view").await, "5");
    });
}

#[test]
fn an_edited_value_that_an_import_lacks_keeps_the_run_of_its_row() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana email=a@example.com row=sms:3")).await;
        crm.by_hand("update contact set email = 'b@example.com'").await;
        crm.import(LATER, &format!("{ANA} name=Anna row=sms:9")).await;
        assert_eq!(crm.texts("select email from contact_view").await, "b@example.com");
        let expected = "sms:9 2026-11-28-spring/sms:3|sms:9 email=2026-11-28-spring/sms:3";
        assert_eq!(lineage(&crm).await, format!("2026-12-01-winter|{expected}"));
    });
}

#[test]
fn rows_of_values_are_among_the_rows_of_the_contact() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, &format!("{ANA} name=Ana email=a@example.com row=sms:3")).await;
        crm.import(LATER, &format!("{ANA} name=Ana row=sms:9")).await;
        // The database of an older program: another row of the same run and source is there.
        crm.by_hand("update contact set source_rows = 'sms:9 2026-11-28-spring/sms:1'").await;
        crm.import(LAST, &format!("{ANA} name=Ann row=crm:4")).await;
        let expected = "crm:4 2026-12-01-winter/sms:9 2026-11-28-spring/sms:1,3|crm:4 email=2026-11-28-spring/sms:3";
        assert_eq!(lineage(&crm).await.replace("2026-12-31-last|", ""), expected);
    });
}
