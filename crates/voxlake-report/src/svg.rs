//! Charts as SVG that is part of a page: sized in percent of its box and in pixels of its text, so that a
//! narrow screen shortens bars and never letters; coloured by the page's own style, light, dark and on paper.
//!
//! Every chart has a title, a description, units and axes. Nothing of a caller's text becomes markup.
//!
//! - [`bars`]: a bar for each row, side by side where they are places in time, else below each other
//! - [`stacked`]: bars of pieces; [`lines`]: lines over time; [`heatmap`]: cells
//! - [`scale`]: where values lie and which are written at an axis

mod axis;
mod bars;
mod colour;
mod context;
mod heatmap;
mod lines;
mod scale;
mod stacked;

pub(crate) use bars::{Bar, Bars};
pub(crate) use colour::colour;
pub(crate) use context::Said;
pub(crate) use heatmap::Heatmap;
pub(crate) use lines::Lines;
pub(crate) use stacked::Stacked;
