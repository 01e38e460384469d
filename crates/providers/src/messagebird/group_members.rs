//! `GET /groups`, and `GET /groups/{id}/contacts` for each of them.
//!
//! Both lists count records. A call begins with the last record of the page before (the *anchor*), so that a page without
//! it shows that records have moved up. Then the records before are read again.

use http::{CallError, path_of_link, path_segment};
use pages::Window;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{PAGE_ROWS, check, row_of};
use crate::json::{next_link, parse, records, text};
use crate::{Call, Connection, PageRead, Row, Stream, Then};

pub(crate) struct GroupMembers {
    base: Url,
}

/// Where the reading is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    groups: Place,
    /// The groups of the page that are not read yet, the next one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<String>,
    /// Whether groups follow behind `groups`.
    #[serde(default)]
    has_more: bool,
    /// The group whose members are read, and where.
    #[serde(default)]
    group: String,
    #[serde(default)]
    members: Place,
}

/// A place in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    offset: u64,
    /// The record that the page must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anchor: Option<String>,
    /// How many pages to go back if it has not.
    #[serde(default)]
    back: u64,
    /// How often records had moved, up to [`MOST_MOVES`]. Then the same call comes again, which ends the reading.
    #[serde(default)]
    moves: u32,
}

/// More moves than this are no moves, but a list that never becomes whole.
const MOST_MOVES: u32 = 20;

impl Place {
    /// Returns where to read on behind a page with these ids: behind them, or before them if records have moved.
    fn after(&self, ids: &[String]) -> Self {
        let is_whole = self.offset == 0 || self.anchor.as_ref().is_none_or(|it| ids.contains(it));
        if !is_whole {
            let back = self.back.max(1);
            let offset = self.offset.saturating_sub(back.saturating_mul(u64::from(PAGE_ROWS)));
            let moves = (self.moves + 1).min(MOST_MOVES);
            return Self { offset, anchor: self.anchor.clone(), back: back.saturating_mul(2), moves };
        }
        let n_new = (ids.len() as u64).saturating_sub(1).max(1);
        let anchor = ids.last().or(self.anchor.as_ref()).cloned();
        Self { offset: self.offset + n_new, anchor, back: 1, moves: self.moves }
    }
}

impl GroupMembers {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self { base: connection.bases[0].clone() }
    }

    fn groups(state: &State) -> Call {
        let path = format!("/groups?offset={}&limit={PAGE_ROWS}", state.groups.offset);
        Call { then: Then::Step, state: serde_json::to_value(state).unwrap_or_default(), ..Call::get(path) }
    }

    fn members(state: &State) -> Call {
        let group = path_segment(&state.group);
        let path = format!("/groups/{group}/contacts?offset={}&limit={PAGE_ROWS}", state.members.offset);
        Call { state: serde_json::to_value(state).unwrap_or_default(), ..Call::get(path) }
    }

    /// The call for the next group, else for the next page of groups.
    fn next_group(mut state: State) -> Option<Call> {
        match state.left.pop() {
            Some(group) => Some(Self::members(&State { group, members: Place::default(), ..state })),
            None => state.has_more.then(|| Self::groups(&State { group: String::new(), ..state })),
        }
    }

    /// Returns the ids of a page, and whether its list goes on.
    fn ids(&self, page: &Value) -> Result<(Vec<String>, bool), CallError> {
        let ids = records(page, "items")?.iter().map(|it| text(it, "id")).collect();
        let next = next_link(&page["links"], "next")?.map(|it| path_of_link(&self.base, it)).transpose()?;
        Ok((ids, next.is_some()))
    }
}

impl Stream for GroupMembers {
    fn first(&self, _: Option<Window>) -> Option<Call> {
        Some(Self::groups(&State::default()))
    }

    fn read(&self, call: &Call, body: &[u8]) -> Result<PageRead, CallError> {
        let page = parse(body)?;
        check(&page)?;
        let mut state: State = serde_json::from_value(call.state.clone()).map_err(|_| CallError::Malformed)?;
        let (ids, has_next) = self.ids(&page)?;
        if call.then == Then::Step {
            let place = state.groups.after(&ids);
            state.has_more = has_next || place.offset < state.groups.offset;
            // The anchor was read with the page before. The next group is taken from the end.
            let known = std::mem::replace(&mut state.groups, place).anchor;
            state.left = ids.into_iter().filter(|it| Some(it) != known.as_ref()).rev().collect();
            return Ok(PageRead { next: Self::next_group(state), ..PageRead::default() });
        }
        // A person can be in several groups.
        let row = |it: &Value| Row { id: format!("{}/{}", state.group, text(it, "id")), at: row_of(it).at };
        let rows = records(&page, "items")?.iter().map(row).collect();
        let place = state.members.after(&ids);
        let next = match has_next || place.offset < state.members.offset {
            true => Some(Self::members(&State { members: place, ..state })),
            false => Self::next_group(state),
        };
        Ok(PageRead { rows, next, ..PageRead::default() })
    }

    /// A group that was deleted meanwhile has no members.
    fn missing(&self, call: &Call) -> Option<PageRead> {
        let state: State = serde_json::from_value(call.state.clone()).ok()?;
        (call.then == Then::Page).then(|| PageRead { next: Self::next_group(state), ..PageRead::default() })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::served::{connection, shown};

    fn stream() -> GroupMembers {
        GroupMembers::new(&connection("messagebird", "https://rest.messagebird.com"))
    }

    fn page(ids: &[&str], next: bool) -> Vec<u8> {
        let items: Vec<Value> = ids.iter().map(|it| serde_json::json!({ "id": it })).collect();
        let next = next.then_some("https://rest.messagebird.com/x?offset=20");
        serde_json::to_vec(&serde_json::json!({ "items": items, "links": { "next": next } })).unwrap()
    }

    #[test]
    fn each_group_is_read_and_then_the_next_page_of_groups() {
        let first = stream().first(None).unwrap();
        let groups = stream().read(&first, &page(&["g1", "g2"], true));
        shown(&first, &groups).assert(expect![[r#"
            GET /groups?offset=0&limit=20
            then GET /groups/g1/contacts?offset=0&limit=20
        "#]]);
        let of_one = groups.unwrap().next.unwrap();
        let one = stream().read(&of_one, &page(&["c1", "c2"], false));
        shown(&of_one, &one).assert(expect![[r#"
            GET /groups/g1/contacts?offset=0&limit=20
            g1/c1
            g1/c2
            then GET /groups/g2/contacts?offset=0&limit=20
        "#]]);
        let of_two = one.unwrap().next.unwrap();
        let two = stream().read(&of_two, &page(&["c1"], false));
        shown(&of_two, &two).assert(expect![[r#"
            GET /groups/g2/contacts?offset=0&limit=20
            g2/c1
            then GET /groups?offset=1&limit=20
        "#]]);
        let more = two.unwrap().next.unwrap();
        let more = stream().read(&more, &page(&["g2", "g3"], false)).unwrap();
        assert_eq!(more.next.unwrap().path, "/groups/g3/contacts?offset=0&limit=20", "g2 was read");
    }

    #[test]
    fn members_that_have_moved_up_are_read_again() {
        let ids = |range: std::ops::Range<u32>| range.map(|it| format!("c{it}")).collect::<Vec<_>>();
        let read = |call: &Call, range: std::ops::Range<u32>| {
            let ids = ids(range);
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            stream().read(call, &page(&ids, true)).unwrap().next.unwrap()
        };
        let groups = stream().read(&stream().first(None).unwrap(), &page(&["g1"], false)).unwrap();
        let second = read(&groups.next.unwrap(), 0..20);
        assert_eq!(second.path, "/groups/g1/contacts?offset=19&limit=20");
        // Two members were deleted, so c19 and c20 are on no page.
        let back = read(&second, 21..41);
        assert_eq!(back.path, "/groups/g1/contacts?offset=0&limit=20");
        let again = read(&back, 2..22);
        assert_eq!(again.path, "/groups/g1/contacts?offset=19&limit=20");
    }

    #[test]
    fn a_group_that_was_deleted_has_no_members() {
        let groups = stream().read(&stream().first(None).unwrap(), &page(&["g1", "g2"], false)).unwrap();
        let next = stream().missing(&groups.next.unwrap()).unwrap().next;
        assert_eq!(next.unwrap().path, "/groups/g2/contacts?offset=0&limit=20");
        assert_eq!(stream().missing(&stream().first(None).unwrap()), None);
    }
}
