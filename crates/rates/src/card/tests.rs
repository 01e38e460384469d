use expect_test::{Expect, expect};
use jiff::civil::date;

use super::*;

/// A made-up card: no price of it is one of Meta's.
const CARD: &str = "market,currency,category,rate,effective_from
France,EUR,marketing,0.11,2026-01-01
France,EUR,utility,0.02,2026-01-01
France,EUR,marketing,0.12,2026-07-01
France,EUR,service,n/a,2026-07-01
Hungary,EUR,marketing,0.21,2026-07-01
Rest of Central & Eastern Europe,EUR,marketing,0.31,2026-01-01
Rest of Western Europe,EUR,marketing,0.41,2026-01-01
North America,EUR,marketing,0.51,2026-01-01
Other,EUR,marketing,0.61,2026-01-01
";

/// Looks up countries as `FR marketing 2026-03-01`, one a line.
fn check(card: &str, asked: &str, expected: Expect) {
    let card = match RateCard::read(card.as_bytes(), None) {
        Ok(card) => card,
        Err(error) => return expected.assert_eq(&format!("{error}\n")),
    };
    let line = |it: &str| {
        let parts: Vec<&str> = it.split_whitespace().collect();
        let category = Category::from_name(parts[1]).unwrap();
        let found = card.rate(Region::from_code(parts[0]).unwrap(), category, parts[2].parse().unwrap());
        let found = match found {
            Ok(rate) => format!("{} {} ({})", rate.amount, card.currency, rate.market),
            Err(NoRate::NoMarket) => "no market".to_owned(),
            Err(NoRate::NotInMarket(market)) => format!("no rate in {market}"),
        };
        format!("{} {} {}: {found}\n", parts[0], parts[1], parts[2])
    };
    let lines: String = asked.lines().map(str::trim).filter(|it| !it.is_empty()).map(line).collect();
    expected.assert_eq(&lines);
}

#[test]
fn the_latest_rate_that_holds_on_the_day_counts() {
    check(
        CARD,
        "FR marketing 2025-12-31
         FR marketing 2026-01-01
         FR marketing 2026-06-30
         FR marketing 2026-07-01
         FR utility 2026-12-31
         FR service 2026-12-31
         FR authentication 2026-12-31",
        expect![[r#"
            FR marketing 2025-12-31: no market
            FR marketing 2026-01-01: 0.11 EUR (France)
            FR marketing 2026-06-30: 0.11 EUR (France)
            FR marketing 2026-07-01: 0.12 EUR (France)
            FR utility 2026-12-31: 0.02 EUR (France)
            FR service 2026-12-31: no rate in France
            FR authentication 2026-12-31: no rate in France
        "#]],
    );
}

#[test]
fn a_country_belongs_to_a_region_only_if_meta_lists_it_there() {
    check(
        CARD,
        "PL marketing 2026-03-01
         AT marketing 2026-03-01
         CA marketing 2026-03-01
         LU marketing 2026-03-01
         DE marketing 2026-03-01
         KZ marketing 2026-03-01
         JE marketing 2026-03-01",
        expect![[r#"
            PL marketing 2026-03-01: 0.31 EUR (Rest of Central & Eastern Europe)
            AT marketing 2026-03-01: 0.41 EUR (Rest of Western Europe)
            CA marketing 2026-03-01: 0.51 EUR (North America)
            LU marketing 2026-03-01: 0.61 EUR (Other)
            DE marketing 2026-03-01: no market
            KZ marketing 2026-03-01: no market
            JE marketing 2026-03-01: no market
        "#]],
    );
}

#[test]
fn a_country_that_became_a_market_of_its_own_has_the_price_of_its_region_until_then() {
    check(
        CARD,
        "HU marketing 2026-06-30
         HU marketing 2026-07-01
         HU utility 2026-07-01",
        expect![[r#"
            HU marketing 2026-06-30: 0.31 EUR (Rest of Central & Eastern Europe)
            HU marketing 2026-07-01: 0.21 EUR (Hungary)
            HU utility 2026-07-01: no rate in Hungary
        "#]],
    );
}

#[test]
fn metas_own_form_has_notes_and_a_column_for_each_category() {
    let card = "\u{feff}\"Cost per message in USD, effective October 1, 2025\",,,,,,
Market,Currency,Marketing,Utility,Authentication,\"Authentication-\nInternational\",Service
Egypt,$US,0.3000,0.0200,0.0200,0.0900,n/a
Other,$US,0.4000,0.0300,0.0300,n/a,n/a
";
    check(
        card,
        "EG marketing 2025-09-30
         EG marketing 2025-10-01
         EG authentication_international 2026-01-01
         EG service 2026-01-01
         IS utility 2026-01-01",
        expect![[r#"
            EG marketing 2025-09-30: no market
            EG marketing 2025-10-01: 0.30 USD (Egypt)
            EG authentication_international 2026-01-01: 0.09 USD (Egypt)
            EG service 2026-01-01: no rate in Egypt
            IS utility 2026-01-01: 0.03 USD (Other)
        "#]],
    );
}

#[test]
fn a_card_from_a_spreadsheet_has_semicolons_and_decimal_commas() {
    let card = "Market ; CURRENCY;Category;Rate;Effective date\nFrance;eur;Marketing;0,125;2026-01-01\n";
    check(
        card,
        "FR marketing 2026-01-01",
        expect![[r#"
            FR marketing 2026-01-01: 0.125 EUR (France)
        "#]],
    );
    check(
        &card.replace("0,125", "1,125"),
        "",
        expect![[r#"
            line 2: rate is "1,125": the comma may be one for thousands: write a decimal point
        "#]],
    );
}

#[test]
fn the_card_itself_can_say_which_countries_a_market_has() {
    let card = "market,countries,currency,category,rate
Zone A,Germany | LU,EUR,marketing,0.7
Other,,EUR,marketing,0.8
Zone B,,EUR,marketing,0.9
";
    check(
        card,
        "DE marketing 2026-01-01
         LU marketing 2026-01-01
         IS marketing 2026-01-01",
        expect![[r#"
            DE marketing 2026-01-01: 0.70 EUR (Zone A)
            LU marketing 2026-01-01: 0.70 EUR (Zone A)
            IS marketing 2026-01-01: 0.80 EUR (Other)
        "#]],
    );
    assert_eq!(RateCard::read(card.as_bytes(), None).unwrap().unknown_markets(), ["Zone B"]);
    let twice = card.replace("Zone B,", "Zone B,LU");
    check(
        &twice,
        "",
        expect![[r#"
            lines 2 and 4 count LU to two markets
        "#]],
    );
}

#[test]
fn what_a_card_says_twice_or_not_at_all_is_an_error_with_its_line() {
    for (card, expected) in [
        (
            "",
            "it has no column market: a rate card has market, currency, category, rate and effective_from, or a column for each category",
        ),
        ("market,rate\n", "it has no column currency"),
        ("market,currency\nFrance,EUR\n", "it has no column category"),
        ("market,currency,category\nFrance,EUR,utility\n", "it has no column rate"),
        ("market,currency,utility\n", "it has no rates"),
        ("market,currency,utility\nFrance,€,0.1\n", "line 2: currency is \"€\": write its three letters, such as EUR"),
        ("market,currency,utility\n,EUR,0.1\n", "line 2: market is \"\": each row names its market"),
        (
            "market,currency,utility\nFrance,EUR,free\n",
            "line 2: rate is \"free\": write a number such as 0.0353, or n/a",
        ),
        (
            "market,currency,category,rate\nFrance,EUR,sales,0.1\n",
            "line 2: category is \"sales\": a category is marketing, utility, authentication, authentication_international or service",
        ),
        (
            "market,currency,utility,effective_from\nFrance,EUR,0.1,10/01/2026\n",
            "line 2: effective_from is \"10/01/2026\": write the day as 2026-10-01",
        ),
        (
            "market,currency,utility\nFrance,EUR,0.1\nFrance,EUR,0.1\nfrance,EUR,0.2\n",
            "lines 2 and 4 have different rates for France, utility, from the same day",
        ),
    ] {
        let error = RateCard::read(card.as_bytes(), None).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{card}");
    }
    assert_eq!(RateCard::read(b"market,currency\xff", None).map(|_| ()), Err(CardError::NotUtf8));
}

#[test]
fn a_card_in_several_currencies_needs_the_one_that_is_meant() {
    let card = b"market,currency,utility\nFrance,EUR,0.1\nFrance,USD,0.2\n";
    let read = |currency| {
        let card = RateCard::read(card, currency).map_err(|it| it.to_string())?;
        let rate = card.rate(Region::from_code("FR").unwrap(), Category::Utility, date(2026, 1, 1));
        rate.map(|it| format!("{} {}", it.amount, card.currency)).map_err(|it| format!("{it:?}"))
    };
    assert_eq!(read(Some("usd")), Ok("0.20 USD".to_owned()));
    assert_eq!(read(None), Err("it has rates in EUR, USD: name one with currency = \"EUR\" in [rates]".to_owned()));
    assert_eq!(read(Some("GBP")), Err("it has no rates in GBP: it has EUR, USD".to_owned()));
}

#[test]
fn every_country_is_in_one_market_at_most_and_an_unlisted_one_in_other() {
    let card = RateCard::read(CARD.as_bytes(), None).unwrap();
    let day = date(2026, 12, 1);
    let market = |code: &str| card.market(Region::from_code(code).unwrap(), day).map(|it| it.name.as_str());
    assert_eq!(["FO", "XK", "RE"].map(market), [Some("Other"); 3]);
    // Listed as markets of their own, or with the calling code of a listed country.
    assert_eq!(["DE", "IN", "GG", "PR", "VA", "BS"].map(market), [None; 6]);
}
