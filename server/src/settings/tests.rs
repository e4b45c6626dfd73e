//! The table against the core: nothing missing, nothing twice, nothing lost.

use super::*;
use std::collections::BTreeSet;

/// The names that `{:#?}` shows: the core adds a field, this list has it.
fn fields_of_the_core() -> BTreeSet<String> {
    let shown = format!("{:#?}", Settings::default());
    let names = shown.lines().filter_map(|line| {
        let (name, _) = line.trim_start().split_once(": ")?;
        Some(name.to_owned())
    });
    // The one holds fields, the other is chosen by the code of each route.
    names.filter(|name| name != "connection" && name != "envelope").collect()
}

#[test]
fn every_field_of_the_core_has_its_row_and_no_row_comes_twice() {
    let own = [
        "addr",
        "mount",
        "tls_cert",
        "tls_key",
        "operator_token",
        "operator_token_file",
        "trusted_proxies",
        "runtime",
        "log",
        "status_log_interval",
        "stop_time_max",
        "shards",
        "placement",
    ];
    let mut expected = fields_of_the_core();
    expected.extend(own.map(str::to_owned));
    let rows: Vec<_> = table::all().map(|setting| setting.name.to_owned()).collect();
    assert_eq!(rows.len(), expected.len());
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn every_row_reads_what_it_writes() {
    for preset in Preset::ALL {
        let mut draft = Draft { hub: Settings::preset(preset), ..Draft::default() };
        for setting in table::all() {
            let written = (setting.field)(&mut draft).to_string();
            let mut fresh = Draft::default();
            fresh.set(setting, &written, setting.name).unwrap();
            assert_eq!((setting.field)(&mut fresh).to_string(), written, "{}", setting.name);
        }
    }
}

/// A row that points at its neighbour's field would pass every other test.
#[test]
fn every_row_changes_the_field_of_its_name() {
    let before = format!("{:#?}", Draft::default());
    for setting in table::all() {
        let mut draft = Draft::default();
        let kind = (setting.field)(&mut draft).value_name();
        draft.set(setting, another_value(kind, setting.name), "").unwrap();
        let after = format!("{draft:#?}");
        let changed = after.lines().zip(before.lines()).find(|(after, before)| after != before);
        let (line, _) = changed.unwrap_or_else(|| panic!("{} changed nothing", setting.name));
        let (field, _) = line.trim_start().split_once(": ").unwrap();
        assert_eq!(field, setting.name);
    }
}

/// A text that no default equals.
fn another_value(value_name: &str, name: &str) -> &'static str {
    match (value_name, name) {
        ("BYTES", _) => "7777",
        ("TIME|off", "ping_interval" | "status_log_interval") => "off",
        ("TIME" | "TIME|off", _) => "7777ms",
        ("POLICY", "outbox_policy") => "disconnect",
        ("POLICY", _) => "reject",
        ("HEADERS", _) => "all",
        ("on|off", _) => "on",
        ("ORIGINS", _) => "any",
        ("ADDRESS", _) => "[::1]:7777",
        ("FILTER", _) => "trace",
        ("FILE|off", _) => "a.pem",
        ("NETWORKS", _) => "10.0.0.0/8,::1",
        ("TOKEN|off", _) => "0123456789abcdef",
        ("PATH=APP", _) => "/7777=echo",
        (_, "placement") => "threads",
        (_, "runtime") => "std-threads",
        _ => "777",
    }
}

#[test]
fn an_address_without_a_host_is_this_machine_only() {
    let addr = table::all().find(|setting| setting.name == "addr").unwrap();
    for (text, expected) in [
        (":0", "127.0.0.1:0"),
        ("localhost:9000", "127.0.0.1:9000"),
        ("0.0.0.0:80", "0.0.0.0:80"),
        ("[::1]:80", "[::1]:80"),
    ] {
        let mut draft = Draft::default();
        draft.set(addr, text, "").unwrap();
        assert_eq!(draft.addr.to_string(), expected);
    }
    for text in ["", "8080", "localhost", "127.0.0.1", ":99999", "example.com:80"] {
        assert!(Draft::default().set(addr, text, "").is_err(), "{text}");
    }
}
