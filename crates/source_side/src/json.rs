//! JSON values as lists.

use serde_json::Value;

/// The values of a list; none of anything else.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
