#![no_main]
//! Delimited text in every encoding: the first byte chooses it, the others are the file.

use extract::{Encoding, Settings};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let encodings = [None, Some(Encoding::UTF_8), Some(Encoding::UTF_16LE), Some(Encoding::UTF_16BE), Some(Encoding::WINDOWS_1252)];
    let encoding = encodings[usize::from(*choice) % encodings.len()];
    fuzz::read_all(bytes, &Settings { encoding, ..Settings::default() });
});
