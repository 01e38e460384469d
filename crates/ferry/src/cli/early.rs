//! Options that decide how errors of the command line itself are printed.

use std::ffi::OsString;

use clap::ValueEnum;

use super::{Colour, Format, LogFormat};

/// What the command line says about output, before it is known to be right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Early {
    pub(crate) format: Format,
    pub(crate) log_format: LogFormat,
    pub(crate) colour: Colour,
}

impl Early {
    /// Reads the options that it knows, and passes over all others.
    pub(crate) fn of(arguments: impl IntoIterator<Item = OsString>) -> Self {
        let mut early = Self::default();
        let mut arguments = arguments.into_iter().map(|it| it.to_string_lossy().into_owned()).skip(1);
        while let Some(argument) = arguments.next().filter(|it| it != "--") {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            if !["--format", "--log-format", "--color"].contains(&name.as_str()) {
                continue;
            }
            let value = value.or_else(|| arguments.next()).unwrap_or_default();
            match name.as_str() {
                "--format" => early.format = Format::from_str(&value, false).unwrap_or(early.format),
                "--log-format" => early.log_format = LogFormat::from_str(&value, false).unwrap_or(early.log_format),
                _ => early.colour = Colour::from_str(&value, false).unwrap_or(early.colour),
            }
        }
        early
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_wherever_they_are_and_whatever_is_wrong() {
        let read = |line: &str| Early::of(line.split(' ').map(OsString::from));
        let json = Early { format: Format::Json, ..Early::default() };
        assert_eq!(read("ferry run --format json --nonsense"), json);
        assert_eq!(read("ferry --format=json"), json);
        assert_eq!(read("ferry run -- --format json"), Early::default());
        assert_eq!(read("ferry run --format"), Early::default());
        assert_eq!(read("ferry --color never run").colour, Colour::Never);
        assert_eq!(read("ferry --log-format=json --color loud").log_format, LogFormat::Json);
    }
}
