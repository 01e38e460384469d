//! Stories with the same beginning, as a tree: where they differ, each intent is a choice.

use super::bot::StoryEvent;

/// Stories as a tree.
#[derive(Default)]
pub(super) struct StoryNode {
    pub(super) next: Vec<(StoryEvent, StoryNode)>,
}

pub(super) fn insert(mut node: &mut StoryNode, events: &[StoryEvent]) {
    for (n, event) in events.iter().enumerate() {
        // A form is named twice: when it starts and when it runs.
        if n > 0 && events[n - 1] == *event {
            continue;
        }
        let at = node.next.iter().position(|it| it.0 == *event).unwrap_or_else(|| {
            node.next.push((event.clone(), StoryNode::default()));
            node.next.len() - 1
        });
        node = &mut node.next[at].1;
    }
}
