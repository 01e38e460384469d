use expect_test::expect;
use jiff::Timestamp;
use model::{ContactId, ContactKey, IdentityDecision, IdentityKind};

use crate::check::{RUN, check, id_of};
use crate::{SuppressAction, Undecided};

fn user(viber: &str) -> ContactId {
    ContactKey::from_hex(&"5a".repeat(32)).unwrap().of_identity(IdentityKind::Viber, "bot", viber)
}

#[test]
fn a_merge_can_be_taken_back() {
    check(async |place| {
        let crm = place.open().await;
        let people = "+33199000001 name=Ana messages=2 consent=yes\n\
            +33199000002 name=Anna email=a@example.com messages=3 consent=stop viber=a1 row=sms:2";
        crm.import(RUN, people).await;
        let before = crm.dump().await;
        let [ana, anna] = ["+33199000001", "+33199000002"].map(id_of);

        assert_eq!(crm.merge(ana, ana).await.unwrap().unwrap_err(), Undecided::Same);
        assert_eq!(crm.merge(ana, user("x")).await.unwrap().unwrap_err(), Undecided::Unknown(user("x")));
        crm.merge(ana, anna).await.unwrap().unwrap();
        expect!["+33199000001|Ana|a@example.com||stop|5|sms:1-2"].assert_eq(&crm.people().await);
        let merged = IdentityDecision::SamePerson { survivor: ana, absorbed: anna };
        assert_eq!(crm.decisions().await.unwrap(), [merged]);

        crm.unmerge(anna, ana, true).await.unwrap().unwrap();
        assert_eq!(crm.dump().await, before);
        assert_eq!(crm.decisions().await.unwrap(), [IdentityDecision::DifferentPeople(anna, ana)]);
        assert_eq!(crm.merge(ana, anna).await.unwrap().unwrap_err(), Undecided::Never(ana, anna));
        crm.unmerge(ana, anna, false).await.unwrap().unwrap();
        assert_eq!(crm.unmerge(ana, anna, false).await.unwrap().unwrap_err(), Undecided::NotMerged(ana, anna));
    });
}

#[test]
fn the_last_merge_is_undone_first() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana\n+33199000002 name=Ben\n+33199000003 name=Cy").await;
        let before = crm.dump().await;
        let [ana, ben, cy] = ["+33199000001", "+33199000002", "+33199000003"].map(id_of);
        crm.merge(ana, ben).await.unwrap().unwrap();
        crm.merge(ana, cy).await.unwrap().unwrap();
        assert_eq!(crm.unmerge(ana, ben, false).await.unwrap().unwrap_err(), Undecided::MergedOn(ana));
        crm.unmerge(ana, cy, false).await.unwrap().unwrap();
        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
        assert_eq!(crm.dump().await, before);
    });
}

#[test]
fn who_is_merged_with_a_suppressed_contact_is_suppressed() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana\n+33199000002 name=Ben").await;
        let [ana, ben] = ["+33199000001", "+33199000002"].map(id_of);
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(crm.suppress(&[ben], SuppressAction::Add, "asked", at).await.unwrap().len(), 1);
        assert_eq!(crm.suppress(&[ben], SuppressAction::Add, "asked", at).await.unwrap().len(), 0);
        crm.merge(ana, ben).await.unwrap().unwrap();
        assert!(crm.suppressed().await.unwrap().contains(&ana));
        crm.suppress(&[ana, ben], SuppressAction::Remove, "asked", at).await.unwrap();
        assert!(crm.suppressed().await.unwrap().is_empty(), "a change counts though the clock was set back");
    });
}

#[test]
fn a_viber_user_becomes_one_with_the_phone_that_an_import_ties_to_them() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "viber=a1 name=Ana row=viber:1\nviber=b1 name=Ben row=viber:2").await;
        let ana = id_of("+33199000001");
        assert_eq!(crm.absorb_linked(&[(user("a1"), ana), (user("none"), ana)]).await.unwrap(), 1);
        crm.import("2026-12-01-winter", "+33199000001 name=Ana viber=a1\n+33199000002 name=Ben viber=b1").await;
        assert_eq!(crm.absorb_known().await.unwrap(), 1);
        assert_eq!(crm.absorb_known().await.unwrap(), 0);
        assert_eq!(crm.texts("select e164 from contact_view order by 1").await, "+33199000001\n+33199000002");
    });
}

#[test]
fn a_viber_user_of_a_shared_phone_stays_a_contact_of_their_own() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "viber=a1 name=Ana row=viber:1\n+33199000001 name=Shop viber=a1").await;
        let shop = id_of("+33199000001");
        crm.share(shop, true).await.unwrap().unwrap();
        assert_eq!(crm.absorb_known().await.unwrap(), 0);
        crm.share(shop, false).await.unwrap().unwrap();
        assert_eq!(crm.absorb_known().await.unwrap(), 1);
        assert_eq!(crm.share(user("a1"), true).await.unwrap().unwrap_err(), Undecided::Unknown(user("a1")));
    });
}
