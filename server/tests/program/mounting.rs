//! Applications on other paths than their own.

use crate::support::{Client, Program, Scratch, fanfare, get, refused};
use std::process::Command;
use tungstenite::Message;

/// What the program says when it does not start, and its exit code.
fn refusal(arguments: &[&str]) -> (i32, String) {
    let output = fanfare(arguments).args(["--addr", "127.0.0.1:0"]).output().unwrap();
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    let line = error.lines().last().unwrap().to_owned();
    (output.status.code().unwrap(), line)
}

/// Whatever is said is said back.
#[track_caller]
fn assert_echoes(program: &Program, path: &str) {
    let mut client = Client::connect(program, path);
    client.send("hello");
    assert_eq!(client.receive(), Message::text("hello"), "{path}");
    client.leave();
}

#[test]
fn an_application_is_where_it_was_mounted_and_where_it_always_is() {
    for runtime in ["tokio", "smol", "std-threads"] {
        let program =
            Program::start(&["--runtime", runtime, "--mount", "/ws=echo", "--mount", "/a/{b}/c=echo,/=echo"]);
        for path in ["/ws", "/ws/echo", "/a/7/c", "/"] {
            assert_echoes(&program, path);
        }
        assert_eq!(get(&program, "/").status, 200, "the page is where it was");
        assert_eq!(refused(&program, "/a/7").status(), 404);
    }
}

#[test]
fn what_cannot_be_mounted_is_told_in_one_line() {
    for (mounts, line) in [
        (&["/ws"][..], "fanfare: --mount: `/ws` is no mount; use PATH=APP, such as /ws=commands"),
        (
            &["ws=echo"],
            "fanfare: --mount: `ws` is no path; let it start with /, and leave out spaces, ? and #",
        ),
        (
            &["/ws=echo", "/ws=lobby"],
            "fanfare: --mount: `/ws` is there twice, for echo and for lobby; leave one of them out",
        ),
    ] {
        let arguments: Vec<_> = mounts.iter().flat_map(|mount| ["--mount", mount]).collect();
        assert_eq!(refusal(&arguments), (2, line.to_owned()));
    }
    let (code, line) = refusal(&["--mount", "/ws=ehco"]);
    assert_eq!(code, 2);
    assert!(line.starts_with("fanfare: --mount: `ehco` is no application; use lobby, "), "{line}");
}

/// As with every setting: a flag wins over a variable, that over the file.
#[test]
fn mounts_are_a_setting_like_any_other() {
    let file = Scratch::file("mounts.toml", "mount = [\"/a=echo\", \"/b=chat\"]\n");
    let in_force = |command: &mut Command| {
        let output = command.args(["--print-config", "--config"]).arg(file.path()).output().unwrap();
        let printed: toml::Table = String::from_utf8(output.stdout).unwrap().parse().unwrap();
        printed["mount"].to_string()
    };
    assert_eq!(in_force(&mut fanfare(&[])), r#"["/a=echo", "/b=chat"]"#);
    assert_eq!(in_force(fanfare(&[]).env("FANFARE_MOUNT", "/c=echo,/d=chat")), r#"["/c=echo", "/d=chat"]"#);
    let mut with_both = fanfare(&["--mount", "/e=echo"]);
    assert_eq!(in_force(with_both.env("FANFARE_MOUNT", "/c=echo")), r#"["/e=echo"]"#);
    assert_eq!(in_force(fanfare(&["--mount", "none"]).env("FANFARE_MOUNT", "/c=echo")), "[]");
}

/// What only the router can judge.
#[test]
fn a_path_that_is_malformed_or_the_same_as_another_is_told_in_one_line() {
    for path in ["/a{b", "/ws/notifications/{name}"] {
        let (code, line) = refusal(&["--mount", &format!("{path}=echo")]);
        assert_eq!(code, 2, "{line}");
        assert!(line.starts_with("fanfare: nothing can be mounted on /"), "{line}");
        assert!(line.ends_with("; choose another path with --mount"), "{line}");
    }
}
