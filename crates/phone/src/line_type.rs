use serde::{Deserialize, Serialize};

/// What a numbering plan uses a number for. Names follow Google's libphonenumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineType {
    Mobile,
    FixedLine,
    FixedLineOrMobile,
    TollFree,
    PremiumRate,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    Uan,
    Voicemail,
}

impl LineType {
    const NAMES: [(Self, &'static str); 11] = [
        (Self::Mobile, "mobile"),
        (Self::FixedLine, "fixed_line"),
        (Self::FixedLineOrMobile, "fixed_line_or_mobile"),
        (Self::TollFree, "toll_free"),
        (Self::PremiumRate, "premium_rate"),
        (Self::SharedCost, "shared_cost"),
        (Self::Voip, "voip"),
        (Self::PersonalNumber, "personal_number"),
        (Self::Pager, "pager"),
        (Self::Uan, "uan"),
        (Self::Voicemail, "voicemail"),
    ];

    /// The name in files and in the database.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// Reads back what [`LineType::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|it| it.1 == name).map(|it| it.0)
    }

    /// Whether a text message can reach such a line. Contacts with other lines are kept, and by default never written
    /// to.
    pub fn is_sendable(self) -> bool {
        matches!(self, Self::Mobile | Self::FixedLineOrMobile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_type_reads_back_its_own_name() {
        for (kind, name) in LineType::NAMES {
            assert_eq!((kind.name(), LineType::from_name(name)), (name, Some(kind)));
        }
    }
}
