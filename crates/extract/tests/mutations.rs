//! Damaged exports: none of them makes a reader panic, hang or lose a row.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use extract::{ExtractError, Profile, Settings, detect, probe, read};

/// Damaged copies of each export.
const COPIES: u64 = 40;

/// A pseudorandom generator, so that the same seed gives the same damage.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        // Xorshift by Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % most.max(1)
    }
}

fn exports(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
        match entry.is_dir() {
            true => found.extend(exports(&entry)),
            false if entry.extension().is_some_and(|it| it != "expected") => found.push(entry),
            false => {}
        }
    }
    found.sort();
    found
}

/// Damages bytes in the ways that disks, editors and people do.
fn damage(bytes: &mut Vec<u8>, chance: &mut Chance) {
    const ODD: [&[u8]; 14] =
        [b"\"", b"\n", b"\r", b",", b";", b"\0", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b"\\u", b"\\ud800"];
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len());
        match chance.below(6) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
            2 => {
                let odd = ODD[chance.below(ODD.len())];
                bytes.splice(at..at, odd.iter().copied());
            }
            3 => {
                let end = (at + chance.below(64)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + chance.below(512)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let odd = ODD[chance.below(ODD.len())];
                bytes.splice(at..at, odd.iter().copied().cycle().take(chance.below(3000)));
            }
        }
    }
}

/// Reads a file as `ferry inspect` and a run do. Returns the number of rows.
fn rows(path: &Path, profiles: &[Profile]) -> Result<u64, ExtractError> {
    let probe = probe(&[path.to_owned()], &Settings::of_profiles(profiles))?;
    let fits = detect(profiles, &probe.columns, probe.records_key());
    let layouts: Vec<_> = fits.iter().take(3).filter_map(|it| it.profile.layout(path, &probe.columns).ok()).collect();
    let mut n_rows = 0;
    let seen = read(&probe, |row| -> Result<(), ExtractError> {
        n_rows += 1;
        assert_eq!(row.record, n_rows);
        if let Ok(cells) = &row.cells {
            for layout in &layouts {
                let _ = layout.contact(|it| cells.get(it));
            }
        }
        Ok(())
    })?;
    assert_eq!(seen.iter().map(|it| it.n_rows).sum::<u64>(), n_rows);
    Ok(n_rows)
}

#[test]
fn no_damage_makes_a_reader_panic_and_every_row_is_counted() {
    let profiles = Profile::built_in().unwrap();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("damaged");
    let (mut n_read, mut n_refused) = (0, 0);
    for (n, export) in exports(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")).iter().enumerate() {
        let whole = std::fs::read(export).unwrap();
        // The files of the demo are long, and all their rows are alike.
        let whole = &whole[..whole.len().min(6000)];
        for copy in 0..COPIES {
            let mut chance = Chance((n as u64 + 1) << 32 | (copy + 1));
            let mut bytes = whole.to_vec();
            damage(&mut bytes, &mut chance);
            std::fs::write(&path, &bytes).unwrap();
            match rows(&path, &profiles) {
                Ok(_) => n_read += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    n_refused += 1;
                }
            }
        }
    }
    assert!(n_read > 1000 && n_refused > 100, "{n_read} read, {n_refused} refused");
}
