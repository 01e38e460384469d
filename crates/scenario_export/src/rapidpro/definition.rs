//! The parts of a flow as RapidPro writes them (specification 13.1).
//!
//! The specification is that of the engine, [goflow]; the editor and the importers of later versions migrate it.
//!
//! [goflow]: https://github.com/nyaruka/goflow

use serde::Serialize;
use serde_json::{Map, Value};

pub(super) const FILE_VERSION: &str = "13";
pub(super) const SPEC_VERSION: &str = "13.1.0";

#[derive(Debug, Serialize)]
pub(super) struct Flow {
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) language: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) nodes: Vec<Node>,
    pub(super) spec_version: &'static str,
    pub(super) revision: u32,
    pub(super) expire_after_minutes: u32,
    pub(super) metadata: Map<String, Value>,
    pub(super) localization: Map<String, Value>,
    #[serde(rename = "_ui")]
    pub(super) ui: Value,
}

#[derive(Debug, Serialize)]
pub(super) struct Node {
    pub(super) uuid: String,
    pub(super) actions: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) router: Option<Router>,
    pub(super) exits: Vec<Exit>,
}

#[derive(Debug, Serialize)]
pub(super) struct Exit {
    pub(super) uuid: String,
    pub(super) destination_uuid: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Router {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) operand: String,
    pub(super) cases: Vec<Case>,
    pub(super) categories: Vec<Category>,
    pub(super) default_category_uuid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wait: Option<Wait>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result_name: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Wait {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timeout: Option<Timeout>,
}

#[derive(Debug, Serialize)]
pub(super) struct Timeout {
    pub(super) seconds: u64,
    pub(super) category_uuid: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Case {
    pub(super) uuid: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) arguments: Vec<String>,
    pub(super) category_uuid: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Category {
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) exit_uuid: String,
}
