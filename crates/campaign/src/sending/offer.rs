//! The offer of a step: its approved templates by language, or its text.

use std::collections::BTreeMap;

use anyhow::Result;
use crm::{AudienceMember, FrozenTemplate};
use model::ConsentPurpose;
use plan::{ParameterPlace, PlanStep, StepContent};
use whatsapp::{OutgoingMessage, PreparedMessage};

use super::content::{MessageValues, TemplateShape};
use super::journal::CampaignJournal;
use super::open::{SendingAccount, recipient_of};
use crate::kept::template_of;

/// The status of a template that may be sent.
pub(super) const APPROVED: &str = "APPROVED";
/// A number that is nobody's.
const SAMPLE_NUMBER: &str = "+33199000001";

/// A template in one language, as it is sent now.
pub(super) struct Offered {
    pub(super) shape: TemplateShape,
    pub(super) frozen: FrozenTemplate,
    pub(super) purpose: ConsentPurpose,
}

/// What a step sends: templates by language, or text.
pub(super) struct Offer {
    pub(super) by_language: BTreeMap<String, Offered>,
    pub(super) purpose: ConsentPurpose,
    pub(super) text: Option<String>,
}

/// A message as it would be sent.
pub struct SampleOf {
    /// Empty if it is text.
    pub language: String,
    pub prepared: PreparedMessage,
}

impl CampaignJournal {
    /// The approved templates of a step.
    pub(super) async fn offer(&self, step: &PlanStep) -> Result<Offer> {
        let name = match &step.content {
            StepContent::Text { text } => {
                let purpose = ConsentPurpose::Conversation;
                return Ok(Offer { by_language: BTreeMap::new(), purpose, text: Some(text.clone()) });
            }
            StepContent::Template { name } => name,
        };
        let mut by_language = BTreeMap::new();
        for row in self.crm.account_templates(&self.account).await? {
            if &row.name != name || row.status != APPROVED {
                continue;
            }
            let Some(Ok(template)) = row.sent_body.as_deref().map(template_of) else { continue };
            let shape = TemplateShape::of(&template);
            let Some(purpose) = purpose_of(&row.category) else { continue };
            if shape.unsupported.is_some() {
                continue;
            }
            let frozen = FrozenTemplate {
                step: step.name.clone(),
                wave: 0,
                template: row.name.clone(),
                language: row.language.clone(),
                digest: row.digest.clone(),
                category: row.category.clone(),
                differs: row.observed.differences(),
            };
            by_language.insert(row.language, Offered { shape, frozen, purpose });
        }
        let purpose = by_language.values().next().map_or(ConsentPurpose::Marketing, |it| it.purpose);
        Ok(Offer { by_language, purpose, text: None })
    }

    /// Takes the templates of the campaign as they are now, for what is still planned: a person has looked at what changed.
    pub async fn accept_templates(&self) -> Result<()> {
        for step in &self.plan.steps {
            for offered in self.offer(step).await?.by_language.into_values() {
                self.crm.accept_template(&self.plan.name, &offered.frozen, offered.purpose).await?;
            }
        }
        Ok(())
    }
}

impl SendingAccount {
    /// A message of a step in each language, with invented values, as it would be sent.
    pub async fn samples(&self, step: &PlanStep) -> Result<Vec<SampleOf>> {
        let offer = self.offer(step).await?;
        let mut samples = Vec::new();
        let invented = |place: &ParameterPlace| {
            Some(match place {
                ParameterPlace::HeaderLink => "https://example.com/file".to_owned(),
                _ => "example".to_owned(),
            })
        };
        let mut add = |language: &str, template: &str, category: &str, values: &MessageValues| {
            let outgoing = OutgoingMessage {
                number: self.number.clone(),
                recipient: recipient_of(SAMPLE_NUMBER),
                content: values.content(template, language),
                opaque_id: Some("0".repeat(32)),
                endpoint: self.endpoint(category),
            };
            if let Ok(prepared) = outgoing.prepare() {
                samples.push(SampleOf { language: language.to_owned(), prepared });
            }
        };
        for (language, offered) in &offer.by_language {
            if let Ok(values) = offered.shape.values(&invented) {
                add(language, &offered.frozen.template, &offered.frozen.category, &values);
            }
        }
        if let Some(text) = offer.text {
            add("", "", "", &MessageValues::of_text(text));
        }
        Ok(samples)
    }
}

impl Offer {
    /// The template in the person's language, or else in that of the plan.
    pub(super) fn for_language(&self, language: Option<&str>, otherwise: Option<&str>) -> Option<&Offered> {
        let named = |wanted: &str| {
            let is_same = |it: &&String| it.split(['_', '-']).next() == wanted.split(['_', '-']).next();
            self.by_language.get(wanted).or_else(|| {
                self.by_language.keys().filter(is_same).min_by_key(|it| it.len()).map(|it| &self.by_language[it])
            })
        };
        language.and_then(named).or_else(|| otherwise.and_then(named))
    }

    /// The values of a message to a person; none if one is missing.
    pub(super) fn values(
        &self,
        offered: Option<&Offered>,
        step: &PlanStep,
        member: &AudienceMember,
    ) -> Option<MessageValues> {
        if let Some(text) = &self.text {
            return Some(MessageValues::of_text(text.clone()));
        }
        let value_of = |place: &ParameterPlace| {
            step.parameters.get(place).and_then(|it| it.resolve(&member.values)).map(str::to_owned)
        };
        offered?.shape.values(&value_of).ok()
    }
}

/// The purpose for which people must have consented to a category of templates.
pub(super) fn purpose_of(category: &str) -> Option<ConsentPurpose> {
    match category {
        "MARKETING" => Some(ConsentPurpose::Marketing),
        "UTILITY" => Some(ConsentPurpose::Utility),
        "AUTHENTICATION" => Some(ConsentPurpose::Authentication),
        _ => None,
    }
}
