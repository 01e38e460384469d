//! Whether a provider can tell numbers apart: test numbers that cannot be on WhatsApp, and numbers that are.

use phone::PhoneNumber;
use whatsapp::CheckStatus;

use crate::{Adapter, VerifyError};

/// Test numbers: valid in form, but their regulators reserve them for films and never assign them.
///
/// ARCEP (France) reserves 06 39 98 xx xx, Ofcom (United Kingdom) 07700 900 xxx. Google's numbering plans call them
/// invalid, so no clean contact has one of them.
pub const CANARIES: [&str; 5] = ["+33639980001", "+33639980417", "+447700900142", "+447700900868", "+447700900999"];

/// Whether a provider's answers can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Informative,
    /// It calls test numbers registered. On-Premises API v2.43 and later answer `valid` to every number.
    SaysYesToAll,
    /// It does not know numbers that are on WhatsApp, like a gateway whose phone is no longer linked.
    SaysNoToKnown,
}

/// Checks the test numbers, and numbers that are known to be on WhatsApp. An adapter that reads files is always
/// informative.
pub async fn examine(adapter: &Adapter, known_registered: &[PhoneNumber]) -> Result<Verdict, VerifyError> {
    if adapter.known().is_some() {
        return Ok(Verdict::Informative);
    }
    let canaries: Vec<PhoneNumber> = CANARIES.iter().filter_map(|it| PhoneNumber::from_e164(it)).collect();
    if n_registered(adapter, &canaries).await? * 2 > canaries.len() {
        return Ok(Verdict::SaysYesToAll);
    }
    match known_registered.is_empty() || n_registered(adapter, known_registered).await? * 2 > known_registered.len() {
        true => Ok(Verdict::Informative),
        false => Ok(Verdict::SaysNoToKnown),
    }
}

async fn n_registered(adapter: &Adapter, numbers: &[PhoneNumber]) -> Result<usize, VerifyError> {
    let mut n_registered = 0;
    for numbers in numbers.chunks(adapter.kind().properties().largest_batch) {
        let answers = adapter.check(numbers).await;
        let answers = answers.map_err(|source| VerifyError::TestNumbers { n_numbers: numbers.len(), source })?;
        n_registered += answers.iter().filter(|it| it.status == CheckStatus::Registered).count();
    }
    Ok(n_registered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_numbers_are_valid_in_form_and_assigned_to_nobody() {
        for canary in CANARIES {
            assert!(PhoneNumber::from_e164(canary).is_some(), "{canary}");
            assert!(PhoneNumber::parse(canary, None).is_err(), "{canary}");
        }
    }
}
