//! The segments of the plan, each by a condition.

use anyhow::{Context, Result};
use crm::Crm;
use jiff::Timestamp;
use model::NAME_PARTS;
use plan::Plan;
use schemars::JsonSchema;
use serde::Serialize;

/// How many people are in a segment of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SegmentCount {
    pub name: String,
    /// The condition as the plan has it.
    #[serde(rename = "where")]
    pub condition: String,
    pub contacts: u64,
    /// People who would be in it, but are held: their number may belong to another person now.
    pub held: u64,
}

/// Fails if a segment of the plan names an attribute that neither a source of the plan nor a contact of the database
/// has, or if the database does not take its condition. Columns and values were checked when the plan was read.
pub async fn check_segments(plan: &Plan, crm: Option<&Crm>) -> Result<()> {
    if plan.segments.is_empty() {
        return Ok(());
    }
    let mut attributes = plan.attribute_names();
    attributes.extend(NAME_PARTS.map(str::to_owned));
    let mut named = plan.segments.iter().flat_map(|it| it.condition.attributes());
    // To list the attributes of all contacts, the database reads all of them.
    if let Some(crm) = crm
        && named.any(|it| !attributes.contains(it))
    {
        attributes.extend(crm.attribute_names().await?);
    }
    for segment in &plan.segments {
        if let Some(unknown) = segment.condition.attributes().find(|it| !attributes.contains(*it)) {
            let known = attributes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let message = format!("there is no attribute '{unknown}'; the attributes are {known}");
            return Err(plan.wrong_segment(segment, &message).into());
        }
        if let Some(crm) = crm {
            let checked = crm.check_condition(&segment.condition, Timestamp::now()).await;
            checked.with_context(|| plan.wrong_segment(segment, "the database does not take this condition"))?;
        }
    }
    Ok(())
}

/// Counts the people of each segment of the plan at the moment `now`.
pub(crate) async fn count(plan: &Plan, crm: &Crm, now: Timestamp) -> Result<Vec<SegmentCount>> {
    let mut counts = Vec::new();
    for segment in &plan.segments {
        let contacts = crm.count_segment(&segment.condition, now).await?;
        let held = crm.count_held_in_segment(&segment.condition, now).await?;
        counts.push(SegmentCount { name: segment.name.clone(), condition: segment.text.clone(), contacts, held });
    }
    Ok(counts)
}
