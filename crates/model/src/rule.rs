use serde::Serialize;

/// A rule that a template or a scenario can break, or a kind of loss.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// A code that never changes, such as `T207`.
    pub code: &'static str,
    /// A name, such as `variable-at-end`.
    pub name: &'static str,
    pub severity: Severity,
    pub about: &'static str,
    /// The source of the rule.
    pub source: &'static str,
}

/// Defines rules, each as a static, and `RULES` with all of them.
#[macro_export]
macro_rules! rules {
    (
        $(#[$about_all:meta])*
        $($id:ident $code:literal $name:literal $severity:ident $source:literal: $about:literal;)*
    ) => {
        $(pub(crate) static $id: $crate::Rule =
            $crate::Rule { code: $code, name: $name, severity: $severity, about: $about, source: $source };)*
        $(#[$about_all])*
        pub static RULES: &[&$crate::Rule] = &[$(&$id),*];
    };
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It would be refused or would not work.
    Error,
    /// The source has something that WhatsApp cannot do.
    Loss,
    /// It may be refused, or costs quality.
    Warning,
    /// Something was changed or decided that a person may want to check.
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

/// A broken rule or a loss, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static Rule,
    /// A JSON pointer into the document, such as `/components/0/text`.
    pub place: String,
    /// The range of characters of the text at that place: the first, and the one after the last.
    pub span: Option<(usize, usize)>,
    pub message: String,
    /// How to mend it.
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

    /// The finding in an outer document that holds this one at `place`.
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
