//! What the fuzz targets share.

use std::io::Write;
use std::sync::LazyLock;

use extract::{ExtractError, Probe, Profile, Settings, detect, probe, read};

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| Profile::built_in().expect("built in"));

/// Reads bytes as a file of a source; what comes out must be counted right.
pub fn read_all(bytes: &[u8], settings: &Settings) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("written");
    let Ok(probe) = probe(&[file.path().to_owned()], settings) else { return };
    let _ = count(&probe);
}

fn count(probe: &Probe) -> Result<(), ExtractError> {
    let fits = detect(&PROFILES, &probe.columns, probe.records_key());
    let path = &probe.parts[0].path;
    let layout = fits.first().and_then(|it| it.profile.layout(path, &probe.columns).ok());
    let mut n_rows = 0;
    let mut line = 0;
    let seen = read(probe, |row| -> Result<(), ExtractError> {
        n_rows += 1;
        assert_eq!(row.record, n_rows);
        assert!(row.line >= line, "lines go up");
        line = row.line;
        if let (Ok(cells), Some(layout)) = (&row.cells, &layout) {
            let _ = layout.contact(|it| cells.get(it));
        }
        Ok(())
    })?;
    assert_eq!(seen.iter().map(|it| it.n_rows).sum::<u64>(), n_rows);
    Ok(())
}
