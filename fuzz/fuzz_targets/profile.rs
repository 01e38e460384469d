#![no_main]
//! Profiles against any header, and any text as a profile.

use extract::{Profile, detect, guess_columns};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let profiles = Profile::built_in().expect("built in");
    let columns: Vec<String> = text.split('|').map(str::to_owned).collect();
    for fit in detect(&profiles, &columns, columns.first().map(String::as_str)) {
        if fit.is_complete() {
            let _ = fit.profile.layout("x".as_ref(), &columns);
        }
    }
    if let Some(contacts) = profiles.iter().find(|it| it.name == "contacts") {
        let _ = guess_columns(contacts, &columns, &[]);
    }
    let _ = Profile::read("mine", text, &[]);
});
