#![no_main]
//! JSON lines, arrays and pages.

use extract::Settings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let start: &[u8] = [&b"{\"items\":[{\"a\":1},"[..], b"[{\"a\":1},", b"{\"a\":1}\n", b""][usize::from(*choice) % 4];
    let settings = Settings {
        known_records: vec!["items".into()],
        each: vec!["a.b".into()],
        pairs: vec!["c".into()],
        ..Settings::default()
    };
    fuzz::read_all(&[start, rest].concat(), &settings);
});
