//! The tables at the heads of `main.rs` and of `failures`: that they name scenarios
//! that exist, and leave out no feature that a peer or an application can observe,
//! and no failure of the systems that fanfare stands in for.

/// What `main.rs` must show, by its number in features.md.
const FEATURES: [&str; 25] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
    "20", "21", "22", "23", "24", "25",
];

/// What `failures` must show, by its number in features.md §9.
const FAILURES: [&str; 11] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];

/// The numbers and the names of one row.
struct Row {
    numbers: Vec<&'static str>,
    names: Vec<&'static str>,
}

fn features() -> Vec<Row> {
    rows(include_str!("main.rs"))
}

fn failures() -> Vec<Row> {
    rows(include_str!("failures/mod.rs"))
}

fn rows(file: &'static str) -> Vec<Row> {
    let lines = file.lines().filter_map(|line| line.strip_prefix("//! | "));
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

/// The scenarios of clients, which have a list of their own: a line for each.
fn of_clients() -> impl Iterator<Item = &'static str> {
    let list = include_str!("../clients/main.rs").split("\nscenarios! {\n").nth(1).unwrap_or_default();
    list.lines().filter_map(|line| line.strip_prefix("        "))
}

#[test]
fn every_name_in_a_table_is_a_scenario_or_a_file_of_them() {
    let is_known = |name: &str| {
        super::SCENARIOS.iter().any(|(file, scenarios)| *file == name || scenarios.contains(&name))
            || of_clients().any(|scenario| scenario == name)
    };
    for row in features().into_iter().chain(failures()) {
        assert!(!row.names.is_empty(), "{:?} are shown by nothing", row.numbers);
        for name in row.names {
            assert!(is_known(name), "{name} is in a table and in no list of scenarios");
        }
    }
}

#[test]
fn every_feature_is_in_the_table() {
    let numbers: Vec<_> = features().into_iter().flat_map(|row| row.numbers).collect();
    assert_eq!(numbers, FEATURES);
}

#[test]
fn every_failure_is_in_its_table() {
    let mut numbers: Vec<_> = failures().into_iter().flat_map(|row| row.numbers).collect();
    // A row for each claim.
    numbers.dedup();
    assert_eq!(numbers, FAILURES);
}

/// What is not shown here is not in vain in a list.
#[test]
fn every_scenario_of_the_failures_is_in_their_table() {
    let named: Vec<_> = failures().into_iter().flat_map(|row| row.names).collect();
    let (_, scenarios) = super::SCENARIOS.iter().find(|(file, _)| *file == "failures").unwrap();
    let forgotten: Vec<_> = scenarios.iter().filter(|scenario| !named.contains(scenario)).collect();
    assert!(forgotten.is_empty(), "in no row: {forgotten:?}");
}
