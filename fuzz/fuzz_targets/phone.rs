#![no_main]
//! Any text as a phone number: what is read reads back as itself.

use phone::Region;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for region in [None, Region::from_code("FR"), Region::from_code("US")] {
        if let Ok((read, _)) = clean::phone(text, region) {
            let again = clean::phone(&read.number.to_string(), None);
            assert_eq!(again.map(|it| it.0.number), Ok(read.number));
        }
    }
    let _ = (clean::name(text), clean::email(text), clean::language(text), clean::tags(text).count());
});
