//! `[[segment]]`: a segment by a condition.

use std::collections::BTreeSet;

use model::{Condition, ConditionError, Segment};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::error::with_nearest;
use crate::{Plan, PlanError};

/// A segment as the plan has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentSection {
    /// The name of the segment, of the same form as the name of a run. It is not one of the segments that Ferry makes.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    name: Spanned<String>,
    /// The condition in SQL, such as `messages > 5 and region = 'FR'`: see [Conditions of
    /// segments](#conditions-of-segments).
    #[schemars(with = "String")]
    r#where: Spanned<String>,
}

/// A segment of the plan: a name of its own, and a condition that both databases understand.
#[derive(Debug)]
pub struct PlanSegment {
    pub name: String,
    /// The condition as the plan has it.
    pub text: String,
    pub condition: Condition,
    /// The place of the condition in the plan.
    at: usize,
}

impl Plan {
    pub(crate) fn read_segments(&self, sections: Vec<SegmentSection>) -> Result<Vec<PlanSegment>, PlanError> {
        let mut segments: Vec<PlanSegment> = Vec::new();
        for SegmentSection { name, r#where } in sections {
            self.check_name("a segment", &name)?;
            let at = name.span().start;
            let name = name.into_inner();
            if Segment::from_name(&name).is_some() {
                return Err(self.wrong(at, format!("\"{name}\" is a segment that Ferry makes: use another name")));
            }
            if segments.iter().any(|it| it.name == name) {
                return Err(self.wrong(at, format!("two segments are named \"{name}\"")));
            }
            let (at, text) = (r#where.span().start, r#where.into_inner());
            let condition = Condition::parse(&text).map_err(|error| self.wrong(at, message(&name, &error)))?;
            segments.push(PlanSegment { name, text, condition, at });
        }
        Ok(segments)
    }

    /// Finds a segment of the plan by its name.
    pub fn segment(&self, name: &str) -> Option<&PlanSegment> {
        self.segments.iter().find(|it| it.name == name)
    }

    /// Lists the names of all segments: those that Ferry makes, and those of the plan.
    pub fn segment_names(&self) -> Vec<String> {
        let own = self.segments.iter().map(|it| it.name.as_str());
        Segment::ALL.iter().map(|it| it.name()).chain(own).map(str::to_owned).collect()
    }

    /// Returns an error about the condition of a segment, with its line.
    pub fn wrong_segment(&self, segment: &PlanSegment, message: &str) -> PlanError {
        self.wrong(segment.at, format!("segment \"{}\": {message}", segment.name))
    }

    /// Lists the attributes that the sources of the plan give to contacts.
    pub fn attribute_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for source in &self.sources {
            names.extend(source.profile().attribute_names().map(str::to_owned));
        }
        names
    }
}

fn message(name: &str, error: &ConditionError) -> String {
    format!("segment \"{name}\": {}", with_nearest(&error.to_string()))
}
