//! Compares with the crate `phonenumber`: the inputs on which it and our library differ, each with the reason. Google's
//! own library agrees with ours on all of them.

use phone::{PhoneNumber, Region};

/// Input, region, what we read, what `phonenumber` reads, and why they differ.
const DIFFERENCES: [(&str, &str, &str, &str, &str); 13] = [
    ("＋３３１９９０００００１", "FR", "+33199000001", "none", "it knows no full-width digits"),
    ("１２０２５５５０１２３", "US", "+12025550123", "none", "it knows no full-width digits"),
    ("٠١٩٩٠٠٠٠٠١", "FR", "+33199000001", "none", "it knows no Arabic-Indic digits"),
    ("+33 199000001;ext=12", "FR", "+33199000001", "none", "it knows no RFC 3966 extension"),
    ("+12025550123;ext=7", "US", "+12025550123", "none", "it knows no RFC 3966 extension"),
    ("+33199000001.", "FR", "+33199000001", "none", "it minds a full stop at the end"),
    ("0199000001a", "FR", "+33199000001", "none", "it minds a letter at the end; our cleaning rejects letters before"),
    ("+3319900000A", "FR", "none", "+33199000002", "it dials letters on a keypad: a message to a stranger"),
    ("+331990000O1", "FR", "none", "+33199000061", "it dials letters on a keypad: a message to a stranger"),
    (
        "+49301A7B123",
        "DE",
        "+493017123",
        "+49301272123",
        "it dials letters on a keypad; our cleaning rejects letters before",
    ),
    (
        "+358131234550",
        "VC",
        "+358131234550",
        "+35831234550",
        "it strips the trunk prefix of the region from another country's number",
    ),
    ("39.02.53.3941", "IT", "+393902533941", "+3902533941", "it takes the first digits for the country code"),
    ("011 33 1 99 00 00 01", "US", "+33199000001", "none", "it does not dial out of the United States"),
];

/// Inputs on which both agree, whatever their spelling.
const AGREEMENTS: [(&str, &str, &str); 16] = [
    ("+33199000001", "FR", "+33199000001"),
    ("01 99 00 00 01", "FR", "+33199000001"),
    ("0033199000001", "FR", "+33199000001"),
    ("33199000001", "FR", "+33199000001"),
    ("+33 (0)1 99 00 00 01", "FR", "+33199000001"),
    ("+33\u{a0}199000001", "FR", "+33199000001"),
    ("+33‐199‐00‐00‐01", "FR", "+33199000001"),
    ("tel:+33199000001", "FR", "+33199000001"),
    ("(202) 555-0123", "US", "+12025550123"),
    ("+1 202 555 0123 x7", "US", "+12025550123"),
    ("0491 570 006", "AU", "+61491570006"),
    ("070 174 06 05", "SE", "+46701740605"),
    ("07700900123", "GB", "none"),
    ("+33639980001", "FR", "none"),
    ("+99912345678", "FR", "none"),
    ("abc", "FR", "none"),
];

fn ours(text: &str, region: &str) -> String {
    let parsed = PhoneNumber::parse(text, Region::from_code(region));
    parsed.map_or_else(|_| "none".to_owned(), |it| it.number.to_string())
}

fn theirs(text: &str, region: &str) -> String {
    let parsed = phonenumber::parse(region.parse().ok(), text).ok().filter(phonenumber::is_valid);
    parsed.map_or_else(|| "none".to_owned(), |it| it.format().mode(phonenumber::Mode::E164).to_string())
}

#[test]
fn the_two_libraries_differ_where_the_table_says_and_for_its_reasons() {
    for (text, region, expected, other, why) in DIFFERENCES {
        assert_eq!((ours(text, region).as_str(), theirs(text, region).as_str()), (expected, other), "{text}: {why}");
    }
}

#[test]
fn the_two_libraries_agree_on_the_usual_spellings() {
    for (text, region, expected) in AGREEMENTS {
        assert_eq!((ours(text, region).as_str(), theirs(text, region).as_str()), (expected, expected), "{text}");
    }
}
