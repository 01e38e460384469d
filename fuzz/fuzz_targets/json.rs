#![no_main]
//! JSON lines, arrays and pages.

use extract::Settings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let starts: [&[u8]; 6] = [
        b"{\"items\":[{\"a\":1},",
        b"[{\"a\":1},",
        b"{\"a\":1}\n",
        b"",
        b"{\"items\":[{\"a\":{\"b\":[{\"x\":1}]}},{\"n\":\"\xc3\xa9\",\"a\":{\"b\":[{\"x\":12},{\"y\":345,\"x\":6}],\"z\":7}},",
        b"{\"d\":[[1,2],[3]]}\n{\"n\":1,\"d\":[{\"d\":[{}]},null],\"e\":[1,2]}\n",
    ];
    let start = starts[usize::from(*choice) % starts.len()];
    let settings = Settings {
        known_records: vec!["items".into()],
        each: vec!["a.b".into(), "d".into(), "d.d".into(), "e".into()],
        pairs: vec!["c".into()],
        ..Settings::default()
    };
    fuzz::read_all(&[start, rest].concat(), &settings);
});
