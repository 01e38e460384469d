//! Sizes in bytes, with units.
//!
//! Kept instead of a crate: a dozen lines, which also refuse a size that is too small to work with.

/// Reads a size such as `512MiB` or `2GiB`; a number alone is in bytes.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "B" => 1,
        "K" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        "G" | "GiB" => 1 << 30,
        _ => return Err("a size is a number and KiB, MiB or GiB, such as 512MiB".to_owned()),
    };
    let n_units: u64 =
        digits.trim().parse().map_err(|_| "a size is a number and KiB, MiB or GiB, such as 512MiB".to_owned())?;
    n_units.checked_mul(unit).filter(|it| *it >= 16 << 20).ok_or_else(|| "at least 16MiB are needed".to_owned())
}

/// A size with its unit.
pub fn shown(n_bytes: u64) -> String {
    match n_bytes {
        0..0x100000 => format!("{} KiB", n_bytes.div_ceil(1 << 10)),
        _ => format!("{} MiB", n_bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_and_is_not_too_small() {
        assert_eq!(size("512MiB"), Ok(512 << 20));
        assert_eq!(size("2G"), Ok(2 << 30));
        assert_eq!(size("67108864"), Ok(64 << 20));
        for wrong in ["", "MiB", "2TB", "-1G", "1.5GiB", "1MiB", "99999999999G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
