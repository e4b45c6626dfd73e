//! From the figures of all rounds to one line per server.
//!
//! Medians, not means: one round that somebody else's work disturbed must not
//! count. The ratio to the base is taken within each round and its median shown,
//! because what disturbs a round disturbs all servers in it.

use crate::run::Figures;
use std::fmt::Write as _;

/// One figure of a report.
#[derive(Clone, Copy, Debug)]
struct Column {
    key: &'static str,
    title: &'static str,
    decimals: usize,
}

const fn column(key: &'static str, title: &'static str, decimals: usize) -> Column {
    Column { key, title, decimals }
}

/// The first column is the one that ratios are taken of.
const TRAFFIC: &[Column] = &[
    column("cpu_us", "CPU µs", 3),
    column("user_us", "user µs", 3),
    column("units_per_second", "per second", 0),
    column("p50_ms", "p50 ms", 2),
    column("p99_ms", "p99 ms", 2),
    column("load_busy", "load busy", 2),
    column("lost", "lost", 0),
    column("strays", "strays", 0),
];
const CONNECT: &[Column] = &[
    column("cpu_us", "CPU µs", 2),
    column("user_us", "user µs", 2),
    column("units_per_second", "per second", 0),
    column("load_busy", "load busy", 2),
    column("failures", "failures", 0),
];
const IDLE: &[Column] = &[
    column("rss_each", "RSS bytes", 0),
    column("anonymous_each", "anonymous", 0),
    column("opened", "opened", 0),
    column("failures", "failures", 0),
];

/// What one server showed; a round that failed is missing.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) rounds: Vec<Option<Figures>>,
}

/// A Markdown table, one line per server; the first is the base of the ratios.
pub(crate) fn render(experiment: &str, rows: &[Row]) -> String {
    let columns = match experiment {
        "idle" => IDLE,
        "connect" => CONNECT,
        _ => TRAFFIC,
    };
    let mut table = vec![titles(columns, rows)];
    table.extend(rows.iter().map(|row| line(columns, row, rows.first())));
    align(&table)
}

fn titles(columns: &[Column], rows: &[Row]) -> Vec<String> {
    let base = rows.first().map_or("", |base| base.name.as_str());
    let own = ["server".to_owned(), format!("÷ {base}"), "spread".to_owned(), "rounds".to_owned()];
    own.into_iter().chain(columns.iter().map(|column| column.title.to_owned())).collect()
}

fn line(columns: &[Column], row: &Row, base: Option<&Row>) -> Vec<String> {
    let cost = columns.first().map_or("", |column| column.key);
    let ratios: Vec<f64> = base
        .into_iter()
        .flat_map(|base| row.rounds.iter().zip(&base.rounds))
        .filter_map(|(own, base)| Some(figure(own.as_ref(), cost)? / figure(base.as_ref(), cost)?))
        .filter(|ratio| ratio.is_finite())
        .collect();
    let done = row.rounds.iter().flatten().count();
    let mut cells = vec![
        row.name.clone(),
        shown(median(&ratios), 3),
        spread(&ratios).map_or_else(|| "–".to_owned(), |(low, high)| format!("{low:.2}–{high:.2}")),
        format!("{done}/{}", row.rounds.len()),
    ];
    cells.extend(columns.iter().map(|column| {
        let values: Vec<f64> =
            row.rounds.iter().filter_map(|round| figure(round.as_ref(), column.key)).collect();
        // A median would hide the one round in which something was lost.
        let counts_faults = matches!(column.key, "lost" | "strays" | "failures");
        let value = if counts_faults { values.iter().copied().reduce(f64::max) } else { median(&values) };
        shown(value, column.decimals)
    }));
    cells
}

fn figure(round: Option<&Figures>, key: &str) -> Option<f64> {
    round?.get(key)?.as_f64()
}

fn shown(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}

/// The middle value, or the mean of the two in the middle.
fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

fn spread(values: &[f64]) -> Option<(f64, f64)> {
    let sorted = sorted(values);
    Some((*sorted.first()?, *sorted.last()?))
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn align(table: &[Vec<String>]) -> String {
    let width =
        |index: usize| table.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max();
    let mut text = String::new();
    for (number, row) in table.iter().enumerate() {
        for (index, cell) in row.iter().enumerate() {
            let width = width(index).unwrap_or(0);
            // Writing to a `String` cannot fail.
            let _ = if index == 0 {
                write!(text, "| {cell:<width$} ")
            } else {
                write!(text, "| {cell:>width$} ")
            };
        }
        text.push_str("|\n");
        if number == 0 {
            for index in 0..row.len() {
                let (dashes, end) =
                    ("-".repeat(width(index).unwrap_or(0) + 1), if index == 0 { "-" } else { ":" });
                let _ = write!(text, "|{dashes}{end}");
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(name: &str, costs: &[Option<f64>]) -> Row {
        let round = |cost: &Option<f64>| {
            let report = json!({"cpu_us": (*cost)?, "lost": 0, "p50_ms": 1.0});
            report.as_object().cloned()
        };
        Row { name: name.to_owned(), rounds: costs.iter().map(round).collect() }
    }

    #[test]
    fn medians_of_odd_even_and_no_values() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn ratios_are_paired_by_round_and_a_failed_round_has_no_partner() {
        let base = row("base", &[Some(1.0), Some(10.0), None]);
        let other = row("other", &[Some(2.0), Some(20.0), Some(500.0)]);
        let cells = line(TRAFFIC, &other, Some(&base));
        assert_eq!(&cells[..5], ["other", "2.000", "2.00–2.00", "3/3", "20.000"]);
    }

    #[test]
    fn the_table_is_markdown_and_marks_what_is_unknown() {
        let text = render("fanout", &[row("base", &[None])]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("| server | ÷ base | spread | rounds | CPU µs |"), "{text}");
        assert!(lines[1].starts_with("|--------|-------:|"), "{text}");
        assert!(lines[2].starts_with("| base   |      – |      – |    0/1 |      – |"), "{text}");
    }
}
