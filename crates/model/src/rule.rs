use serde::Serialize;

/// A rule that a template or a scenario can break, or a loss of what cannot be carried.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stays for good, such as `T207`.
    pub code: &'static str,
    /// Such as `variable-at-end`.
    pub name: &'static str,
    pub severity: Severity,
    pub about: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// Makes rules, each with a name for the code, and `RULES`, which holds all of them.
#[macro_export]
macro_rules! rules {
    ($(#[$about_all:meta])* $($id:ident $code:literal $name:literal $severity:ident $source:literal: $about:literal;)*) => {
        $(pub(crate) static $id: $crate::Rule =
            $crate::Rule { code: $code, name: $name, severity: $severity, about: $about, source: $source };)*
        $(#[$about_all])*
        pub static RULES: &[&$crate::Rule] = &[$(&$id),*];
    };
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Would be refused, or would not work.
    Error,
    /// Something that the source has and WhatsApp cannot carry.
    Loss,
    /// May be refused, or costs quality.
    Warning,
    /// Something was changed or decided that a person may want to look at.
    Note,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Loss => "loss",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A rule that is broken, or a loss, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static Rule,
    /// A JSON pointer into the document, such as `/components/0/text`.
    pub place: String,
    /// Which characters of the text there are meant: the first, and the one after the last.
    pub span: Option<(usize, usize)>,
    pub message: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Finding {
    pub fn new(rule: &'static Rule, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, place: place.into(), span: None, message: message.into(), fix: None }
    }

    #[must_use]
    pub fn at(mut self, span: (usize, usize)) -> Self {
        self.span = Some(span);
        self
    }

    #[must_use]
    pub fn fixed_by(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.rule.severity == Severity::Error
    }

    /// The finding as it stands in a document that holds this one at `place`.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        self.place.insert_str(0, place);
        self
    }
}

impl Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            code: &'a str,
            rule: &'a str,
            severity: Severity,
            place: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            span: Option<(usize, usize)>,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            fix: Option<&'a str>,
            source: &'a str,
        }
        let Rule { code, name, severity, source, .. } = *self.rule;
        let (place, message, fix) = (self.place.as_str(), self.message.as_str(), self.fix.as_deref());
        Written { code, rule: name, severity, place, span: self.span, message, fix, source }.serialize(serializer)
    }
}
