//! Places the boxes of a picture: one row for each distance from the start.

use std::collections::{HashMap, VecDeque};

use scenario::Scenario;

use crate::goal::known;

pub(super) struct Layout {
    /// Column and row of each step.
    pub(super) places: Vec<(usize, usize)>,
    pub(super) n_columns: usize,
    pub(super) n_rows: usize,
}

pub(super) fn layout(scenario: &Scenario) -> Layout {
    let mut rows: HashMap<&str, usize> = HashMap::new();
    let mut order = Vec::new();
    let mut waiting = VecDeque::from([(scenario.start.as_str(), 0)]);
    while let Some((id, row)) = waiting.pop_front() {
        let Some(step) = scenario.step(id) else { continue };
        if rows.contains_key(id) {
            continue;
        }
        rows.insert(&step.id, row);
        order.push(step.id.as_str());
        waiting.extend(step.act.routes().into_iter().filter_map(|it| Some((known(it.1)?, row + 1))));
    }
    // Steps that cannot be reached are below everything else.
    let below = rows.values().max().map_or(0, |it| it + 1);
    for step in &scenario.steps {
        if !rows.contains_key(step.id.as_str()) {
            rows.insert(&step.id, below);
            order.push(&step.id);
        }
    }
    let mut widths: HashMap<usize, usize> = HashMap::new();
    let mut places: HashMap<&str, (usize, usize)> = HashMap::new();
    for id in order {
        let row = rows.get(id).copied().unwrap_or(below);
        let column = widths.entry(row).or_default();
        places.insert(id, (*column, row));
        *column += 1;
    }
    Layout {
        places: scenario.steps.iter().map(|it| places.get(it.id.as_str()).copied().unwrap_or_default()).collect(),
        n_columns: widths.values().copied().max().unwrap_or(1),
        n_rows: widths.len().max(1),
    }
}
