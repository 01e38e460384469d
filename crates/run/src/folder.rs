use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use model::{Digest, Stage};

use crate::{Artifact, ArtifactWriter, Manifest, RunError, SpillFolder, StageRecord, digest_of, write_private};

const MANIFEST: &str = "manifest.json";

/// The folder of one run, locked by one process at a time.
#[derive(Debug)]
pub struct RunFolder {
    dir: PathBuf,
    pub manifest: Manifest,
    /// The lock is held for the life of this process; the kernel releases it however the process ends.
    _lock: Option<File>,
}

impl RunFolder {
    /// Opens the folder for work. If it holds no run yet, `new` makes its manifest.
    pub fn open_or_create(dir: &Path, new: impl FnOnce() -> Manifest) -> Result<Self, RunError> {
        create_private_dir(dir)?;
        let lock = lock(dir)?;
        let manifest = match read_manifest(dir) {
            Err(RunError::NoRun { .. }) => new(),
            manifest => manifest?,
        };
        let folder = Self { dir: dir.to_owned(), manifest, _lock: Some(lock) };
        folder.save()?;
        Ok(folder)
    }

    /// Opens an existing run for reading, without disturbing a process that works in it.
    pub fn look(dir: &Path) -> Result<Self, RunError> {
        Ok(Self { dir: dir.to_owned(), manifest: read_manifest(dir)?, _lock: None })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the path of a file of the run, such as `clean/contacts.parquet`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Begins a file of the run, and creates its folder.
    pub fn create(&self, name: &str) -> Result<ArtifactWriter, RunError> {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            create_private_dir(parent)?;
        }
        ArtifactWriter::create(&path)
    }

    /// Returns the files of corrected rejects that the run has applied.
    pub fn fixes(&self) -> Vec<PathBuf> {
        self.manifest.fixes.iter().map(|it| self.path(it)).collect()
    }

    /// Creates files for data that does not fit into memory.
    pub fn spill(&self) -> Result<SpillFolder, RunError> {
        SpillFolder::create(&self.path("spill"))
    }

    /// Creates a folder of the run.
    pub fn create_folder(&self, name: &str) -> Result<PathBuf, RunError> {
        let path = self.path(name);
        create_private_dir(&path).map(|()| path)
    }

    /// Records that a stage is complete, with the files that it made.
    pub fn complete(
        &mut self,
        stage: Stage,
        record: StageRecord,
        artifacts: Vec<(String, Artifact)>,
    ) -> Result<(), RunError> {
        self.manifest.artifacts.extend(artifacts);
        self.manifest.stages.insert(stage, record);
        self.save()
    }

    /// Returns whether the stage was completed on these inputs and all its files are unchanged.
    pub fn is_complete(&self, stage: Stage, inputs: Digest) -> Result<bool, RunError> {
        if self.manifest.stages.get(&stage).is_none_or(|it| it.inputs != inputs) {
            return Ok(false);
        }
        let prefix = format!("{}/", stage.name());
        for (name, artifact) in self.manifest.artifacts.iter().filter(|it| it.0.starts_with(&prefix)) {
            if !self.is_intact(name, artifact)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns whether a file of the run has the digest in the manifest.
    pub fn is_intact(&self, name: &str, artifact: &Artifact) -> Result<bool, RunError> {
        let path = self.path(name);
        match std::fs::metadata(&path) {
            Ok(file) if file.len() == artifact.bytes => Ok(digest_of(&path)?.0 == artifact.sha256),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(RunError::Read { path, source }),
        }
    }

    /// Writes the manifest atomically.
    pub fn save(&self) -> Result<(), RunError> {
        let path = self.path(MANIFEST);
        let mut text = serde_json::to_vec_pretty(&self.manifest)
            .map_err(|source| RunError::Manifest { path: path.clone(), source })?;
        text.push(b'\n');
        write_private(&path, &text).map(|_| ())
    }
}

/// Checks a name that becomes part of a path: it has no dots, no separators and no characters special to a shell.
pub fn run_name<'a>(what: &'static str, name: &'a str) -> Result<&'a str, RunError> {
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let bytes = name.as_bytes();
    let is_name =
        (1..=64).contains(&bytes.len()) && is_plain(bytes[0]) && bytes.iter().all(|it| is_plain(*it) || *it == b'-');
    is_name.then_some(name).ok_or_else(|| RunError::Name { what, name: name.to_owned() })
}

/// Returns the newest run in `runs` that `is_wanted` accepts: the one whose folder name sorts last.
pub fn newest_in(runs: &Path, is_wanted: impl Fn(&Manifest) -> bool) -> Result<Option<PathBuf>, RunError> {
    let entries = match std::fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(RunError::Read { path: runs.to_owned(), source }),
    };
    let mut found: Vec<PathBuf> = entries.filter_map(|it| Some(it.ok()?.path())).collect();
    found.sort();
    Ok(found.into_iter().rev().find(|it| read_manifest(it).is_ok_and(|it| is_wanted(&it))))
}

fn read_manifest(dir: &Path) -> Result<Manifest, RunError> {
    let path = dir.join(MANIFEST);
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|source| RunError::Manifest { path, source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(RunError::NoRun { path: dir.to_owned() }),
        Err(source) => Err(RunError::Read { path, source }),
    }
}

pub(crate) fn create_private_dir(dir: &Path) -> Result<(), RunError> {
    let failed = RunError::write(dir);
    match std::fs::symlink_metadata(dir) {
        Ok(found) if found.file_type().is_symlink() => Err(RunError::Symlink { path: dir.to_owned() }),
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(failed)
        }
        Ok(_) => Ok(()),
        Err(_) => DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed),
    }
}

fn lock(dir: &Path) -> Result<File, RunError> {
    let path = dir.join(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.map_err(RunError::write(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunError::Locked { path: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(RunError::Write { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            version: 1,
            run_id: "2026-11-22-spring".into(),
            plan: "/plans/plan.toml".into(),
            tool: "ferry 0".into(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            read_at: None,
            key_id: "k".into(),
            sources: vec![],
            stages: Default::default(),
            artifacts: Default::default(),
            backup: None,
            costs: Vec::new(),
            fixes: Vec::new(),
        }
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_run_folder() {
        for name in ["", "..", ".", "a/b", "../x", "-rf", "a\0b", "Run", "run 1", "%2e", "a.", "é", &"a".repeat(65)] {
            assert!(run_name("a run", name).is_err(), "{name}");
        }
        for name in ["a", "spring", "2026-11-22-spring", &"a".repeat(64)] {
            assert!(run_name("a run", name).is_ok(), "{name}");
        }
    }

    #[test]
    fn everything_in_a_run_is_for_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("runs/one");
        let folder = RunFolder::open_or_create(&dir, manifest).unwrap();
        folder.create("clean/x.csv").unwrap().publish(0).unwrap();

        let mode = |name: &str| std::fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            ["", "clean", "clean/x.csv", "manifest.json", ".lock"].map(mode),
            [0o700, 0o700, 0o600, 0o600, 0o600]
        );
    }

    #[test]
    fn two_processes_cannot_work_in_one_run() {
        let home = tempfile::tempdir().unwrap();
        let first = RunFolder::open_or_create(home.path(), manifest).unwrap();
        assert!(matches!(RunFolder::open_or_create(home.path(), manifest), Err(RunError::Locked { .. })));
        drop(first);
        assert!(RunFolder::open_or_create(home.path(), manifest).is_ok());
    }

    #[test]
    fn a_link_in_the_place_of_the_folder_is_refused() {
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/tmp", home.path().join("run")).unwrap();
        let opened = RunFolder::open_or_create(&home.path().join("run"), manifest);
        assert!(matches!(opened, Err(RunError::Symlink { .. })));
    }

    #[test]
    fn a_stage_is_complete_only_while_its_files_are_intact() {
        let home = tempfile::tempdir().unwrap();
        let mut folder = RunFolder::open_or_create(home.path(), manifest).unwrap();
        let artifact = write_private(&home.path().join("rejects.csv"), b"a,b\n").unwrap();
        let mut writer = folder.create("clean/rejects.csv").unwrap();
        std::io::Write::write_all(&mut writer, b"a,b\n").unwrap();
        assert_eq!(writer.publish(0).unwrap(), artifact);

        let inputs = artifact.sha256;
        let record = StageRecord::new(inputs, Default::default(), jiff::Timestamp::UNIX_EPOCH);
        folder.complete(Stage::Clean, record, vec![("clean/rejects.csv".into(), artifact)]).unwrap();
        assert!(folder.is_complete(Stage::Clean, inputs).unwrap());
        assert!(!folder.is_complete(Stage::Clean, model::Hasher::default().finish()).unwrap());

        std::fs::write(folder.path("clean/rejects.csv"), b"a,c\n").unwrap();
        assert!(!folder.is_complete(Stage::Clean, inputs).unwrap());
    }
}
