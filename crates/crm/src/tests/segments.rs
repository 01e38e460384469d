use jiff::Timestamp;
use model::Condition;

use crate::Crm;
use crate::check::{RUN, check, id_of, whatsapp_said};
use crate::sql::Dialect;
use crate::{KeptOutReason, SuppressAction};

async fn count(crm: &Crm, condition: &str) -> u64 {
    crm.count_segment(&Condition::parse(condition).unwrap(), Timestamp::now()).await.unwrap()
}

#[test]
fn a_refusal_of_whatsapp_keeps_out_of_segments_by_condition_too() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana consent=yes\n+33199000002 name=Ugo").await;
        assert_eq!(count(&crm, "1 = 1").await, 2);
        crm.by_hand(&whatsapp_said("no", "name = 'Ana'")).await;
        assert_eq!((count(&crm, "1 = 1").await, count(&crm, "whatsapp_consent = 'no'").await), (1, 0));
        let all = Condition::parse("1 = 1").unwrap();
        assert_eq!(crm.segment_members(&all, Timestamp::now()).await.unwrap(), [id_of("+33199000002")]);
    });
}

#[test]
fn times_before_1970_and_values_of_any_form_are_compared_alike() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        crm.by_hand("update contact set first_at = -1500000, tags = 'a,b%', attributes = '{\"city\":\"O''Neill\"}'")
            .await;
        for (condition, expected) in [
            ("first_at = '1969-12-31T23:59:58Z'", 1),
            ("first_at < '1970-01-01'", 1),
            ("first_at is null", 0),
            ("has_tag('a') and has_tag('b%') and not has_tag('b')", 1),
            ("attribute('city') = 'O''Neill' and attribute('x') is null", 1),
            ("attribute('city') > 'O' and attribute('city') < name", 0),
            ("name < attribute('city')", 1),
            ("contact_id < name", 1),
            ("messages in (0, -5, 9223372036854775807)", 1),
            ("name = '' or name like '' or name like '%\\%'", 0),
        ] {
            assert_eq!(count(&crm, condition).await, expected, "{condition}");
        }
    });
}

#[test]
fn postgresql_is_told_how_to_read_where_it_would_guess_wrong() {
    check(async |place| {
        let crm = place.open().await;
        if matches!(crm.dialect(), Dialect::Sqlite) {
            return;
        }
        let settings = "select current_setting('enable_nestloop') || ' ' || current_setting('enable_seqscan') || ' ' \
            || current_setting('jit')";
        let segment = crm.read_only("read a segment").await.unwrap();
        let few_rows = crm.begin_durable("change what is about few").await.unwrap();
        for (mut connection, expected) in [(segment, "off on off"), (few_rows, "on off off")] {
            assert_eq!(connection.select(settings, &[], |it| it.text(0)).await.unwrap(), [expected]);
        }
        // The settings of a transaction end with it.
        let mut other = crm.reader("read anything").await.unwrap();
        assert_eq!(other.select(settings, &[], |it| it.text(0)).await.unwrap(), ["on on off"]);
    });
}

#[test]
fn conditions_are_read_by_a_connection_that_cannot_write() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        for statement in ["delete from contact", "create table mine (id int)", "update contact set name = 'Eve'"] {
            let mut connection = crm.read_only("try to write").await.unwrap();
            assert!(connection.execute_script(format!("{statement};")).await.is_err(), "{statement}");
        }
        assert_eq!(count(&crm, "name = 'Ana'").await, 1);
        // The database itself can still be written to.
        crm.by_hand("update contact set name = 'Eve'").await;
        assert_eq!(count(&crm, "name = 'Eve'").await, 1);
    });
}

#[test]
fn people_who_meet_a_condition_and_have_refused_are_told_with_their_reason_and_are_no_members() {
    check(async |place| {
        let crm = place.open().await;
        let people = "+33199000001 name=Ana consent=yes
            +33199000002 name=Ugo consent=stop
            +33199000003 name=Eva
            +33199000004 name=Ida
            +33199000005 name=Jon consent=unclear
            +33199000006 name=Max consent=stop";
        crm.import(RUN, people).await;
        crm.by_hand(&whatsapp_said("no", "name = 'Eva'")).await;
        let suppressed = ["+33199000004", "+33199000006"].map(id_of);
        crm.suppress(&suppressed, SuppressAction::Add, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        let told = async |condition: &str| {
            let condition = Condition::parse(condition).unwrap();
            let audience = crm.audience(&condition, Timestamp::now()).await.unwrap();
            let members: Vec<_> = audience.members.iter().map(|it| it.contact).collect();
            assert_eq!(members, crm.segment_members(&condition, Timestamp::now()).await.unwrap());
            let mut kept_out = audience.kept_out;
            kept_out.sort_by_key(|it| it.1);
            (members.len(), kept_out)
        };
        let (n_members, mut kept_out) = told("name <> 'Max'").await;
        assert_eq!(n_members, 1);
        let unclear = (id_of("+33199000005"), KeptOutReason::Unclear);
        assert_eq!(kept_out.split_off(2), [(suppressed[0], KeptOutReason::Suppressed), unclear]);
        let mut refused = ["+33199000002", "+33199000003"].map(|it| (id_of(it), KeptOutReason::Refused));
        refused.sort();
        assert_eq!(kept_out, refused);
        // Of several reasons the refusal is told; and nobody is told who does not meet the condition.
        assert_eq!(told("name = 'Max'").await, (0, vec![(suppressed[1], KeptOutReason::Refused)]));
        assert_eq!(told("name = 'Zoe' or consent = 'yes'").await, (1, Vec::new()));
    });
}
