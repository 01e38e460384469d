use crate::check::{RUN, check, whatsapp_said};

#[test]
fn people_who_may_be_written_to_are_counted_by_country() {
    check(async |place| {
        let crm = place.open().await;
        let people = "+33199000001 name=Ana\n+33199000002 name=Ben\n+33199000003 name=Cleo\n+12025550123 name=Dan\n\
            +12025550124 name=Eva\n+12025550125 name=Fay consent=stop";
        crm.import(RUN, people).await;
        assert_eq!(crm.people_by_country().await.unwrap(), []);
        for change in [
            &whatsapp_said("yes", "name in ('Ana', 'Ben', 'Dan', 'Fay')"),
            &whatsapp_said("no", "name = 'Eva'"),
            "update contact set region = 'FR' where name in ('Ana', 'Ben', 'Cleo')",
            "update contact set region = 'US' where name in ('Eva', 'Fay')",
            "insert into evidence (contact_id, evidence_id, method, checked_at, variant, answer, price_micros) \
                select contact_id, 1, 'test', 1, '', case name when 'Ben' then 'not_registered' else 'registered' end, 0 \
                from contact where name in ('Ben', 'Cleo', 'Eva')",
        ] {
            crm.by_hand(change).await;
        }
        let counted = crm.people_by_country().await.unwrap();
        let counted: Vec<String> =
            counted.iter().map(|it| format!("{} {} {}", it.country, it.consented, it.invitable)).collect();
        // Ben is not on WhatsApp, Cleo can be invited, Eva and Fay have refused.
        assert_eq!(counted, [" 1 0", "FR 1 1"]);
    });
}
