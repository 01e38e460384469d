use std::fmt::{Display, Write};

use crate::Digest;

/// Settings as a text of named fields, from which a digest is made.
///
/// The text is a contract: run folders of earlier versions hold digests of it. So names and values are written out here
/// and never come from `Debug`, whose output changes when a type or a variant is renamed. Whoever changes the fields of
/// a digest input raises its version.
///
/// The first line is `what version`. Each field is a line `name=length:value`, a missing one `name=-`, and a list
/// `name=[n]` followed by its values; the length in bytes keeps values apart whatever they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestInput(String);

impl DigestInput {
    pub fn new(what: &str, version: u32) -> Self {
        Self(format!("{what} {version}\n"))
    }

    #[must_use]
    pub fn field(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{name}={}:{value}", value.len());
        self
    }

    #[must_use]
    pub fn optional(mut self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => {
                let _ = writeln!(self.0, "{name}=-");
                self
            }
        }
    }

    #[must_use]
    pub fn list(mut self, name: &str, values: impl IntoIterator<Item = impl Display>) -> Self {
        let values: Vec<String> = values.into_iter().map(|it| it.to_string()).collect();
        let _ = writeln!(self.0, "{name}=[{}]", values.len());
        values.into_iter().fold(self, |text, it| text.field("", it))
    }

    /// Another digest input as the value of a field.
    #[must_use]
    pub fn nested(self, name: &str, value: &Self) -> Self {
        self.field(name, &value.0)
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn digest(&self) -> Digest {
        Digest::of_parts([self.0.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_an_empty_one_and_an_empty_list_differ() {
        let input = DigestInput::new("example", 3)
            .field("name", "a\nb=1:c")
            .optional("empty", Some(""))
            .optional("missing", None::<u8>)
            .list("none", [0; 0])
            .list("two", ["x", ""]);
        assert_eq!(input.text(), "example 3\nname=7:a\nb=1:c\nempty=0:\nmissing=-\nnone=[0]\ntwo=[2]\n=1:x\n=0:\n");
    }
}
