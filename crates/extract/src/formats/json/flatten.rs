//! Flattens a JSON record to cells. The path of a value, such as `sender.name`, is the name of its column.
//!
//! Strings lose their quotes and escapes. Numbers stay as they are written and never pass through a float, so that
//! phone numbers and ids of 19 digits keep every digit. The second and later objects of a list have their number in
//! the path (`phone[2].number`). Other lists stay JSON in one cell.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use csv::StringRecord;
use model::without_lone_surrogates;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Deepest nesting that is flattened. No provider nests deeper; such a value stays JSON in one cell.
const MOST_DEPTH: usize = 16;
/// Longest list of objects that is flattened. A longer one stays JSON in one cell, so that one record cannot make a
/// thousand columns.
const MOST_OBJECTS: usize = 8;

/// Lists that a profile handles differently.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    /// Each element of the first of these lists that is not empty makes a row of its own.
    pub(crate) each: Vec<String>,
    /// Lists of `{"key": …, "value": …}`. The key becomes part of the path.
    pub(crate) pairs: Vec<String>,
}

/// Why a record has no cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnreadableRecord {
    NotJson,
    /// One key is twice in one object.
    DuplicateKey,
    /// A path that the probe of the file did not see.
    NewColumn,
}

/// Turns records into rows of cells. While it is learning, each new path becomes a column.
#[derive(Clone, Debug)]
pub(crate) struct Flattener {
    lists: Lists,
    nodes: Vec<Node>,
    pub(crate) columns: Vec<String>,
    is_learning: bool,
    text: String,
    /// The range of each column's cell in `text`.
    cells: Vec<Option<Range<usize>>>,
    /// The columns that have a cell, in the order in which they were filled.
    filled: Vec<usize>,
    row: StringRecord,
}

/// A node in the tree of paths.
#[derive(Clone, Debug, Default)]
struct Node {
    path: String,
    column: Option<usize>,
    /// There are few children, so a linear search is faster than hashing.
    children: Vec<(String, usize)>,
    list: ListKind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ListKind {
    #[default]
    Plain,
    Each,
    Pairs,
}

/// The list of a record whose elements are rows.
enum ExpandedList<'a> {
    NotFound,
    Found {
        node: usize,
        elements: Vec<&'a RawValue>,
    },
    /// The walk is inside of an element. Lists in it are not expanded, whatever their path.
    Inside,
}

impl Flattener {
    pub(crate) fn new(lists: Lists) -> Self {
        Self {
            lists,
            nodes: vec![Node::default()],
            columns: Vec::new(),
            is_learning: true,
            text: String::new(),
            cells: Vec::new(),
            filled: Vec::new(),
            row: StringRecord::new(),
        }
    }

    /// From now on a record with a new path is unreadable.
    pub(crate) fn stop_learning(&mut self) {
        self.is_learning = false;
    }

    /// Gives every row of a record to `each`, also of one with half a surrogate pair in a text.
    pub(crate) fn rows_of<E>(
        &mut self,
        record: &str,
        mut each: impl FnMut(&StringRecord) -> Result<(), E>,
    ) -> Result<Result<(), UnreadableRecord>, E> {
        let found = self.rows(record, &mut each)?;
        if found != Err(UnreadableRecord::NotJson) {
            return Ok(found);
        }
        match String::from_utf8(without_lone_surrogates(record.as_bytes())) {
            Ok(mended) if mended != record => self.rows(&mended, each),
            _ => Ok(found),
        }
    }

    /// Gives every row of a record to `each`.
    fn rows<E>(
        &mut self,
        record: &str,
        mut each: impl FnMut(&StringRecord) -> Result<(), E>,
    ) -> Result<Result<(), UnreadableRecord>, E> {
        self.truncate(0, 0);
        // The syntax of an object is checked while its members are read. Anything else is checked here.
        if !record.starts_with('{') && serde_json::from_str::<&RawValue>(record).is_err() {
            return Ok(Err(UnreadableRecord::NotJson));
        }
        let mut expanded = ExpandedList::NotFound;
        if let Err(error) = self.walk(0, record, 0, &mut expanded) {
            return Ok(Err(error));
        }
        let ExpandedList::Found { node, elements } = expanded else {
            self.fill_row();
            return each(&self.row).map(Ok);
        };
        let (n_text, n_filled) = (self.text.len(), self.filled.len());
        // All elements are checked before the first row is given, so that a record gives all its rows or none.
        for element in &elements {
            self.truncate(n_text, n_filled);
            if let Err(error) = self.walk(node, element.get(), 1, &mut ExpandedList::Inside) {
                return Ok(Err(error));
            }
        }
        for element in elements {
            self.truncate(n_text, n_filled);
            let _ = self.walk(node, element.get(), 1, &mut ExpandedList::Inside);
            self.fill_row();
            each(&self.row)?;
        }
        Ok(Ok(()))
    }

    /// Clears the cells of the row, except the first `n_filled`, whose text is the first `n_text` bytes.
    fn truncate(&mut self, n_text: usize, n_filled: usize) {
        self.text.truncate(n_text);
        for column in self.filled.drain(n_filled..) {
            self.cells[column] = None;
        }
    }

    fn fill_row(&mut self) {
        self.row.clear();
        for cell in &self.cells {
            let text = cell.clone().and_then(|it| self.text.get(it));
            self.row.push_field(text.unwrap_or_default());
        }
    }

    fn walk<'a>(
        &mut self,
        node: usize,
        json: &'a str,
        depth: usize,
        expanded: &mut ExpandedList<'a>,
    ) -> Result<(), UnreadableRecord> {
        match json.as_bytes().first() {
            Some(b'{') if depth < MOST_DEPTH => self.walk_object(node, json, depth, expanded),
            Some(b'[') if depth < MOST_DEPTH => self.walk_list(node, json, depth, expanded),
            Some(b'n') => Ok(()),
            Some(b'"') => {
                let text = unescaped(json)?;
                self.leaf(node, &text)
            }
            _ => self.leaf(node, json),
        }
    }

    fn walk_object<'a>(
        &mut self,
        node: usize,
        json: &'a str,
        depth: usize,
        expanded: &mut ExpandedList<'a>,
    ) -> Result<(), UnreadableRecord> {
        let Members(members) = serde_json::from_str(json).map_err(|_| UnreadableRecord::NotJson)?;
        if has_duplicate_key(&members) {
            return Err(UnreadableRecord::DuplicateKey);
        }
        for (n, (key, value)) in members.iter().enumerate() {
            if value.get() == "null" {
                continue;
            }
            let child = self.child(node, key, n)?;
            self.walk(child, value.get(), depth + 1, expanded)?;
        }
        Ok(())
    }

    fn walk_list<'a>(
        &mut self,
        node: usize,
        json: &'a str,
        depth: usize,
        expanded: &mut ExpandedList<'a>,
    ) -> Result<(), UnreadableRecord> {
        let kind = self.nodes[node].list;
        let elements: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| UnreadableRecord::NotJson)?;
        if elements.is_empty() {
            return Ok(());
        }
        if kind == ListKind::Each && matches!(expanded, ExpandedList::NotFound) {
            *expanded = ExpandedList::Found { node, elements };
            return Ok(());
        }
        if kind == ListKind::Pairs && self.walk_pairs(node, &elements)? {
            return Ok(());
        }
        let are_objects = elements.iter().all(|it| it.get().starts_with('{'));
        if !are_objects || elements.len() > MOST_OBJECTS {
            return self.leaf(node, json);
        }
        for (n, element) in elements.iter().enumerate() {
            let child = if n == 0 { node } else { self.child(node, &format!("[{}]", n + 1), n)? };
            self.walk(child, element.get(), depth + 1, expanded)?;
        }
        Ok(())
    }

    /// Returns false if an element is not a pair, or if a key is repeated.
    fn walk_pairs(&mut self, node: usize, elements: &[&RawValue]) -> Result<bool, UnreadableRecord> {
        #[derive(Deserialize)]
        struct Pair<'a> {
            #[serde(borrow)]
            key: Cow<'a, str>,
            #[serde(borrow)]
            value: &'a RawValue,
        }
        let pairs: Result<Vec<Pair>, _> = elements.iter().map(|it| serde_json::from_str(it.get())).collect();
        let Ok(pairs) = pairs else { return Ok(false) };
        if (1..pairs.len()).any(|n| pairs[..n].iter().any(|it| it.key == pairs[n].key)) {
            return Ok(false);
        }
        for (n, pair) in pairs.iter().enumerate() {
            let child = self.child(node, &pair.key, n)?;
            self.walk(child, pair.value.get(), MOST_DEPTH, &mut ExpandedList::Inside)?;
        }
        Ok(true)
    }

    fn leaf(&mut self, node: usize, text: &str) -> Result<(), UnreadableRecord> {
        let column = match self.nodes[node].column {
            Some(column) => column,
            None if !self.is_learning => return Err(UnreadableRecord::NewColumn),
            None => {
                let path = &self.nodes[node].path;
                self.columns.push(if path.is_empty() { "value".to_owned() } else { path.clone() });
                let column = self.columns.len() - 1;
                self.cells.push(None);
                self.nodes[node].column = Some(column);
                column
            }
        };
        // A key such as `[2]` in the first object of a list can give the same path as the second object.
        if self.cells[column].is_some() {
            return Err(UnreadableRecord::DuplicateKey);
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.cells[column] = Some(start..self.text.len());
        self.filled.push(column);
        Ok(())
    }

    /// The child of a node. Records of one file have their keys in the same order, so the `n`th child is tried first.
    fn child(&mut self, node: usize, key: &str, n: usize) -> Result<usize, UnreadableRecord> {
        let children = &self.nodes[node].children;
        if let Some((name, child)) = children.get(n)
            && name == key
        {
            return Ok(*child);
        }
        if let Some((_, child)) = children.iter().find(|it| it.0 == key) {
            return Ok(*child);
        }
        if !self.is_learning {
            return Err(UnreadableRecord::NewColumn);
        }
        let parent = &self.nodes[node].path;
        let path = match (parent.is_empty(), key.starts_with('[')) {
            (true, _) => key.to_owned(),
            (false, true) => format!("{parent}{key}"),
            (false, false) => format!("{parent}.{key}"),
        };
        let list = match () {
            () if self.lists.each.contains(&path) => ListKind::Each,
            () if self.lists.pairs.contains(&path) => ListKind::Pairs,
            () => ListKind::Plain,
        };
        self.nodes.push(Node { path, list, ..Node::default() });
        let child = self.nodes.len() - 1;
        self.nodes[node].children.push((key.to_owned(), child));
        Ok(child)
    }
}

/// A string without its quotes and escapes.
fn unescaped(json: &str) -> Result<Cow<'_, str>, UnreadableRecord> {
    match json.contains('\\') {
        true => serde_json::from_str::<String>(json).map(Cow::Owned).map_err(|_| UnreadableRecord::NotJson),
        false => Ok(Cow::Borrowed(json.trim_matches('"'))),
    }
}

fn has_duplicate_key(members: &[(Cow<str>, &RawValue)]) -> bool {
    if members.len() <= 32 {
        return (1..members.len()).any(|n| members[..n].iter().any(|it| it.0 == members[n].0));
    }
    let mut keys: Vec<&str> = members.iter().map(|it| it.0.as_ref()).collect();
    keys.sort_unstable();
    keys.windows(2).any(|it| it[0] == it[1])
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    members.push((key, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(lists: Lists, records: &[&str]) -> Vec<String> {
        let mut flattener = Flattener::new(lists);
        for record in records {
            let _ = flattener.rows(record, |_| Ok::<(), ()>(()));
        }
        flattener.stop_learning();
        let mut rows = vec![flattener.columns.join("|")];
        for record in records {
            let mut given = Vec::new();
            let result = flattener.rows(record, |row| {
                given.push(row.iter().collect::<Vec<_>>().join("|"));
                Ok::<(), ()>(())
            });
            match result.unwrap() {
                Ok(()) => rows.extend(given),
                Err(error) => rows.push(format!("{error:?}")),
            }
        }
        rows
    }

    #[test]
    fn the_path_of_a_value_names_its_column() {
        assert_eq!(
            flat(
                Lists::default(),
                &[r#"{"id":1,"sender":{"name":"Zo\u00eb"}}"#, r#"{"sender":{"age":null},"ok":true}"#]
            ),
            ["id|sender.name|ok", "1|Zoë|", "||true"]
        );
        assert_eq!(
            flat(Lists::default(), &["\"+33199000001\"", "33199000001"]),
            ["value", "+33199000001", "33199000001"]
        );
    }

    #[test]
    fn numbers_stay_as_they_are_written() {
        assert_eq!(
            flat(
                Lists::default(),
                &[r#"{"token":4912661846655238145,"phone":33612345678.0,"big":33612345678336120000000}"#]
            ),
            ["token|phone|big", "4912661846655238145|33612345678.0|33612345678336120000000"]
        );
    }

    #[test]
    fn lists_are_numbered_kept_expanded_or_paired() {
        assert_eq!(
            flat(Lists::default(), &[r#"{"phone":[{"number":1},{"number":2}],"tags":["a","b"],"none":[]}"#]),
            ["phone.number|phone[2].number|tags", r#"1|2|["a","b"]"#]
        );
        let each = Lists { each: vec!["to.items".into()], pairs: vec![] };
        assert_eq!(
            flat(each, &[r#"{"to":{"n":2,"items":[{"x":1},{"x":2}]},"id":"m"}"#, r#"{"id":"n","to":{"items":[]}}"#]),
            ["to.n|id|to.items.x", "2|m|1", "2|m|2", "|n|"]
        );
        let pairs = Lists { each: vec![], pairs: vec!["ids".into()] };
        assert_eq!(
            flat(pairs, &[r#"{"ids":[{"key":"phonenumber","value":"+1"},{"key":"mail","value":"a@b"}]}"#]),
            ["ids.phonenumber|ids.mail", "+1|a@b"]
        );
    }

    #[test]
    fn what_is_not_json_or_has_a_key_twice_is_unreadable() {
        for (record, expected) in [
            ("{\"a\":1", "NotJson"),
            ("{\"a\":\"\\ud800\"}", "NotJson"),
            ("{\"a\":1} x", "NotJson"),
            ("{\"a\":1,\"a\":2}", "DuplicateKey"),
        ] {
            assert_eq!(flat(Lists::default(), &[record]).pop().unwrap(), expected, "{record}");
        }
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(flat(Lists::default(), &[&deep]).pop().unwrap(), deep, "what is too deep stays as it is");
    }

    #[test]
    fn a_key_that_an_earlier_record_lacks_leaves_the_elements_of_a_list_whole() {
        let each = Lists { each: vec!["to.items".into()], pairs: vec![] };
        assert_eq!(
            flat(
                each.clone(),
                &[
                    r#"{"id":"m1","ref":null,"at":"2026-03-01","to":{"items":[{"phone":33199000001,"status":"delivered"}]}}"#,
                    r#"{"id":"m2","ref":"spring","at":"2026-03-02","to":{"items":[{"phone":12025550123,"status":"delivered"},{"phone":6281200000000,"status":"sent"}]}}"#,
                ]
            ),
            [
                "id|at|to.items.phone|to.items.status|ref",
                "m1|2026-03-01|33199000001|delivered|",
                "m2|2026-03-02|12025550123|delivered|spring",
                "m2|2026-03-02|6281200000000|sent|spring"
            ]
        );
        assert_eq!(
            flat(each, &[r#"{"to":{"items":[]},"id":"n"}"#, r#"{"id":"o","to":{"items":null}}"#]),
            ["id", "n", "o"],
            "an empty list is one row"
        );
    }

    #[test]
    fn lists_in_an_element_stay_with_it() {
        let each = |paths: &[&str]| Lists { each: paths.iter().map(|it| (*it).into()).collect(), pairs: vec![] };
        assert_eq!(
            flat(each(&["a", "a.to"]), &[r#"{"a":[{"to":[{"x":1},{"x":2}]},{"to":[{"x":3}]}]}"#]),
            ["a.to.x|a.to[2].x", "1|2", "3|"]
        );
        assert_eq!(flat(each(&["a"]), &[r#"{"id":1,"a":[[1,2],[3]]}"#]), ["id|a", "1|[1,2]", "1|[3]"]);
        assert_eq!(
            flat(each(&["a", "b"]), &[r#"{"a":[],"b":[{"x":1},{"x":2}]}"#]),
            ["b.x", "1", "2"],
            "the first list with elements counts"
        );
    }

    #[test]
    fn two_values_for_one_column_make_a_record_unreadable() {
        let record = r#"{"x":[{"[2]":{"b":1}},{"b":2}],"z":3}"#;
        assert_eq!(flat(Lists::default(), &[record]).pop().unwrap(), "DuplicateKey");
    }
}
