//! Which calls may stand where.
//!
//! Apart from the lints because a lint knows a crate, and these rules know
//! places: one file reads the clock, one program writes to the terminal, no
//! test sleeps.

use crate::tree::File;
use crate::{Finding, code, items};

/// What a piece of code is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// What others build on.
    Library,
    /// The program `fanfare`.
    Program,
    /// What readers copy from.
    Example,
    Test,
    /// What measures the rest, from outside or with random input.
    Measurement,
}

impl Place {
    fn of(path: &str) -> Place {
        let mut folders = path.split('/');
        let is_in = |name: &str| path.split('/').any(|part| part == name);
        if is_in("peers") || is_in("fuzz") || is_in("benches") || path.starts_with("load/") {
            Place::Measurement
        } else if is_in("tests") || path.ends_with("tests.rs") {
            Place::Test
        } else if is_in("examples") {
            Place::Example
        } else if folders.next() == Some("server") {
            Place::Program
        } else {
            Place::Library
        }
    }
}

struct Rule {
    call: &'static str,
    /// Where it must not stand …
    forbidden_in: &'static [Place],
    /// … except in this one file.
    home: Option<&'static str>,
    instead: &'static str,
}

const SHIPPED: &[Place] = &[Place::Library, Place::Program, Place::Example];
const EVERYWHERE: &[Place] =
    &[Place::Library, Place::Program, Place::Example, Place::Test, Place::Measurement];
const CLOCK: Option<&str> = Some("driver/src/clock.rs");

const RULES: [Rule; 9] = [
    Rule {
        call: "Instant::now(",
        forbidden_in: SHIPPED,
        home: CLOCK,
        instead: "there is one clock; take the time from it, or as a parameter",
    },
    Rule {
        call: "SystemTime::now(",
        forbidden_in: SHIPPED,
        home: CLOCK,
        instead: "there is one clock; take the time from it, or as a parameter",
    },
    Rule {
        call: "thread::sleep(",
        forbidden_in: &[Place::Library, Place::Program, Place::Example, Place::Test],
        home: None,
        instead: "wait for what is to happen, within a deadline",
    },
    Rule {
        call: "println!(",
        forbidden_in: &[Place::Library],
        home: None,
        instead: "only the program talks to the terminal; return the value, or use `tracing`",
    },
    Rule {
        call: "print!(",
        forbidden_in: &[Place::Library],
        home: None,
        instead: "only the program talks to the terminal; return the value, or use `tracing`",
    },
    Rule {
        call: ".unwrap()",
        forbidden_in: SHIPPED,
        home: None,
        instead: "return an error that says what happened, or match what cannot be otherwise",
    },
    Rule { call: "dbg!(", forbidden_in: EVERYWHERE, home: None, instead: "take it out" },
    Rule { call: "todo!(", forbidden_in: EVERYWHERE, home: None, instead: "do it, or leave it out" },
    Rule { call: "unimplemented!(", forbidden_in: EVERYWHERE, home: None, instead: "do it, or leave it out" },
];

/// Every call that stands where it must not.
pub(crate) fn forbidden(file: &File) -> Vec<Finding> {
    let code = code::only(&file.text);
    let tests = items::test_lines(&code);
    let place_of_file = Place::of(&file.path);
    let mut found = Vec::new();
    for rule in &RULES {
        if rule.home == Some(file.path.as_str()) {
            continue;
        }
        for (at, _) in code.match_indices(rule.call).filter(|&(at, _)| starts_there(&code, at)) {
            let line = items::line_of(&code, at);
            let is_test = tests.iter().any(|lines| lines.contains(&line));
            let place = if is_test { Place::Test } else { place_of_file };
            if rule.forbidden_in.contains(&place) {
                let advice = format!("`{}` must not stand here; {}", rule.call, rule.instead);
                found.push(Finding::new(file, line, advice));
            }
        }
    }
    found
}

/// `println!` is no `print!` with something before it, and `eprintln!` no `println!`.
fn starts_there(code: &str, at: usize) -> bool {
    let begins_with_word = code[at..].chars().next().is_some_and(code::is_word);
    !(begins_with_word && code[..at].chars().next_back().is_some_and(code::is_word))
}

#[cfg(test)]
mod tests {
    use super::{Place, RULES, forbidden};
    use crate::tree::File;

    fn example_path(place: Place) -> &'static str {
        match place {
            Place::Library => "core/src/a.rs",
            Place::Program => "server/src/a.rs",
            Place::Example => "examples/a.rs",
            Place::Test => "core/tests/a.rs",
            Place::Measurement => "peers/compare/src/a.rs",
        }
    }

    #[test]
    fn each_rule_fires_where_it_forbids_and_nowhere_else() {
        for rule in &RULES {
            let receiver = if rule.call.starts_with('.') { "x" } else { "" };
            let text = format!("fn a() {{\n    {receiver}{}", rule.call);
            for place in super::EVERYWHERE {
                let found = forbidden(&File::new(example_path(*place), &text));
                let lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
                let expected: &[usize] = if rule.forbidden_in.contains(place) { &[2] } else { &[] };
                assert_eq!(lines, expected, "{} in {place:?}", rule.call);
            }
        }
    }

    #[test]
    fn the_clock_may_be_read_in_its_home() {
        let text = "fn a() { std::time::Instant::now(); std::time::SystemTime::now(); }";
        assert!(forbidden(&File::new("driver/src/clock.rs", text)).is_empty());
        assert_eq!(forbidden(&File::new("driver/src/shard.rs", text)).len(), 2);
    }

    #[test]
    fn test_code_in_a_library_is_test_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { c().unwrap(); }\n}\n";
        assert!(forbidden(&File::new("core/src/a.rs", text)).is_empty());
        let text = "#[cfg(test)]\nmod tests {}\nfn b() { c().unwrap(); }\n";
        assert_eq!(forbidden(&File::new("core/src/a.rs", text)).len(), 1);
    }

    #[test]
    fn comments_and_strings_call_nothing() {
        let text = "/// a.unwrap()\nfn a() { \"println!(\"; /* dbg!( */ }";
        assert!(forbidden(&File::new("core/src/a.rs", text)).is_empty());
    }

    #[test]
    fn a_longer_name_is_another_call() {
        assert!(forbidden(&File::new("core/src/a.rs", "fn a() { eprintln!(); my_dbg!(); }")).is_empty());
    }

    #[test]
    fn places_are_told_by_their_path() {
        assert_eq!(Place::of("src/lib.rs"), Place::Library);
        assert_eq!(Place::of("core/src/link/tests.rs"), Place::Test);
        assert_eq!(Place::of("server/tests/cli.rs"), Place::Test);
        assert_eq!(Place::of("fuzz/fuzz_targets/a.rs"), Place::Measurement);
        assert_eq!(Place::of("load/src/a.rs"), Place::Measurement);
    }
}
