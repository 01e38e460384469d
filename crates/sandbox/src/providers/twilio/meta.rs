//! Pages of the newer hosts: the links are in `meta`, and absolute.

use serde_json::{Value, json};

use super::messages::{page_size, read_token, token_of, wrong};
use crate::providers::{Answer, Call, Failure, Key, Next, link};

/// What a call says of the page that it wants.
pub(super) struct Wanted {
    pub(super) size: usize,
    pub(super) from: Option<Key>,
    n_page: usize,
}

impl Wanted {
    pub(super) fn of(call: &Call<'_>, largest: usize) -> Result<Self, Failure> {
        let size = page_size(call, largest)?;
        let from = call.query("PageToken").map(|it| read_token(it).ok_or_else(|| wrong("PageToken"))).transpose()?;
        let n_page = call.query("Page").and_then(|it| it.parse().ok()).unwrap_or(0);
        if n_page > 0 && from.is_none() {
            return Err(Failure::BadRequest("Page number out of range: follow next_page_url".to_owned()));
        }
        Ok(Self { size, from, n_page })
    }

    /// A page of resources under a key such as `participants`. `n_rows` of them are rows of the ledger.
    pub(super) fn answer(
        &self,
        call: &Call<'_>,
        key: &str,
        items: Vec<Value>,
        next: Option<Next<Key>>,
        n_rows: usize,
    ) -> Result<Answer, Failure> {
        let (origin, path) = (call.asked.origin(), call.asked.uri.path());
        let link_to = |host: Option<&str>, n_page: usize, token: Option<String>| {
            let mut parameters = vec![("PageSize", self.size.to_string()), ("Page", n_page.to_string())];
            parameters.extend(token.map(|it| ("PageToken", it)));
            format!("{}{path}?{}", host.unwrap_or(&origin), link::query(&parameters))
        };
        let next = next.map(|next| {
            let n_next = if next.from.is_none() { 0 } else { self.n_page + 1 };
            link_to(next.host, n_next, token_of(&next))
        });
        let meta = json!({
            "page": self.n_page, "page_size": self.size, "key": key, "first_page_url": link_to(None, 0, None),
            "previous_page_url": (self.n_page == 1).then(|| link_to(None, 0, None)), "next_page_url": next,
            "url": link_to(None, self.n_page, call.query("PageToken").map(str::to_owned)),
        });
        Answer::json(&json!({ "meta": meta, key: items }), n_rows)
    }
}

/// A page of things that are no rows, in their order.
pub(super) fn listed(call: &Call<'_>, key: &str, items: Vec<Value>, largest: usize) -> Result<Answer, Failure> {
    let wanted = Wanted::of(call, largest)?;
    let start = wanted.from.map_or(0, |it| it.n as usize);
    let end = start.saturating_add(wanted.size);
    let next =
        (end < items.len()).then_some(Next { from: Some(Key { at: 0, n: end as u64 }), marker: None, host: None });
    let page = items.into_iter().skip(start).take(wanted.size).collect();
    wanted.answer(call, key, page, next, 0)
}
