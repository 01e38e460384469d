//! Numbers that cannot be on WhatsApp, to find out a provider that says "valid" to everything.

use model::PhoneNumber;
use whatsapp::CheckStatus;

use crate::{Adapter, VerifyError};

/// Numbers of the right form that their regulators keep for films and never give to anybody.
///
/// ARCEP (France) keeps 06 39 98 xx xx, Ofcom (United Kingdom) 07700 900 xxx. Google's numbering
/// plans call them invalid, so no clean contact can be one of them.
pub const CANARIES: [&str; 5] = ["+33639980001", "+33639980417", "+447700900142", "+447700900868", "+447700900999"];

/// Asks about the canaries. A provider that has most of them registered knows nothing: On-Premises
/// API v2.43 and later answer `valid` to every number.
pub async fn is_informative(adapter: &Adapter) -> Result<bool, VerifyError> {
    let numbers: Vec<PhoneNumber> = CANARIES.iter().filter_map(|it| PhoneNumber::from_e164(it)).collect();
    let answers = adapter.check(&numbers).await?;
    let n_valid = answers.iter().filter(|it| it.status == CheckStatus::Valid).count();
    Ok(n_valid * 2 <= numbers.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canaries_have_the_form_of_numbers_that_nobody_has() {
        for canary in CANARIES {
            assert!(PhoneNumber::from_e164(canary).is_some(), "{canary}");
            assert!(PhoneNumber::parse(canary, None).is_err(), "{canary}");
        }
    }
}
