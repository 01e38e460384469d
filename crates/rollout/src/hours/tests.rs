use super::*;

fn place(country: &str, is_marketing: bool) -> Place<'static> {
    Place { country: Region::from_code(country), zone: None, is_marketing }
}

fn nine_to_eight() -> Hours {
    Hours { window: Window::parse("09:00-20:00").unwrap(), unknown_zone: None }
}

/// The next allowed moment, in UTC.
fn next(hours: &Hours, place: Place<'_>, now: &str) -> String {
    let now: Timestamp = now.parse().unwrap();
    hours.next_allowed(now, place).map_or("never".to_owned(), |it| it.to_string())
}

/// Each line: what is asked, now, and the next allowed moment in UTC.
fn check(hours: &Hours, place: Place<'_>, table: &[(&str, &str)]) {
    for (now, expected) in table {
        assert_eq!(next(hours, place, now), *expected, "{place:?} at {now}");
    }
}

#[test]
fn france_has_summer_time_sundays_and_holidays() {
    let marketing = [
        // In winter 09:00 is 08:00 UTC.
        ("2027-03-09T07:59:59Z", "2027-03-09T08:00:00Z"),
        ("2027-03-09T18:59:59Z", "2027-03-09T18:59:59Z"),
        ("2027-03-09T19:00:00Z", "2027-03-10T08:00:00Z"),
        // Saturday evening before the clocks go forward: Sunday is not allowed, Monday is Easter Monday.
        ("2027-03-27T19:00:00Z", "2027-03-30T07:00:00Z"),
        // Saturday evening before the clocks go back.
        ("2027-10-30T18:00:00Z", "2027-11-02T08:00:00Z"),
        ("2027-10-30T17:59:59Z", "2027-10-30T17:59:59Z"),
        // The fourteenth of July, and Whit Monday.
        ("2027-07-13T18:00:00Z", "2027-07-15T07:00:00Z"),
        ("2027-05-15T18:30:00Z", "2027-05-18T07:00:00Z"),
    ];
    check(&nine_to_eight(), place("FR", true), &marketing);
    // Notices go on Sundays and holidays.
    let notices = [("2027-03-27T19:00:00Z", "2027-03-28T07:00:00Z"), ("2027-07-13T18:00:00Z", "2027-07-14T07:00:00Z")];
    check(&nine_to_eight(), place("FR", false), &notices);
}

#[test]
fn a_country_is_stricter_than_the_plan_and_the_plan_than_the_country() {
    let all_day = Hours { window: Window::parse("00:00-24:00").unwrap(), ..nine_to_eight() };
    check(&all_day, place("FR", true), &[("2027-03-09T21:00:00Z", "2027-03-10T07:00:00Z")]);
    check(&all_day, place("FR", false), &[("2027-03-09T21:00:00Z", "2027-03-09T21:00:00Z")]);
    let early = Hours { window: Window::parse("07:00-08:00").unwrap(), ..nine_to_eight() };
    check(&early, place("FR", true), &[("2027-03-09T21:00:00Z", "never")]);
    check(&early, place("FR", false), &[("2027-03-09T21:00:00Z", "2027-03-10T06:00:00Z")]);
}

#[test]
fn the_united_states_are_written_to_when_it_is_day_from_new_york_to_honolulu() {
    // Winter: 09:00 in Honolulu and on Adak is 19:00 UTC; 20:00 in New York is 01:00 UTC.
    let winter = [
        ("2027-01-12T14:00:00Z", "2027-01-12T19:00:00Z"),
        ("2027-01-13T00:59:59Z", "2027-01-13T00:59:59Z"),
        ("2027-01-13T01:00:00Z", "2027-01-13T19:00:00Z"),
    ];
    check(&nine_to_eight(), place("US", true), &winter);
    // Summer time begins on 14 March 2027 at 2:00 in each zone, never in Honolulu.
    let spring = [("2027-03-13T12:00:00Z", "2027-03-13T19:00:00Z"), ("2027-03-14T12:00:00Z", "2027-03-14T19:00:00Z")];
    check(&nine_to_eight(), place("US", true), &spring);
    let summer = [("2027-07-13T23:59:59Z", "2027-07-13T23:59:59Z"), ("2027-07-14T00:00:00Z", "2027-07-14T19:00:00Z")];
    check(&nine_to_eight(), place("US", true), &summer);
    // It ends on 7 November 2027.
    check(&nine_to_eight(), place("US", true), &[("2027-11-07T00:30:00Z", "2027-11-07T19:00:00Z")]);
}

#[test]
fn brazil_has_no_summer_time_and_four_zones() {
    // 09:00 in Rio Branco is 14:00 UTC; 20:00 on Fernando de Noronha is 22:00 UTC.
    let table = [
        ("2027-01-12T13:00:00Z", "2027-01-12T14:00:00Z"),
        ("2027-07-12T21:59:59Z", "2027-07-12T21:59:59Z"),
        ("2027-07-12T22:00:00Z", "2027-07-13T14:00:00Z"),
    ];
    check(&nine_to_eight(), place("BR", true), &table);
}

#[test]
fn australia_has_half_hours_and_summer_time_in_some_states() {
    // 09:00 in Perth is 01:00 UTC. In winter 20:00 on Lord Howe Island, at +10:30, is 09:30 UTC; Sydney, at +10, is later.
    let winter = [
        ("2027-07-12T00:00:00Z", "2027-07-12T01:00:00Z"),
        ("2027-07-12T09:29:59Z", "2027-07-12T09:29:59Z"),
        ("2027-07-12T09:30:00Z", "2027-07-13T01:00:00Z"),
    ];
    check(&nine_to_eight(), place("AU", true), &winter);
    // In summer Lord Howe is at +11, as Sydney is. Summer time ends on 4 April 2027 and begins on 3 October.
    let summer = [
        ("2027-01-12T09:00:00Z", "2027-01-13T01:00:00Z"),
        ("2027-04-03T09:00:00Z", "2027-04-04T01:00:00Z"),
        ("2027-04-04T09:29:00Z", "2027-04-04T09:29:00Z"),
        ("2027-10-03T09:00:00Z", "2027-10-04T01:00:00Z"),
    ];
    check(&nine_to_eight(), place("AU", true), &summer);
}

#[test]
fn russia_has_one_hour_in_common() {
    // 09:00 in Kaliningrad is 07:00 UTC; 20:00 in Kamchatka is 08:00 UTC.
    let table = [
        ("2027-01-12T06:00:00Z", "2027-01-12T07:00:00Z"),
        ("2027-07-12T07:59:59Z", "2027-07-12T07:59:59Z"),
        ("2027-07-12T08:00:00Z", "2027-07-13T07:00:00Z"),
    ];
    check(&nine_to_eight(), place("RU", true), &table);
    let short = Hours { window: Window::parse("10:00-18:00").unwrap(), ..nine_to_eight() };
    check(&short, place("RU", true), &[("2027-01-12T06:00:00Z", "never")]);
    let moscow = Place { zone: Some("Europe/Moscow"), ..place("RU", true) };
    check(&short, moscow, &[("2027-01-12T06:00:00Z", "2027-01-12T07:00:00Z")]);
}

#[test]
fn the_zone_of_a_person_counts_before_those_of_the_country() {
    let denver = Place { zone: Some("America/Denver"), ..place("US", true) };
    check(&nine_to_eight(), denver, &[("2027-01-12T12:00:00Z", "2027-01-12T16:00:00Z")]);
    let unknown = Place { zone: Some("Mars/Olympus"), ..place("US", true) };
    check(&nine_to_eight(), unknown, &[("2027-01-12T12:00:00Z", "2027-01-12T19:00:00Z")]);
    // The rules of the country hold wherever the person is.
    let abroad = Place { zone: Some("America/Denver"), ..place("FR", true) };
    check(&nine_to_eight(), abroad, &[("2027-03-28T16:00:00Z", "2027-03-30T15:00:00Z")]);
}

#[test]
fn who_lives_nobody_knows_where_is_not_written_to_unless_the_plan_names_a_zone() {
    let nowhere = Place { country: None, zone: None, is_marketing: true };
    check(&nine_to_eight(), nowhere, &[("2027-01-12T12:00:00Z", "never")]);
    let paris = Hours { unknown_zone: Some("Europe/Paris".to_owned()), ..nine_to_eight() };
    check(&paris, nowhere, &[("2027-01-12T06:00:00Z", "2027-01-12T08:00:00Z")]);
    let lisbon = Place { zone: Some("Europe/Lisbon"), ..nowhere };
    check(&paris, lisbon, &[("2027-01-12T06:00:00Z", "2027-01-12T09:00:00Z")]);
}

#[test]
fn hours_that_begin_in_the_hour_that_clocks_skip_begin_as_much_later() {
    let night = Hours { window: Window::parse("02:30-05:00").unwrap(), ..nine_to_eight() };
    // In Berlin 02:30 does not exist on 28 March 2027: the clock goes from 02:00 to 03:00, which is 01:00 UTC.
    let moment = next(&night, place("DE", true), "2027-03-28T00:00:00Z");
    assert_eq!(moment, "2027-03-28T01:30:00Z", "03:30 on the clock");
}

#[test]
fn whatever_is_found_is_allowed_and_nothing_before_it_is() {
    let countries = ["FR", "US", "BR", "AU", "RU", "DE", "NZ", "PF", "IN", "KI", "EG"];
    let start: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    for (n, country) in countries.iter().cycle().take(110).enumerate() {
        let place = place(country, n % 2 == 0);
        let now = start + jiff::SignedDuration::from_mins(4_801 * n as i64);
        let Some(found) = nine_to_eight().next_allowed(now, place) else { continue };
        let is_allowed = |at: Timestamp| {
            let zones = zones::of_country(place.country.unwrap());
            let clocks = zones.iter().map(|it| at.to_zoned(it.clone()));
            let is_day = |it: &Zoned| (9..20).contains(&it.hour());
            let is_weekday =
                |it: &Zoned| *country != "FR" || !place.is_marketing || it.weekday() != jiff::civil::Weekday::Sunday;
            clocks.into_iter().all(|it| is_day(&it) && is_weekday(&it))
        };
        assert!(is_allowed(found), "{country} {found}");
        let minutes = (0..).map(|it| now + jiff::SignedDuration::from_mins(it)).take_while(|it| *it < found);
        let is_holiday = |at: Timestamp| {
            *country == "FR" && holidays::is_holiday(place.country.unwrap(), at.to_zoned(TimeZone::UTC).date())
        };
        assert!(!minutes.into_iter().any(|it| is_allowed(it) && !is_holiday(it)), "{country} {now} {found}");
    }
}

#[test]
fn hours_are_read_strictly() {
    let written = [
        "09:00-20:00",
        "00:00-24:00",
        "22:00-08:00",
        "9:00-20:00",
        "09:00-24:01",
        "09:60-20:00",
        "09:00",
        "+9:00-20:00",
    ];
    let read = written.map(|it| Window::parse(it).map(|it| it.to_string()));
    assert_eq!(
        read,
        [Some("09:00-20:00".to_owned()), Some("00:00-24:00".to_owned()), None, None, None, None, None, None]
    );
}
