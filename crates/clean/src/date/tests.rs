use super::*;

fn read(cell: &str, region: &str) -> Option<String> {
    date(cell, Region::from_code(region)).map(|it| it.to_string())
}

#[test]
fn one_instant_is_read_in_every_form() {
    for cell in [
        "2026-03-03T09:14:07Z",
        "2026-03-03t09:14:07z",
        "2026-03-03T10:14:07+01:00",
        "2026-03-03T09:14:07+0000",
        "2026-03-03 09:14:07",
        "2026-03-03 10:14:07+01:00",
        "2026-03-03T04:14:07-0500",
        "Tue, 03 Mar 2026 09:14:07 +0000",
        "Tue, 3 Mar 2026 10:14:07 +0100",
        "03 Mar 2026 09:14:07 GMT",
        "Mon, 03 Mar 2026 09:14:07 +0000",
        "1772529247",
        "1772529247000",
        " 2026-03-03T09:14:07Z ",
    ] {
        assert_eq!(read(cell, "FR").as_deref(), Some("2026-03-03T09:14:07Z"), "{cell}");
    }
}

#[test]
fn a_date_alone_is_midnight_and_a_fraction_is_kept() {
    assert_eq!(read("2026-03-03", "").as_deref(), Some("2026-03-03T00:00:00Z"));
    assert_eq!(read("2026-03-03 10:14:07.51947+01:00", "").as_deref(), Some("2026-03-03T09:14:07.51947Z"));
    assert_eq!(read("1772529247519", "").as_deref(), Some("2026-03-03T09:14:07.519Z"));
}

#[test]
fn the_order_of_day_and_month_is_that_of_the_region() {
    assert_eq!(read("03/04/2026 09:14", "FR").as_deref(), Some("2026-04-03T09:14:00Z"));
    assert_eq!(read("03.04.2026 09:14", "DE").as_deref(), Some("2026-04-03T09:14:00Z"));
    assert_eq!(read("03/04/2026 09:14 PM", "US").as_deref(), Some("2026-03-04T21:14:00Z"));
    assert_eq!(read("03/04/2026 12:05 am", "US").as_deref(), Some("2026-03-04T00:05:00Z"));
    assert_eq!(read("03/04/2026 12:05 PM", "US").as_deref(), Some("2026-03-04T12:05:00Z"));
    assert_eq!(read("03/04/2026 09:14", "US").as_deref(), Some("2026-03-04T09:14:00Z"));
    assert_eq!(read("03/04/2026 09:14 PM", "FR").as_deref(), Some("2026-04-03T21:14:00Z"));
    assert_eq!(read("18/04/2026 09:14", "US").as_deref(), Some("2026-04-18T09:14:00Z"));
}

#[test]
fn what_is_no_date_is_none() {
    for cell in [
        "",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "31/02/2026 10:00",
        "2026-03-03T25:00:00Z",
        "2026-03-03T09:14:61Z",
        "123",
        "99/99/9999 99:99",
        "2026-03-03T09:14:07+25:00",
        "2026-03-03 ",
        "é026-03-03",
        "03/04/2026 13:00 PM",
    ] {
        assert_eq!(read(cell, "US"), read(cell.trim(), "US"));
        if cell.trim() != "2026-03-03" {
            assert_eq!(read(cell, "US"), None, "{cell}");
        }
    }
}

#[test]
fn a_leap_second_is_read_as_the_one_before() {
    assert_eq!(read("2016-12-31T23:59:60Z", "").as_deref(), Some("2016-12-31T23:59:59Z"));
}
