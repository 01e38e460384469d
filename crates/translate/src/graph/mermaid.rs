//! Flowcharts in Mermaid.

use std::fmt::Write;

use scenario::{Act, Scenario};

use super::label::{label, routes, short};

/// A flowchart in Mermaid.
pub fn mermaid(scenario: &Scenario) -> String {
    let mut chart = String::from("flowchart TD\n");
    let number = |id: &str| scenario.steps.iter().position(|it| it.id == id);
    // Writing to a String cannot fail.
    if let Some(start) = number(&scenario.start) {
        let _ = writeln!(chart, "    start([\"{}\"]) --> s{start}", quoted(&scenario.intent));
    }
    let mut ends = false;
    for (n, step) in scenario.steps.iter().enumerate() {
        let label = quoted(&label(&step.id, &step.act));
        let (open, close) = match step.act {
            Act::Condition(_) => ("{{\"", "\"}}"),
            Act::Call(_) => ("[[\"", "\"]]"),
            Act::Handover(_) => ("([\"", "\"])"),
            Act::Question(_) | Act::Listen(_) => ("[/\"", "\"/]"),
            _ => ("[\"", "\"]"),
        };
        let _ = writeln!(chart, "    s{n}{open}{label}{close}");
        for (route, goal) in routes(&step.act) {
            let route = if route.is_empty() { String::new() } else { format!("|\"{}\"|", quoted(&short(&route))) };
            match goal.and_then(number) {
                Some(goal) => {
                    let _ = writeln!(chart, "    s{n} -->{route} s{goal}");
                }
                None => {
                    ends = true;
                    let _ = writeln!(chart, "    s{n} -->{route} fin");
                }
            }
        }
    }
    if ends {
        chart.push_str("    fin((end))\n");
    }
    chart
}

fn quoted(text: &str) -> String {
    text.replace('"', "#quot;").replace('{', "#123;").replace('}', "#125;").replace(['<', '>'], " ")
}
