use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One request of a stream, without credentials. The cursor of a page is the call that comes next, so a call says all
/// that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    #[serde(default, skip_serializing_if = "Method::is_get")]
    pub method: Method,
    /// Which host of the provider: the number of its address in [`ProviderSpec::hosts`](crate::ProviderSpec).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub host: usize,
    /// The path with the query, percent-encoded.
    pub path: String,
    /// Whether the answer of a GET leads to a file, perhaps at another host, where no credentials go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_file: bool,
    /// The body of a POST.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
    #[serde(default, skip_serializing_if = "Then::is_page")]
    pub then: Then,
    /// What the stream has to remember until the answer, such as an offset.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub state: Value,
}

/// The method of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    #[default]
    Get,
    /// A POST with JSON that changes nothing, and so can be repeated.
    Post,
    /// A POST with a form that changes nothing, and so can be repeated.
    PostForm,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// A page of records, which is kept.
    #[default]
    Page,
    /// A step towards pages, such as a list of files; it is not kept.
    Step,
    /// The answer to an order that costs money or can be given once. It is noted before it is sent, sent once, and not
    /// kept.
    Order,
}

impl Call {
    /// A GET whose answer is a page.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            host: 0,
            path: path.into(),
            is_file: false,
            body: Value::Null,
            then: Then::Page,
            state: Value::Null,
        }
    }

    /// A POST with JSON whose answer is a page.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::Post, body, ..Self::get(path) }
    }
}

impl Method {
    fn is_get(&self) -> bool {
        *self == Self::Get
    }
}

impl Then {
    fn is_page(&self) -> bool {
        *self == Self::Page
    }
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}
