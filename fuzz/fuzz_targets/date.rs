#![no_main]
//! Any text as a date.

use phone::Region;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for region in [None, Region::from_code("FR"), Region::from_code("US")] {
        let _ = clean::date(text, region);
    }
    let _ = clean::is_zoneless(text);
});
