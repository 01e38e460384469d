//! Pictures in SVG, without outside resources.

use std::fmt::Write;

use scenario::{Act, Scenario, Step};

use super::label::{label, routes};
use super::layout::{Layout, layout};

/// The size of a box and the gaps between boxes, in pixels.
const WIDTH: usize = 220;
const HEIGHT: usize = 62;
const GAP_X: usize = 30;
const GAP_Y: usize = 56;

/// A picture without outside resources.
pub fn svg(scenario: &Scenario) -> String {
    let Layout { places, n_columns, n_rows } = layout(scenario);
    let corners: Vec<Corner> = places
        .iter()
        .map(|(column, row)| (GAP_X + column * (WIDTH + GAP_X), GAP_Y / 2 + row * (HEIGHT + GAP_Y)))
        .collect();
    let mut picture = head(scenario, n_columns * (WIDTH + GAP_X) + GAP_X, n_rows * (HEIGHT + GAP_Y) + GAP_Y);
    let mut labels = String::new();
    for (step, corner) in scenario.steps.iter().zip(&corners) {
        lines(scenario, &corners, step, *corner, &mut picture, &mut labels);
    }
    for (step, corner) in scenario.steps.iter().zip(&corners) {
        draw_box(scenario, step, *corner, &mut picture);
    }
    picture + &labels + "</svg>\n"
}

/// The upper left corner of a box.
type Corner = (usize, usize);

fn head(scenario: &Scenario, width: usize, height: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8z\" fill=\"#667\"/></marker></defs>\n",
        escaped(&scenario.intent)
    )
}

/// Draws the routes out of a step. Labels are drawn last, over all lines.
fn lines(
    scenario: &Scenario,
    corners: &[Corner],
    step: &Step,
    from: Corner,
    picture: &mut String,
    labels: &mut String,
) {
    let routes = routes(&step.act);
    let n_routes = routes.len();
    for (k, (route, goal)) in routes.into_iter().enumerate() {
        let number = |id: &str| scenario.steps.iter().position(|it| it.id == id);
        let Some(to) = goal.and_then(number).map(|it| corners[it]) else { continue };
        let (from_x, from_y) = (from.0 + WIDTH * (k + 1) / (n_routes + 1), from.1 + HEIGHT);
        let line = line((from_x, from_y), from, to);
        // Writing to a String cannot fail.
        let _ = writeln!(picture, "<path d=\"{line}\" fill=\"none\" stroke=\"#99a\" marker-end=\"url(#a)\"/>");
        if !route.is_empty() {
            // Labels next to each other have different heights.
            let y = from_y + 13 + (k % 3) * 13;
            let _ = writeln!(
                labels,
                "<text x=\"{from_x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#446\" font-size=\"10\" stroke=\"#fff\" \
                 stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
                escaped(&route.chars().take(28).collect::<String>())
            );
        }
    }
}

/// The line from a point below the box at `from` to the box at `to`.
fn line((from_x, from_y): (usize, usize), from: Corner, to: Corner) -> String {
    if to.1 > from.1 {
        let (to_x, middle) = (to.0 + WIDTH / 2, (from_y + to.1) / 2);
        return format!("M{from_x} {from_y}C{from_x} {middle} {to_x} {middle} {to_x} {}", to.1);
    }
    // A line to the same row or back goes around the boxes.
    let (to_x, to_y, out) = (to.0 + WIDTH, to.1 + HEIGHT / 2, from.0.max(to.0) + WIDTH + GAP_X / 2);
    let below = from_y + GAP_Y / 2;
    format!("M{from_x} {from_y}C{from_x} {below} {out} {below} {out} {}", from.1 + HEIGHT / 2)
        + &format!("L{out} {}C{out} {to_y} {out} {to_y} {to_x} {to_y}", to_y + GAP_Y / 2)
}

fn draw_box(scenario: &Scenario, step: &Step, (x, y): Corner, picture: &mut String) {
    let (fill, radius) = match step.act {
        Act::Message(_) => ("#e7f5ec", 6),
        Act::Question(_) | Act::Listen(_) => ("#e8f0fb", 6),
        Act::Condition(_) => ("#fdf3dc", 20),
        Act::Handover(_) => ("#fbe6ea", 30),
        Act::Find(_) | Act::Set { .. } | Act::Call(_) | Act::Wait { .. } => ("#eee", 2),
    };
    let stroke = if step.id == scenario.start { "#223" } else { "#99a" };
    let _ = writeln!(
        picture,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{radius}\" fill=\"{fill}\" stroke=\"{stroke}\"/>"
    );
    for (k, line) in wrapped(&label(&step.id, &step.act)).iter().enumerate() {
        let weight = if k == 0 { " font-weight=\"bold\"" } else { "" };
        let _ = writeln!(picture, "<text x=\"{}\" y=\"{}\"{weight}>{}</text>", x + 10, y + 18 + k * 16, escaped(line));
    }
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
