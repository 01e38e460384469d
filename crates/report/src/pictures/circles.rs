//! Two circles that overlap, their areas and the area that they share in proportion to numbers.

use std::f64::consts::PI;
use std::fmt::Write;

use crate::pictures::{Frame, WIDTH, text};

/// The radius of the larger circle.
const RADIUS: f64 = 76.0;
const CENTRE: f64 = 82.0;
const HEIGHT: f64 = 212.0;

/// How many are in the first circle alone, in both, and in the second alone, each with a label and a value.
pub(crate) struct Circles {
    pub(crate) sizes: [u64; 3],
    pub(crate) labels: [String; 3],
    pub(crate) values: [String; 3],
}

/// Draws the circles, with their labels below.
pub(crate) fn circles(frame: &Frame, circles: &Circles) -> String {
    let [first, both, second] = circles.sizes.map(|it| it as f64);
    let (left, right) = (first + both, second + both);
    let most = left.max(right);
    if most == 0.0 {
        return String::new();
    }
    let radii = [left, right].map(|it| RADIUS * (it / most).sqrt());
    let shared = both / most * PI * RADIUS * RADIUS;
    let apart = distance(radii, shared);
    let middle = WIDTH / 2.0;
    let centre = middle - (apart - radii[0] + radii[1]) / 2.0;
    let mut svg = String::new();
    for (x, radius, class) in [(centre, radii[0], "sms"), (centre + apart, radii[1], "viber")] {
        let _ = write!(svg, r#"<circle cx="{x:.1}" cy="{CENTRE}" r="{radius:.1}" class="{class} circle"/>"#);
    }
    for (n, x) in [WIDTH / 6.0, middle, WIDTH * 5.0 / 6.0].into_iter().enumerate() {
        text(&mut svg, [x, HEIGHT - 22.0], "figure", &circles.values[n]);
        text(&mut svg, [x, HEIGHT - 4.0], "below", &circles.labels[n]);
    }
    frame.around(HEIGHT, &svg)
}

/// The distance of the centres at which two circles share an area.
fn distance([first, second]: [f64; 2], area: f64) -> f64 {
    let (mut near, mut far) = ((first - second).abs(), first + second);
    // Halved often enough for a tenth of a pixel.
    for _ in 0..16 {
        let middle = f64::midpoint(near, far);
        match shared_area(first, second, middle) > area {
            true => near = middle,
            false => far = middle,
        }
    }
    f64::midpoint(near, far)
}

/// The area that two circles share (<https://mathworld.wolfram.com/Circle-CircleIntersection.html>).
fn shared_area(first: f64, second: f64, apart: f64) -> f64 {
    if apart >= first + second {
        return 0.0;
    }
    let smaller = first.min(second);
    if apart <= (first - second).abs() {
        return PI * smaller * smaller;
    }
    let angle = |one: f64, other: f64| {
        let cosine = (apart * apart + one * one - other * other) / (2.0 * apart * one);
        cosine.clamp(-1.0, 1.0).acos()
    };
    let kite =
        (first + second - apart) * (apart + first - second) * (apart - first + second) * (apart + first + second);
    first * first * angle(first, second) + second * second * angle(second, first) - kite.max(0.0).sqrt() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_area_is_in_proportion_to_the_number() {
        for (first, second, area) in [(50.0, 50.0, 1000.0), (76.0, 30.0, 900.0), (76.0, 76.0, 0.0)] {
            let apart = distance([first, second], area);
            assert!((shared_area(first, second, apart) - area).abs() < 5.0, "{first} {second} {area}: {apart}");
        }
        assert!((distance([50.0, 30.0], PI * 900.0) - 20.0).abs() < 0.1, "one circle within the other");
    }

    #[test]
    fn nobody_is_no_picture() {
        let frame = Frame { id: "p", title: "", description: String::new() };
        let nothing = Circles { sizes: [0; 3], labels: Default::default(), values: Default::default() };
        assert_eq!(circles(&frame, &nothing), "");
    }
}
