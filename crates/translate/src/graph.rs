//! Draws scenarios: as Mermaid and as SVG.

mod label;
mod layout;
mod mermaid;
mod svg;

pub use mermaid::mermaid;
pub use svg::svg;
