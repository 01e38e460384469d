//! `[[basis]]`: on what ground people are written to by SMS and Viber.

use model::{ConsentChannel, ConsentPurpose};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::error::with_nearest;
use crate::sections::value_schemas;
use crate::sections::wording::purpose;
use crate::{Plan, PlanError};

/// The ground of messages of a purpose on a channel, as the plan has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasisSection {
    /// The channel: `sms` or `viber`. WhatsApp is not among them: there a consent to the purpose is always needed.
    #[schemars(schema_with = "value_schemas::basis_channel")]
    channel: Spanned<String>,
    /// The purpose: `marketing`, `utility`, `authentication` or `conversation`.
    #[schemars(schema_with = "value_schemas::purpose")]
    purpose: Spanned<String>,
    /// The ground on which these messages are sent.
    basis: SendingBasis,
}

/// The ground on which messages of a purpose are sent on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendingBasis {
    /// The person has consented.
    Consent,
    /// The person has bought before, and the message is about similar goods.
    ExistingCustomer,
    /// The message is part of a contract with the person.
    Contract,
    /// An interest of the business that outweighs that of the person.
    LegitimateInterest,
    /// A law demands the message.
    LegalObligation,
}

impl SendingBasis {
    pub const ALL: [Self; 5] =
        [Self::Consent, Self::ExistingCustomer, Self::Contract, Self::LegitimateInterest, Self::LegalObligation];

    /// The name in plans and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::ExistingCustomer => "existing_customer",
            Self::Contract => "contract",
            Self::LegitimateInterest => "legitimate_interest",
            Self::LegalObligation => "legal_obligation",
        }
    }
}

/// What the plan declares for a channel and purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeclaredBasis {
    pub channel: ConsentChannel,
    pub purpose: ConsentPurpose,
    pub basis: SendingBasis,
}

impl Plan {
    pub(crate) fn read_bases(&self, sections: &[BasisSection]) -> Result<Vec<DeclaredBasis>, PlanError> {
        let mut bases: Vec<DeclaredBasis> = Vec::new();
        for section in sections {
            let basis = section.read(self)?;
            if bases.iter().any(|it| (it.channel, it.purpose) == (basis.channel, basis.purpose)) {
                let message =
                    format!("two sections give the basis of {} by {}", basis.purpose.name(), basis.channel.name());
                return Err(self.wrong(section.channel.span().start, message));
            }
            bases.push(basis);
        }
        Ok(bases)
    }
}

impl BasisSection {
    fn read(&self, plan: &Plan) -> Result<DeclaredBasis, PlanError> {
        let at = self.channel.span().start;
        let channel = match self.channel.get_ref().as_str() {
            "sms" => ConsentChannel::Sms,
            "viber" => ConsentChannel::Viber,
            "whatsapp" => {
                let message =
                    "a basis is for sms and viber: WhatsApp needs a consent to the purpose, whatever the basis";
                return Err(plan.wrong(at, message.to_owned()));
            }
            other => {
                let message = format!("unknown channel `{other}`, expected one of `sms`, `viber`");
                return Err(plan.wrong(at, with_nearest(&message)));
            }
        };
        Ok(DeclaredBasis { channel, purpose: purpose(plan, &self.purpose)?, basis: self.basis })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tests::PLAN;

    fn read(sections: &str) -> Result<Vec<DeclaredBasis>, String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        std::fs::write(&path, format!("{PLAN}{sections}")).unwrap();
        let plan = Plan::read(&path);
        plan.map(|it| it.bases).map_err(|it| it.to_string().replace(&format!("{}/", home.path().display()), ""))
    }

    #[test]
    fn a_basis_is_declared_for_a_channel_and_purpose() {
        for basis in SendingBasis::ALL {
            let text = format!("[[basis]]\nchannel = \"sms\"\npurpose = \"marketing\"\nbasis = \"{}\"\n", basis.name());
            let declared = DeclaredBasis { channel: ConsentChannel::Sms, purpose: ConsentPurpose::Marketing, basis };
            assert_eq!(read(&text).unwrap(), [declared]);
        }
    }

    #[test]
    fn a_basis_for_whatsapp_is_refused_and_so_are_two_for_one_purpose() {
        const SMS: &str = "[[basis]]\nchannel = \"sms\"\npurpose = \"utility\"\nbasis = \"contract\"\n";
        for (sections, expected) in [
            (
                SMS.replace("sms", "whatsapp"),
                "plan.toml:20: a basis is for sms and viber: WhatsApp needs a consent to the purpose, whatever the basis",
            ),
            (SMS.repeat(2), "plan.toml:24: two sections give the basis of utility by sms"),
            (
                SMS.replace("\"contract\"", "\"contracts\""),
                "plan.toml:22: unknown variant `contracts`, expected one of `consent`, `existing_customer`, `contract`, \
                 `legitimate_interest`, `legal_obligation`; did you mean `contract`?",
            ),
        ] {
            assert_eq!(read(&sections).unwrap_err(), expected);
        }
    }
}
