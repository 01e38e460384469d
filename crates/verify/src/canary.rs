//! Whether a provider knows anything: numbers that cannot be on WhatsApp, and numbers that are.

use phone::PhoneNumber;
use whatsapp::CheckStatus;

use crate::{Adapter, VerifyError};

/// Numbers of the right form that their regulators keep for films and never give to anybody.
///
/// ARCEP (France) keeps 06 39 98 xx xx, Ofcom (United Kingdom) 07700 900 xxx. Google's numbering
/// plans call them invalid, so no clean contact can be one of them.
pub const CANARIES: [&str; 5] = ["+33639980001", "+33639980417", "+447700900142", "+447700900868", "+447700900999"];

/// What a provider's answers are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Informative,
    /// It has numbers registered that nobody can have. On-Premises API v2.43 and later answer `valid` to every number.
    SaysYesToAll,
    /// It does not know numbers that are on WhatsApp, as a gateway does whose phone is no longer linked.
    SaysNoToKnown,
}

/// Asks about the canaries, and about numbers that are known to be on WhatsApp. An adapter that asks nobody is taken at
/// its word.
pub async fn examine(adapter: &Adapter, registered: &[PhoneNumber]) -> Result<Verdict, VerifyError> {
    if adapter.known().is_some() {
        return Ok(Verdict::Informative);
    }
    let canaries: Vec<PhoneNumber> = CANARIES.iter().filter_map(|it| PhoneNumber::from_e164(it)).collect();
    if n_registered(adapter, &canaries).await? * 2 > canaries.len() {
        return Ok(Verdict::SaysYesToAll);
    }
    match registered.is_empty() || n_registered(adapter, registered).await? * 2 > registered.len() {
        true => Ok(Verdict::Informative),
        false => Ok(Verdict::SaysNoToKnown),
    }
}

async fn n_registered(adapter: &Adapter, numbers: &[PhoneNumber]) -> Result<usize, VerifyError> {
    let mut n_registered = 0;
    for numbers in numbers.chunks(adapter.kind().properties().largest_batch) {
        let answers = adapter.check(numbers).await;
        let answers = answers.map_err(|source| VerifyError::Call { n_contacts: numbers.len(), source })?;
        n_registered += answers.iter().filter(|it| it.status == CheckStatus::Registered).count();
    }
    Ok(n_registered)
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
