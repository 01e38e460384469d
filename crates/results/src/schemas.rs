//! The JSON Schemas of all results, by the name of the command.

use crossing::ListedRuns;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::callbacks::*;
use crate::campaigns::*;
use crate::consent::*;
use crate::events::*;
use crate::identity::*;
use crate::kept_templates::*;
use crate::people::*;
use crate::reviews::*;
use crate::runs::*;
use crate::serving::*;
use crate::sources::*;
use crate::templates::*;
use crate::webhooks::*;
use crate::{FailureResult, SCHEMA_VERSION};

/// Where a schema comes from.
enum Origin {
    /// The type of the result.
    Made(fn() -> Value),
    /// A file, for a result that is not a type of this crate.
    Kept(&'static str),
}

use Origin::{Kept, Made};

macro_rules! kept {
    ($name:literal) => {
        Kept(include_str!(concat!("../../../docs/schemas/", $name, ".schema.json")))
    };
}

/// The commands that print JSON, `error` for those that fail, and all kinds of notifications.
const SCHEMAS: [(&str, Origin); 78] = [
    ("audit", Made(made::<AuditResult>)),
    ("campaign-dry-run", Made(made::<CampaignPlanned>)),
    ("campaign-pause", Made(made::<CampaignOrdered>)),
    ("campaign-plan", Made(made::<CampaignPlanned>)),
    ("campaign-prove", Made(made::<CampaignProven>)),
    ("campaign-resume", Made(made::<CampaignOrdered>)),
    ("campaign-settle", Made(made::<CampaignSettled>)),
    ("campaign-start", Made(made::<CampaignSent>)),
    ("campaign-status", Made(made::<CampaignShown>)),
    ("campaign-stop", Made(made::<CampaignOrdered>)),
    ("check", kept!("check")),
    ("consent-export", Made(made::<ConsentExportResult>)),
    ("consent-import", Made(made::<ConsentImportResult>)),
    ("consent-prove", Made(made::<ConsentProof>)),
    ("consent-review", Made(made::<ConsentReviewResult>)),
    ("consent-show", Made(made::<ConsentShown>)),
    ("crm-ddl", Made(made::<DdlResult>)),
    ("error", Made(made::<FailureResult>)),
    ("events-dead", Made(made::<DeadLetters>)),
    ("events-drop", Made(made::<DropResult>)),
    ("events-retry", Made(made::<RetryResult>)),
    ("events-show", Made(made::<EventsShown>)),
    ("events-stats", Made(made::<EventsStats>)),
    ("export-contacts", Made(made::<ContactsExport>)),
    ("export-segment", Made(made::<SegmentExport>)),
    ("export-suppression", Made(made::<SuppressionExportResult>)),
    ("extract", Made(made::<PullResult>)),
    ("fix", Made(made::<FixResult>)),
    ("identity-acknowledge", Made(made::<AcknowledgeResult>)),
    ("identity-show", Made(made::<IdentityResult>)),
    ("init", kept!("init")),
    ("inspect", kept!("inspect")),
    ("key-check", Made(made::<KeyCheck>)),
    ("key-export", Made(made::<KeyExport>)),
    ("key-import", Made(made::<KeyResult>)),
    ("key-show", Made(made::<KeyResult>)),
    ("load", Made(made::<RunResult>)),
    ("merge", Made(made::<MergeResult>)),
    ("notification", Made(made::<Notification>)),
    ("notification-of-alerts", Made(made::<AlertsNotification>)),
    ("notification-of-serve", Made(made::<ServeNotification>)),
    ("profiles", Made(made::<ProfilesOrOne>)),
    ("rerun", Made(made::<RerunResult>)),
    ("restore", Made(made::<RestoreOrList>)),
    ("run", Made(made::<RunResult>)),
    ("runs", Made(made::<ListedRuns>)),
    ("runs-diff", Made(made::<DiffResult>)),
    ("runs-prune", Made(made::<PruneResult>)),
    ("sandbox-webhooks", Made(made::<WebhooksSent>)),
    ("scenario-check", kept!("scenario-check")),
    ("scenario-export", Made(made::<PlatformExport>)),
    ("scenario-graph", Made(made::<GraphResult>)),
    ("scenario-import", kept!("scenario-import")),
    ("scenario-review", Made(made::<ReviewResult>)),
    ("scenario-show", kept!("scenario-show")),
    ("scenario-simulate", kept!("scenario-simulate")),
    ("serve", Made(made::<ReplayResult>)),
    ("share", Made(made::<ShareResult>)),
    ("sources-check", Made(made::<SourcesCheck>)),
    ("sources-list", Made(made::<SourceList>)),
    ("status", Made(made::<StatusResult>)),
    ("suppress", Made(made::<SuppressResult>)),
    ("template-costs", Made(made::<TemplateCostsResult>)),
    ("template-diff", Made(made::<TemplateDiffResult>)),
    ("template-lint", kept!("template-lint")),
    ("template-rules", Made(made::<RulesResult>)),
    ("template-show", Made(made::<TemplateShowResult>)),
    ("template-status", Made(made::<TemplateStatusResult>)),
    ("template-submit", kept!("template-submit")),
    ("template-sync", Made(made::<SyncResult>)),
    ("trace", kept!("trace")),
    ("translate", kept!("translate")),
    ("unmerge", Made(made::<UnmergeResult>)),
    ("unreadable", Made(made::<UnreadableResult>)),
    ("verify", Made(made::<VerifyResult>)),
    ("webhook-register", Made(made::<WebhookRegistered>)),
    ("webhook-retry", Made(made::<WebhookRetried>)),
    ("webhook-show", Made(made::<WebhooksShown>)),
];

/// The names of all schemas.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCHEMAS.iter().map(|it| it.0)
}

/// Returns the schema of a result; none if there is none of this name.
pub fn schema(name: &str) -> Option<Value> {
    let (_, origin) = SCHEMAS.iter().find(|it| it.0 == name)?;
    Some(match origin {
        Kept(text) => serde_json::from_str(text).unwrap_or_default(),
        Made(made) => {
            let mut schema = made();
            schema["title"] = json!(format!("ferry {}", name.replace('-', " ")));
            schema
        }
    })
}

/// The schema of a type, with the version that every result has.
fn made<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    schema["properties"]["schema_version"] = json!({
        "description": "The version of this form. It rises when a field is removed or changes its meaning.",
        "const": SCHEMA_VERSION,
    });
    match schema["required"].as_array_mut() {
        Some(required) => required.push(json!("schema_version")),
        None => schema["required"] = json!(["schema_version"]),
    }
    schema
}
