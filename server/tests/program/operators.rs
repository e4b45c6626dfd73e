//! What is for operators, and who is taken for one.

use crate::support::{Answer, Program, Scratch, fanfare, get, get_as, get_with};

/// Everything that is for operators and is asked with GET.
const PATHS: [&str; 3] = ["/ws/stats?detail=1", "/ws/status", "/metrics"];
const TOKEN: &str = "a-token.of_operators~42";

#[track_caller]
fn assert_unauthorized(answer: &Answer) {
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(
        answer.body,
        r#"{"success":false,"error":"unauthorized","message":"show the operator's bearer token, or ask on the machine itself, as localhost"}"#
    );
}

#[test]
fn whoever_sits_at_the_machine_is_an_operator() {
    let program = Program::start(&[]);
    let port = program.address().port();
    for path in PATHS {
        assert_eq!(get(&program, path).status, 200, "{path}");
        for host in ["localhost", &format!("localhost:{port}"), "127.0.0.1", "[::1]:80"] {
            assert_eq!(get_as(&program, path, host, &[]).status, 200, "{path} of {host}");
        }
    }
}

#[test]
fn a_proxy_on_the_machine_is_none() {
    let program = Program::start(&[]);
    for line in [
        "Forwarded: for=192.0.2.1",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Proto: https",
        "X-Real-IP: 127.0.0.1",
        "Via: 1.1 proxy",
    ] {
        for path in PATHS {
            assert_unauthorized(&get_with(&program, path, &[line]));
        }
        assert_eq!(get_with(&program, "/ws/stats", &[line]).status, 200, "the sums are for everyone");
    }
}

#[test]
fn a_page_that_was_given_this_machine_as_its_own_is_none() {
    let program = Program::start(&[]);
    for path in PATHS {
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1"] {
            assert_unauthorized(&get_as(&program, path, host, &[]));
        }
    }
}

#[test]
fn a_page_of_another_origin_gets_nothing() {
    let program = Program::start_with(&[], &[("FANFARE_OPERATOR_TOKEN", TOKEN)]);
    let token = format!("Authorization: Bearer {TOKEN}");
    for path in PATHS {
        for lines in [&["Origin: http://evil.example"][..], &["Origin: null", &token]] {
            let answer = get_with(&program, path, lines);
            assert_eq!(answer.status, 403, "{path}");
            assert_eq!(
                answer.body,
                r#"{"success":false,"error":"foreign_origin","message":"pages of another origin may not ask this"}"#
            );
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
        let own = format!("Origin: http://{}", program.address());
        assert_eq!(get_with(&program, path, &[&own]).status, 200, "{path}");
    }
}

/// As somebody far away asks: through a proxy.
#[track_caller]
fn from_afar(program: &Program, path: &str, authorization: &str) -> Answer {
    get_as(program, path, "hub.example", &["X-Forwarded-For: 192.0.2.1", authorization])
}

#[test]
fn the_token_opens_from_anywhere_and_nothing_else_does() {
    let file = Scratch::file("token.txt", &format!("{TOKEN}\n"));
    let by_variable = Program::start_with(&[], &[("FANFARE_OPERATOR_TOKEN", TOKEN)]);
    let by_file = Program::start(&["--operator-token-file", file.path()]);
    for program in [by_variable, by_file] {
        for path in PATHS {
            for right in [format!("Authorization: Bearer {TOKEN}"), format!("authorization: bearer  {TOKEN}")]
            {
                assert_eq!(from_afar(&program, path, &right).status, 200, "{path}");
            }
            for wrong in ["Bearer a-token.of_operators~43", "Bearer", "Basic YTpi"] {
                let line = format!("Authorization: {wrong}");
                assert_unauthorized(&from_afar(&program, path, &line));
                // Or nobody would notice a wrong one here.
                assert_unauthorized(&get_with(&program, path, &[&line]));
            }
        }
    }
}

#[test]
fn without_a_token_there_is_none_that_opens() {
    let program = Program::start(&[]);
    for shown in ["off", "set", "none", TOKEN] {
        let line = format!("Authorization: Bearer {shown}");
        assert_unauthorized(&get_with(&program, "/metrics", &[&line]));
    }
}

#[test]
fn the_token_is_never_shown() {
    let file = Scratch::file("operators.toml", &format!("operator_token = \"{TOKEN}\"\n"));
    for arguments in [&["--print-config"][..], &["--print-config", "--config", file.path()]] {
        let mut command = fanfare(arguments);
        if arguments.len() == 1 {
            command.env("FANFARE_OPERATOR_TOKEN", TOKEN);
        }
        let output = command.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && printed.contains("# operator_token is set, and not shown\n"));
        assert!(!printed.contains(TOKEN), "{printed}");
    }
    let printed = fanfare(&["--print-config"]).output().unwrap().stdout;
    assert!(String::from_utf8(printed).unwrap().contains("operator_token = \"off\"\n"));
}

#[test]
fn a_token_that_is_none_is_refused_and_not_quoted() {
    let short = Scratch::file("short.txt", "hunter2\n");
    let flag = ["--operator-token-file", short.path()];
    let refused = |arguments: &[&str], variable: Option<&str>| {
        let mut command = fanfare(arguments);
        command.envs(variable.map(|token| ("FANFARE_OPERATOR_TOKEN", token)));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let is_no_token = "`(not shown)` is no operator token; use 16 or more letters, digits and -._~+/=";
    assert!(refused(&[], Some("hunter2")).contains(&format!("FANFARE_OPERATOR_TOKEN: {is_no_token}")));
    assert!(refused(&flag, None).contains(is_no_token));
    assert!(refused(&flag, Some(TOKEN)).contains("operator_token and operator_token_file are both set"));
    assert!(refused(&["--operator-token-file", "none.txt"], None).contains("cannot read none.txt"));
    // A flag could be read by every user of the machine, so there is none.
    let line = refused(&["--operator-token", TOKEN], None);
    assert!(line.contains("did you mean --operator-token-file?"), "{line}");
}
