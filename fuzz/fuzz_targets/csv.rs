#![no_main]
//! Delimited text in every encoding: the first byte chooses it, the others are the file.

use extract::{Encoding, Settings};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let encodings = [None, Some(Encoding::Utf8), Some(Encoding::Utf16Le), Some(Encoding::Utf16Be), Some(Encoding::Windows1252)];
    let encoding = encodings[usize::from(*choice) % encodings.len()];
    fuzz::read_all(bytes, &Settings { encoding, ..Settings::default() });
});
