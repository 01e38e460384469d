//! YAML whose keys keep their order: the slots of a form are asked in the order of the file.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::{SourceError, SourceFile};

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Node {
    #[default]
    Null,
    /// A text, a number or a truth value, as a text.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

pub(super) fn read(file: &SourceFile) -> Result<Node, SourceError> {
    let text = String::from_utf8_lossy(file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes));
    if text.trim().is_empty() {
        return Ok(Node::Null);
    }
    serde_saphyr::from_str(&text)
        .map_err(|error| SourceError::Other { path: file.path.clone(), why: error.to_string() })
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().iter().find(|it| it.0 == key).map(|it| &it.1)
    }

    pub(super) fn pairs(&self) -> &[(String, Self)] {
        match self {
            Self::Map(pairs) => pairs,
            _ => &[],
        }
    }

    pub(super) fn list(&self) -> &[Self] {
        match self {
            Self::List(nodes) => nodes,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text under a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }

    /// The texts of a list, or of one text.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::List(nodes) => nodes.iter().filter_map(Self::text).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML node")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Node, E> {
        Ok(Node::Text(it.to_string()))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Node, E> {
        Ok(Node::Text(it.to_string()))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Node, E> {
        Ok(Node::Text(it.to_string()))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Node, E> {
        Ok(Node::Text(it.to_string()))
    }

    fn visit_str<E>(self, it: &str) -> Result<Node, E> {
        Ok(Node::Text(it.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = access.next_element()? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = access.next_entry::<String, Node>()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }
}
