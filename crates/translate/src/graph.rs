//! Draws scenarios: as Mermaid and as SVG.

mod layout;

use std::fmt::Write;

use scenario::{Act, Condition, Scenario};

use crate::check::known;
use layout::{Layout, layout};

/// Limits a label, in characters.
const MOST: usize = 60;
/// The size of a box and the gaps between boxes, in pixels.
const WIDTH: usize = 220;
const HEIGHT: usize = 62;
const GAP_X: usize = 30;
const GAP_Y: usize = 56;

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
            Act::Question(_) => ("[/\"", "\"/]"),
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

/// The label of a step.
fn label(id: &str, act: &Act) -> String {
    let what = match act {
        Act::Message(it) => it.text.to_string(),
        Act::Question(it) => format!("{} → {}", it.text, it.slot),
        Act::Condition(it) => match decided_by(it) {
            Some(slot) => format!("depends on {slot}"),
            None => "depends".to_owned(),
        },
        Act::Set { slot, value, .. } => format!("{slot} = {value}"),
        Act::Call(it) => it.system.clone(),
        Act::Wait { seconds, .. } => format!("wait {seconds} s"),
        Act::Handover(it) => format!("to a person: {}", it.via.name()),
    };
    format!("{id}: {}", short(&what))
}

/// The slot that all branches look at.
fn decided_by(condition: &Condition) -> Option<&str> {
    let first = condition.branches.first()?;
    condition.branches.iter().all(|it| it.slot == first.slot).then_some(first.slot.as_str())
}

/// The routes out of a step. The slot in the label of the box is not repeated.
fn routes(act: &Act) -> Vec<(String, Option<&str>)> {
    let slot = match act {
        Act::Condition(it) => decided_by(it).map(|it| format!("{it} ")),
        _ => None,
    };
    let shown =
        |route: String| slot.as_deref().and_then(|it| route.strip_prefix(it)).map_or(route.clone(), str::to_owned);
    act.routes().into_iter().map(|(route, goal)| (shown(route), known(goal))).collect()
}

fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() > MOST {
        true => text.chars().take(MOST - 1).collect::<String>() + "…",
        false => text,
    }
}

fn quoted(text: &str) -> String {
    text.replace('"', "#quot;").replace('{', "#123;").replace('}', "#125;").replace(['<', '>'], " ")
}

/// A picture without outside resources.
pub fn svg(scenario: &Scenario) -> String {
    let Layout { places, n_columns, n_rows } = layout(scenario);
    let (width, height) = (n_columns * (WIDTH + GAP_X) + GAP_X, n_rows * (HEIGHT + GAP_Y) + GAP_Y);
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8z\" fill=\"#667\"/></marker></defs>\n",
        escaped(&scenario.intent)
    );
    let corner = |n: usize| {
        let (column, row) = places[n];
        (GAP_X + column * (WIDTH + GAP_X), GAP_Y / 2 + row * (HEIGHT + GAP_Y))
    };
    let number = |id: &str| scenario.steps.iter().position(|it| it.id == id);
    let mut labels = String::new();
    for (n, step) in scenario.steps.iter().enumerate() {
        let routes = routes(&step.act);
        let n_routes = routes.len();
        for (k, (route, goal)) in routes.into_iter().enumerate() {
            let Some(goal) = goal.and_then(number) else { continue };
            let ((x1, y1), (x2, y2)) = (corner(n), corner(goal));
            let (from_x, from_y) = (x1 + WIDTH * (k + 1) / (n_routes + 1), y1 + HEIGHT);
            let line = match y2 > y1 {
                true => {
                    let (to_x, middle) = (x2 + WIDTH / 2, (from_y + y2) / 2);
                    format!("M{from_x} {from_y}C{from_x} {middle} {to_x} {middle} {to_x} {y2}")
                }
                // A line to the same row or back goes around the boxes.
                false => {
                    let (to_x, to_y, out) = (x2 + WIDTH, y2 + HEIGHT / 2, x1.max(x2) + WIDTH + GAP_X / 2);
                    format!(
                        "M{from_x} {from_y}C{from_x} {} {out} {} {out} {}",
                        from_y + GAP_Y / 2,
                        from_y + GAP_Y / 2,
                        y1 + HEIGHT / 2
                    ) + &format!("L{out} {}C{out} {to_y} {out} {to_y} {to_x} {to_y}", to_y + GAP_Y / 2)
                }
            };
            let _ = writeln!(picture, "<path d=\"{line}\" fill=\"none\" stroke=\"#99a\" marker-end=\"url(#a)\"/>");
            if !route.is_empty() {
                // Labels next to each other have different heights.
                let y = from_y + 13 + (k % 3) * 13;
                let _ = writeln!(
                    labels,
                    "<text x=\"{from_x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#446\" font-size=\"10\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
                    escaped(&route.chars().take(28).collect::<String>())
                );
            }
        }
    }
    for (n, step) in scenario.steps.iter().enumerate() {
        let (x, y) = corner(n);
        let (fill, radius) = match step.act {
            Act::Message(_) => ("#e7f5ec", 6),
            Act::Question(_) => ("#e8f0fb", 6),
            Act::Condition(_) => ("#fdf3dc", 20),
            Act::Handover(_) => ("#fbe6ea", 30),
            Act::Set { .. } | Act::Call(_) | Act::Wait { .. } => ("#eee", 2),
        };
        let stroke = if step.id == scenario.start { "#223" } else { "#99a" };
        let _ = writeln!(
            picture,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{radius}\" fill=\"{fill}\" stroke=\"{stroke}\"/>"
        );
        for (k, line) in wrapped(&label(&step.id, &step.act)).iter().enumerate() {
            let weight = if k == 0 { " font-weight=\"bold\"" } else { "" };
            let _ =
                writeln!(picture, "<text x=\"{}\" y=\"{}\"{weight}>{}</text>", x + 10, y + 18 + k * 16, escaped(line));
        }
    }
    picture + &labels + "</svg>\n"
}

/// The id on a line of its own, and two lines for the rest.
fn wrapped(label: &str) -> Vec<String> {
    let (id, rest) = label.split_once(": ").unwrap_or((label, ""));
    let mut lines = vec![id.chars().take(30).collect::<String>()];
    let mut line = String::new();
    for word in rest.split(' ') {
        if line.chars().count() + word.chars().count() > 32 && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        line += if line.is_empty() { "" } else { " " };
        line += &word.chars().take(34).collect::<String>();
    }
    lines.push(line);
    lines.truncate(3);
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
