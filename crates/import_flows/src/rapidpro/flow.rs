//! Reads a flow and the flows that it enters as one scenario.

use std::collections::{HashMap, HashSet, VecDeque};

use scenario::{Act, Goal, Loss};
use serde_json::Value;

use super::export::{Export, Flow, list, string};
use super::results::Results;
use import_base::scenario_builder::ScenarioBuilder;

/// Limits the steps of a scenario: flows that enter each other often would grow without end.
const MAX_STEPS: usize = 4000;

/// Limits how deep flows enter others.
const MAX_DEPTH: usize = 20;

/// A flow that is being read, once for each place that it comes back to.
pub(super) struct Run {
    pub(super) flow: usize,
    prefix: String,
    pub(super) parent: Option<usize>,
    after: After,
    /// The flow that it entered last.
    pub(super) child: Option<usize>,
}

/// Where a flow leads when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum After {
    End,
    Step(String),
    Node(usize, usize),
}

/// A node to read. `answered` tells that the question before it has the answer that the node would wait for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Job {
    pub(super) run: usize,
    pub(super) node: usize,
    pub(super) answered: bool,
    /// What decides after the answer to a node that waits, and not the node itself.
    pub(super) decides: bool,
}

pub(super) struct FlowReader<'a> {
    pub(super) export: &'a Export<'a>,
    pub(super) language: &'a str,
    pub(super) builder: ScenarioBuilder,
    pub(super) runs: Vec<Run>,
    pub(super) results: Results,
    /// The run that is being read.
    pub(super) run: usize,
    jobs: VecDeque<Job>,
    seen: HashSet<Job>,
    entered: HashMap<(usize, After), usize>,
    /// The job that each step comes from, in the order of the steps.
    order: Vec<Job>,
}

impl<'a> FlowReader<'a> {
    pub(super) fn new(export: &'a Export<'a>, language: &'a str) -> Self {
        Self {
            export,
            language,
            builder: ScenarioBuilder::default(),
            runs: Vec::new(),
            results: Results::default(),
            run: 0,
            jobs: VecDeque::new(),
            seen: HashSet::new(),
            entered: HashMap::new(),
            order: Vec::new(),
        }
    }

    /// Reads a flow, and returns its first step.
    pub(super) fn read(&mut self, flow: usize) -> Goal {
        self.runs.push(Run { flow, prefix: String::new(), parent: None, after: After::End, child: None });
        let start = self.enter(0, 0, false);
        self.drain();
        self.name_flows();
        self.sort();
        self.set_results();
        self.remove_passes(start)
    }

    pub(super) fn finish(self) -> ScenarioBuilder {
        self.builder
    }

    fn drain(&mut self) {
        while let Some(job) = self.jobs.pop_front() {
            self.run = job.run;
            let n_before = self.builder.steps.len();
            self.node(job);
            self.order.extend(vec![job; self.builder.steps.len() - n_before]);
        }
    }

    /// Puts the steps in the order of the nodes.
    fn sort(&mut self) {
        let steps = std::mem::take(&mut self.builder.steps);
        let mut ordered: Vec<_> = self.order.drain(..).zip(steps).collect();
        ordered.sort_by_key(|it| it.0);
        self.builder.steps = ordered.into_iter().map(|it| it.1).collect();
    }

    pub(super) fn flow(&self, run: usize) -> &'a Flow<'a> {
        &self.export.flows[self.runs[run].flow]
    }

    /// The id of the first step of a node.
    pub(super) fn id(&self, job: Job) -> String {
        let kind = match (job.answered, job.decides) {
            (_, true) => "_way",
            (true, false) => "_answered",
            (false, false) => "",
        };
        format!("{}node_{}{kind}", self.runs[job.run].prefix, job.node + 1)
    }

    fn is_empty(&self, run: usize, node: usize) -> bool {
        let node = &self.flow(run).nodes[node];
        list(node, "actions").is_empty() && node.get("router").is_none_or(Value::is_null)
    }

    /// The first step of a node, which is read later. Nodes that do nothing are passed over.
    pub(super) fn enter(&mut self, run: usize, node: usize, answered: bool) -> Goal {
        let (mut run, mut node) = (run, node);
        let mut passed = HashSet::new();
        loop {
            if node >= self.flow(run).nodes.len() {
                return self.leave(run, answered);
            }
            if !self.is_empty(run, node) {
                break;
            }
            if !passed.insert((run, node)) {
                return None;
            }
            match self.exit_node(run, node, 0) {
                After::Node(next_run, next) => (run, node) = (next_run, next),
                After::Step(id) => return Some(id),
                After::End => return None,
            }
        }
        Some(self.plan(Job { run, node, answered, decides: false }))
    }

    /// What decides after the answer to a node that waits. It is read later.
    pub(super) fn way_of(&mut self, run: usize, node: usize) -> Goal {
        Some(self.plan(Job { run, node, answered: false, decides: true }))
    }

    fn plan(&mut self, job: Job) -> String {
        if self.seen.insert(job) {
            self.jobs.push_back(job);
        }
        self.id(job)
    }

    fn leave(&mut self, run: usize, answered: bool) -> Goal {
        let after = self.runs[run].after.clone();
        self.follow(&after, answered)
    }

    pub(super) fn follow(&mut self, after: &After, answered: bool) -> Goal {
        match after {
            After::End => None,
            After::Step(id) => Some(id.clone()),
            After::Node(run, node) => self.enter(*run, *node, answered),
        }
    }

    /// Where an exit of a node leads, by its number.
    pub(super) fn exit_node(&self, run: usize, node: usize, exit: usize) -> After {
        let flow = self.flow(run);
        match list(&flow.nodes[node], "exits").get(exit) {
            Some(exit) => self.destination(run, exit),
            None => self.runs[run].after.clone(),
        }
    }

    /// Where a run leads when it ends.
    pub(super) fn after(&self, run: usize) -> After {
        self.runs[run].after.clone()
    }

    pub(super) fn destination(&self, run: usize, exit: &Value) -> After {
        let node = string(exit, "destination_uuid").and_then(|it| self.flow(run).node_called(it));
        node.map_or_else(|| self.runs[run].after.clone(), |it| After::Node(run, it))
    }

    /// Joins a flow into this one, and returns its first step; none if it cannot be joined.
    pub(super) fn join(&mut self, flow: usize, after: After, place: &str) -> Option<Goal> {
        self.runs[self.run].child = Some(flow);
        let mut above = Some(self.run);
        let mut depth = 0;
        while let Some(run) = above {
            if self.runs[run].flow == flow {
                if after != After::End && after != self.runs[run].after {
                    let what = format!("the flow “{}” begins again and does not come back", self.flow(run).name);
                    self.builder.record_loss(Loss::RouteDropped, place, what);
                }
                return Some(self.enter(run, 0, false));
            }
            (above, depth) = (self.runs[run].parent, depth + 1);
        }
        if depth > MAX_DEPTH || self.builder.steps.len() > MAX_STEPS {
            return None;
        }
        let key = (flow, after.clone());
        let run = match self.entered.get(&key) {
            Some(run) => *run,
            None => {
                let name = scenario::slot_name(&self.export.flows[flow].name);
                let prefix = format!("{name}_{}_", self.runs.len());
                self.runs.push(Run { flow, prefix, parent: Some(self.run), after, child: None });
                self.entered.insert(key, self.runs.len() - 1);
                self.runs.len() - 1
            }
        };
        Some(self.enter(run, 0, false))
    }

    /// Names what the flows have and scenarios do not.
    fn name_flows(&mut self) {
        let mut flows: Vec<usize> = self.runs.iter().map(|it| it.flow).collect();
        flows.sort_unstable();
        flows.dedup();
        for n in flows {
            let flow = &self.export.flows[n];
            let mut definition = flow.definition.clone();
            let minutes = definition.get("expire_after_minutes").and_then(Value::as_u64).filter(|it| *it > 0);
            if let Some(fields) = definition.as_object_mut() {
                fields.remove("expire_after_minutes");
            }
            let waits = self.builder.steps.iter().any(|it| it.act.waits());
            if let Some(minutes) = minutes.filter(|_| waits) {
                let time = match minutes {
                    _ if minutes % 1440 == 0 => several(minutes / 1440, "day"),
                    _ if minutes % 60 == 0 => several(minutes / 60, "hour"),
                    _ => several(minutes, "minute"),
                };
                let what = format!("it ends {time} after the last message of the customer");
                self.builder.record_loss(Loss::Timeout, &flow.name, what);
            }
            self.name_unknown("flow", &definition, &flow.name);
            self.name_translations(flow);
            if flow.has_unseen_translations() {
                let what =
                    format!("the translations into {}, the language of the flow: no customer sees them", flow.base);
                self.builder.record_loss(Loss::UnusedText, &flow.name, what);
            }
        }
    }

    /// Removes steps that do nothing, and returns the first step that is left.
    fn remove_passes(&mut self, start: Goal) -> Goal {
        let pass = |act: &Act| match act {
            Act::Wait { seconds: 0, next } => Some(next.clone()),
            Act::Condition(it) if it.branches.is_empty() => Some(it.otherwise.clone()),
            _ => None,
        };
        let passes: HashMap<String, Goal> =
            self.builder.steps.iter().filter_map(|it| Some((it.id.clone(), pass(&it.act)?))).collect();
        self.builder.steps.retain(|it| !passes.contains_key(&it.id));
        scenario::lead_past(&mut self.builder.steps, start, &passes)
    }
}

pub(super) fn several(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
