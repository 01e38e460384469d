//! Leads past steps that are taken out.

use std::collections::HashMap;

use crate::{Goal, Step};

/// Changes every goal that is a passed step to the first step after it that is not passed, and returns what becomes of
/// `start`. `passed` says what follows each of them. Passed steps that lead in a circle lead nowhere.
pub fn lead_past(steps: &mut [Step], start: Goal, passed: &HashMap<String, Goal>) -> Goal {
    let ends = ends(passed);
    let lead = |goal: &Goal| match goal.as_ref().and_then(|it| ends.get(it.as_str())) {
        Some(end) => end.clone(),
        None => goal.clone(),
    };
    for step in steps {
        step.act.goals_mut().into_iter().for_each(|it| *it = lead(it));
    }
    lead(&start)
}

/// For each passed step, the first step after it that is not passed.
fn ends(passed: &HashMap<String, Goal>) -> HashMap<&str, Goal> {
    let mut ends: HashMap<&str, Goal> = HashMap::new();
    for start in passed.keys() {
        let (mut at, mut way) = (Some(start.clone()), Vec::new());
        while let Some((id, next)) = at.as_ref().and_then(|it| passed.get_key_value(it)) {
            if let Some(end) = ends.get(id.as_str()) {
                at.clone_from(end);
                break;
            }
            // Until its end is known, a step on this way leads nowhere.
            ends.insert(id, None);
            at.clone_from(next);
            way.push(id.as_str());
        }
        for id in way {
            ends.insert(id, at.clone());
        }
    }
    ends
}
