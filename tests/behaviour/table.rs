//! The table at the head of `main.rs`: that it names scenarios that exist, and
//! leaves out no feature that a peer or an application can observe.

/// What `main.rs` must show, by its number in features.md.
const FEATURES: [&str; 25] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
    "20", "21", "22", "23", "24", "25",
];

/// The numbers and the names of one row.
struct Row {
    numbers: Vec<&'static str>,
    names: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let lines = include_str!("main.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let rows = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    let cells = rows.map(|row| row.split_once(" | ").expect("a feature, and what shows it"));
    let row = |(feature, shown): (&'static str, &'static str)| Row {
        numbers: feature
            .split([' ', ','])
            .take_while(|word| word.is_empty() || word.starts_with(|first: char| first.is_ascii_digit()))
            .filter(|word| !word.is_empty())
            .collect(),
        // Between back quotes.
        names: shown.split('`').skip(1).step_by(2).collect(),
    };
    cells.map(row).collect()
}

#[test]
fn every_name_in_the_table_is_a_scenario_or_a_file_of_them() {
    let is_known = |name: &str| {
        super::SCENARIOS.iter().any(|(file, scenarios)| *file == name || scenarios.contains(&name))
    };
    for row in rows() {
        assert!(!row.names.is_empty(), "{:?} are shown by nothing", row.numbers);
        for name in row.names {
            assert!(is_known(name), "{name} is in the table and in no list of scenarios");
        }
    }
}

#[test]
fn every_feature_is_in_the_table() {
    let numbers: Vec<_> = rows().into_iter().flat_map(|row| row.numbers).collect();
    assert_eq!(numbers, FEATURES);
}
