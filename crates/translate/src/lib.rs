//! Translates scenarios to WhatsApp: templates, session messages, losses, and a comparison of both sides.
//!
//! [`compile()`] is the entry. [`check()`] checks scenarios, [`mermaid`] and [`svg`] draw them, [`simulate()`] runs the
//! same inputs through the source and the WhatsApp side and compares what the customer sees.

mod check;
mod compile;
mod ends;
mod flow;
mod goal;
mod graph;
mod items;
mod loops;
mod menu;
mod names;
mod rules;
mod simulate;
mod unused;
mod window;

pub use check::{check, check_set};
pub use compile::{Business, Compiled, OptOutWording, Options, Parameters, compile, compile_all};
pub use flow::{Awaits, Flow, FlowAct, FlowStep, Outgoing, Route, Sends, SentCard};
pub use graph::{mermaid, svg};
pub use items::{Item, ItemKind, ItemOutcome, items};
pub use names::check_names;
pub use rules::RULES;
pub use scenario::{Input, Script, Shown};
pub use simulate::{Difference, ScenarioRuns, Simulated, scripts, simulate, simulate_set, simulate_shown};
