//! The sample file of a template with a media header.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use model::Digest;
use template::{Component, HeaderExample, Template};

/// A file that a reviewer sees in place of the media of each message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub path: PathBuf,
    pub(crate) name: String,
    pub media_type: &'static str,
    pub n_bytes: u64,
    /// The digest of the content: equal files are uploaded once.
    pub(crate) digest: String,
}

/// What a header takes: the endings of its files with their types, and their largest size in bytes.
struct Media {
    format: &'static str,
    endings: &'static [(&'static str, &'static str)],
    most_bytes: u64,
}

/// The types that an upload takes (Meta, Resumable Upload API, read 2026-11-29), and the sizes of media in messages (Meta,
/// supported media types, as repeated by help.vtex.com and developer.exotel.com, read 2026-11-29).
const MEDIA: [Media; 3] = [
    Media {
        format: "IMAGE",
        endings: &[("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("png", "image/png")],
        most_bytes: 5 << 20,
    },
    Media { format: "VIDEO", endings: &[("mp4", "video/mp4")], most_bytes: 16 << 20 },
    Media { format: "DOCUMENT", endings: &[("pdf", "application/pdf")], most_bytes: 100 << 20 },
];

impl Sample {
    /// The file whose handle a template lacks, in `folder`; none if the template lacks no handle. The error says which
    /// file to put where, or what is wrong with the one that is there.
    pub fn of(template: &Template, folder: &Path) -> Result<Option<Self>> {
        let Some(header) = template.header() else { return Ok(None) };
        let Some(media) = MEDIA.iter().find(|it| header.format.eq_ignore_ascii_case(it.format)) else {
            return Ok(None);
        };
        if header.example.as_ref().is_some_and(|it| !it.header_handle.is_empty()) {
            return Ok(None);
        }
        let (path, media_type) = media.find(template, folder)?;
        let bytes = read(&path, media)?;
        if type_of(&bytes) != Some(media_type) {
            let found = type_of(&bytes).map_or(String::new(), |it| format!(": it is {it}"));
            bail!("the sample {} is no file of the type {media_type}{found}", path.display());
        }
        let digest = Digest::of_parts([bytes.as_slice()]).to_string();
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Some(Self { path, name, media_type, n_bytes: bytes.len() as u64, digest }))
    }

    /// The bytes of the file, if they are those that were looked at before.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        let context = || format!("could not read the sample {}", self.path.display());
        let bytes = run::read_small(&self.path, self.n_bytes).with_context(context)?;
        if Digest::of_parts([bytes.as_slice()]).to_string() != self.digest {
            bail!("the sample {} changed while it was read: submit again", self.path.display());
        }
        Ok(bytes)
    }
}

impl Media {
    /// The file of this template in this language, else that of the template.
    fn find(&self, template: &Template, folder: &Path) -> Result<(PathBuf, &'static str)> {
        let Template { name, language, .. } = template;
        // A name from a file must not lead out of the folder. The linter refuses such names.
        let is_plain = |it: &str| it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        if !is_plain(name) || !is_plain(language) {
            bail!("a template of this name can have no sample");
        }
        for stem in [format!("{name}.{language}"), name.clone()] {
            let files = self.endings.iter().map(|(ending, kind)| (folder.join(format!("{stem}.{ending}")), *kind));
            let found: Vec<(PathBuf, &str)> = files.filter(|it| it.0.exists()).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Ok(one.clone()),
                [one, other, ..] => {
                    bail!("there are two samples, {} and {}: keep one", one.0.display(), other.0.display())
                }
            }
        }
        let mut wanted = folder.join(format!("{name}.{}", self.endings[0].0)).display().to_string();
        if let Some((other, _)) = self.endings.get(2) {
            let _ = write!(wanted, " or .{other}");
        }
        let most = self.most_bytes >> 20;
        bail!("its header needs a sample file: put one of at most {most} MB at {wanted}")
    }
}

fn read(path: &Path, media: &Media) -> Result<Vec<u8>> {
    run::read_small(path, media.most_bytes).with_context(|| format!("the sample {} cannot be used", path.display()))
}

/// The type of a file by its first bytes.
fn type_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("video/mp4"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

/// Puts a handle into the header of a template.
pub(crate) fn with_handle(template: &Template, handle: &str) -> Template {
    let mut template = template.clone();
    for component in &mut template.components {
        if let Component::Header(header) = component {
            header.example.get_or_insert_with(HeaderExample::default).header_handle = vec![handle.to_owned()];
        }
    }
    template
}
