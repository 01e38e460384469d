//! The people of all steps as the calendar takes them.

use std::collections::BTreeMap;

use campaign::sending::ChosenAudience;
use model::ConsentPurpose;
use phone::Region;
use plan::PlanStep;
use rollout::{Due, Group};

/// The groups of all steps, step by step: who gets it now, who got an earlier step and can get it later, and who can get it after an
/// earlier step that they do not have yet. A step for some of those is planned for all, because nobody knows yet which they are.
pub(crate) fn groups(steps: &[PlanStep], chosen: &[ChosenAudience]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, (step, chosen)) in (0..).zip(steps.iter().zip(chosen)) {
        let earlier = step.after.as_ref().and_then(|after| steps.iter().position(|it| &it.name == after));
        let before = groups.len();
        let mut add = |n_people: usize, country, due| {
            let [audience, n_people] = [groups.len(), n_people].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
            groups.push(group(chosen, (audience, place), n_people, country, due));
        };
        let mut now: BTreeMap<Option<Region>, usize> = BTreeMap::new();
        chosen.countries.iter().for_each(|it| *now.entry(*it).or_default() += 1);
        for (country, n) in now {
            add(n, country, Due::Now);
        }
        for (country, moments) in &chosen.later {
            let mut moments = moments.clone();
            moments.sort();
            add(moments.len(), *country, Due::At(moments));
        }
        let Some(earlier) = earlier else { continue };
        for index in 0..before {
            let Group { audience, step: of, n_people, country, .. } = groups[index];
            if of as usize == earlier {
                let due = Due::After { group: index, wait: step.wait };
                groups.push(group(chosen, (audience, place), n_people, country, due));
            }
        }
    }
    groups
}

fn group(
    chosen: &ChosenAudience,
    (audience, step): (u32, u32),
    n_people: u32,
    country: Option<Region>,
    due: Due,
) -> Group {
    let purpose = chosen.messages.first().map(|it| it.purpose).or(chosen.purpose);
    let is_marketing = purpose == Some(ConsentPurpose::Marketing);
    let opens = purpose != Some(ConsentPurpose::Conversation);
    Group { audience, step, n_people, country, is_marketing, is_spaced: is_marketing, opens, due }
}
