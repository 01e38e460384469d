use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use model::{Digest, Stage};
use serde::Deserialize;

use crate::publish::is_intact;
use crate::small_file::{plain, read_small, without_waiting};
use crate::{Artifact, ArtifactWriter, Manifest, RunError, SpillFolder, StageRecord, write_private};

const MANIFEST: &str = "manifest.json";
/// The version of the manifest. A folder of another version is refused with words.
pub const MANIFEST_VERSION: u32 = 2;
/// Limits the manifest, in bytes. One of 10,000 files has 3 MiB.
const MOST_MANIFEST_BYTES: u64 = 256 << 20;

/// The folder of one run, locked by one process at a time.
#[derive(Debug)]
pub struct RunFolder {
    dir: PathBuf,
    pub manifest: Manifest,
    /// The lock is held for the life of this process; the kernel releases it however the process ends.
    _lock: Option<File>,
}

impl RunFolder {
    /// Begins a run in a folder that holds none. `new` makes its manifest.
    pub fn begin(dir: &Path, new: impl FnOnce() -> Manifest) -> Result<Self, RunError> {
        let dir = without_slash(dir);
        create_private_dir(&dir)?;
        let lock = lock(&dir)?;
        match read_manifest(&dir) {
            Err(RunError::NoRun { .. }) => {}
            Ok(_) => return Err(RunError::Taken { path: dir }),
            Err(error) => return Err(error),
        }
        let folder = Self { dir, manifest: new(), _lock: Some(lock) };
        folder.save()?;
        Ok(folder)
    }

    /// Opens an existing run for work. No other process can work in it meanwhile.
    pub fn open(dir: &Path) -> Result<Self, RunError> {
        let dir = without_slash(dir);
        // A folder without a run stays as it is.
        read_manifest(&dir)?;
        create_private_dir(&dir)?;
        let lock = lock(&dir)?;
        Ok(Self { manifest: read_manifest(&dir)?, dir, _lock: Some(lock) })
    }

    /// Opens an existing run for reading, without disturbing a process that works in it.
    pub fn look(dir: &Path) -> Result<Self, RunError> {
        let dir = without_slash(dir);
        Ok(Self { manifest: read_manifest(&dir)?, dir, _lock: None })
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

    /// Creates files for data that does not fit into memory.
    pub fn spill(&self) -> Result<SpillFolder, RunError> {
        SpillFolder::create(&self.path("spill"))
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
        let is_of_inputs = self.manifest.stages.get(&stage).is_some_and(|it| it.inputs == inputs);
        Ok(is_of_inputs && self.is_stage_intact(stage)?)
    }

    /// Returns whether the stage was completed and all its files are unchanged.
    pub fn is_stage_intact(&self, stage: Stage) -> Result<bool, RunError> {
        if !self.manifest.stages.contains_key(&stage) {
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

    /// Fails if a file of the run is missing or differs from what the manifest says. Every reader of a file checks it.
    pub fn check_intact(&self, name: &str) -> Result<(), RunError> {
        let is_intact = match self.manifest.artifacts.get(name) {
            Some(artifact) => self.is_intact(name, artifact)?,
            None => false,
        };
        if is_intact { Ok(()) } else { Err(RunError::Damaged { path: self.path(name) }) }
    }

    /// Returns whether a file of the run has the digest in the manifest.
    pub fn is_intact(&self, name: &str, artifact: &Artifact) -> Result<bool, RunError> {
        is_intact(&self.path(name), artifact)
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

/// Returns the path without a slash at its end, which would lead through a symbolic link.
fn without_slash(dir: &Path) -> PathBuf {
    dir.components().collect()
}

/// The part of a manifest that every version has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest, RunError> {
    let path = dir.join(MANIFEST);
    let text = match read_small(&path, MOST_MANIFEST_BYTES) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(RunError::NoRun { path: dir.to_owned() });
        }
        Err(source) => return Err(RunError::Read { path, source }),
    };
    let failed = |source| RunError::Manifest { path: path.clone(), source };
    let Version { version } = serde_json::from_slice(&text).map_err(failed)?;
    if version != MANIFEST_VERSION {
        return Err(RunError::OtherVersion { path, found: version, known: MANIFEST_VERSION });
    }
    serde_json::from_slice(&text).map_err(failed)
}

/// Creates a folder that only its owner can read, or makes an existing one so. A folder that others can write to is
/// refused: what is in it may not be ours.
pub(crate) fn create_private_dir(dir: &Path) -> Result<(), RunError> {
    let failed = RunError::write(dir);
    let found = match std::fs::symlink_metadata(dir) {
        Err(_) => return DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed),
        Ok(found) => found,
    };
    let mode = found.permissions().mode();
    match () {
        () if found.file_type().is_symlink() => Err(RunError::Symlink { path: dir.to_owned() }),
        () if !found.is_dir() => Err(RunError::NoFolder { path: dir.to_owned() }),
        () if mode & 0o022 != 0 => Err(RunError::Shared { path: dir.to_owned() }),
        () if mode & 0o077 != 0 => {
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(failed)
        }
        () => Ok(()),
    }
}

/// Opens the lock file of a folder. A pipe or device in its place is refused: opening it could wait for ever.
pub(crate) fn lock_file(dir: &Path) -> Result<(PathBuf, File), RunError> {
    let path = dir.join(".lock");
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(false).read(true).write(true).mode(0o600);
    let file = plain(options.custom_flags(without_waiting()).open(&path)).map_err(RunError::write(&path))?;
    Ok((path, file))
}

/// Locks the folder of a run for this process, and notes who holds it for the message that others get.
fn lock(dir: &Path) -> Result<File, RunError> {
    let (path, mut file) = lock_file(dir)?;
    match file.try_lock() {
        Ok(()) => {
            let holder = format!("{} since {:.0}\n", holder(), jiff::Timestamp::now());
            let noted = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
            noted.map_err(RunError::write(&path))?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // The holder of the lock may not have written its name yet.
            let _ = file.read_to_string(&mut holder);
            Err(RunError::Locked { path: dir.to_owned(), holder: holder.trim().to_owned() })
        }
        Err(TryLockError::Error(source)) => Err(RunError::Write { path, source }),
    }
}

/// Returns the user and the machine of this process, for messages: `ana@etl1`.
pub fn who() -> String {
    let known = |it: whoami::Result<String>| it.unwrap_or_else(|_| "unknown".to_owned());
    format!("{}@{}", known(whoami::username()), known(whoami::hostname()))
}

/// Returns who this process is, for messages: `ana@etl1, process 4711`.
pub fn holder() -> String {
    format!("{}, process {}", who(), std::process::id())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn manifest() -> Manifest {
        Manifest {
            version: MANIFEST_VERSION,
            uid: "0011223344556677".into(),
            run_id: "2026-11-22-spring".into(),
            sequence: 1,
            name: "spring".into(),
            is_dry_run: false,
            sample: None,
            input: model::Hasher::default().finish(),
            plan: "/plans/plan.toml".into(),
            tool: "ferry 0".into(),
            started_by: "ana@etl1".into(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            zone: "UTC".into(),
            read_at: None,
            key_id: "k".into(),
            sources: vec![],
            unread_sources: vec![],
            stages: Default::default(),
            artifacts: Default::default(),
            backups: Vec::new(),
            costs: Vec::new(),
            fixes: Vec::new(),
            people: None,
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
        let folder = RunFolder::begin(&dir, manifest).unwrap();
        folder.create("clean/x.csv").unwrap().publish(0).unwrap();

        let mode = |name: &str| std::fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            ["", "clean", "clean/x.csv", "manifest.json", ".lock"].map(mode),
            [0o700, 0o700, 0o600, 0o600, 0o600]
        );
    }

    #[test]
    fn a_pipe_in_the_place_of_the_lock_or_the_manifest_is_refused_at_once() {
        for name in [".lock", "manifest.json"] {
            let home = tempfile::tempdir().unwrap();
            assert!(std::process::Command::new("mkfifo").arg(home.path().join(name)).status().unwrap().success());
            let error = RunFolder::begin(home.path(), manifest).unwrap_err();
            let why = std::error::Error::source(&error).unwrap().to_string();
            assert_eq!(why, "it is a pipe, socket or device, not a file", "{name}: {error}");
        }
    }

    #[test]
    fn two_processes_cannot_work_in_one_run() {
        let home = tempfile::tempdir().unwrap();
        let first = RunFolder::begin(home.path(), manifest).unwrap();
        let refused = RunFolder::open(home.path()).unwrap_err().to_string();
        let who = format!("another ferry works in {} ({} since ", home.path().display(), holder());
        assert!(refused.starts_with(&who) && refused.ends_with("): wait for it, or stop it"), "{refused}");
        drop(first);
        assert!(RunFolder::open(home.path()).is_ok());
    }

    #[test]
    fn a_folder_that_holds_a_run_is_not_given_to_another() {
        let home = tempfile::tempdir().unwrap();
        drop(RunFolder::begin(home.path(), manifest).unwrap());
        assert!(matches!(RunFolder::begin(home.path(), manifest), Err(RunError::Taken { .. })));
    }

    #[test]
    fn a_link_a_file_and_a_folder_of_everybody_are_refused_as_run_folders() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        std::fs::create_dir(at("mine")).unwrap();
        std::os::unix::fs::symlink(at("mine"), at("link")).unwrap();
        std::fs::create_dir(at("open")).unwrap();
        std::fs::set_permissions(at("open"), std::fs::Permissions::from_mode(0o777)).unwrap();
        std::fs::write(at("file"), "").unwrap();
        let refused = |name: &str| RunFolder::begin(&at(name), manifest).unwrap_err();
        assert!(matches!(refused("link"), RunError::Symlink { .. }));
        assert!(matches!(refused("link/"), RunError::Symlink { .. }));
        assert!(matches!(refused("open"), RunError::Shared { .. }));
        assert!(matches!(refused("file"), RunError::NoFolder { .. }));
        let mode = std::fs::metadata(at("open")).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o777, "a folder that is refused stays as it was");
        assert!(RunFolder::begin(&at("mine"), manifest).is_ok());
    }

    #[test]
    fn a_socket_in_the_place_of_the_lock_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(home.path().join(".lock")).unwrap();
        assert!(matches!(RunFolder::begin(home.path(), manifest), Err(RunError::Write { .. })));
    }

    #[test]
    fn a_stage_is_complete_only_while_its_files_are_intact() {
        let home = tempfile::tempdir().unwrap();
        let mut folder = RunFolder::begin(home.path(), manifest).unwrap();
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
