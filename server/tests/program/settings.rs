//! Bad input: one line that helps and the right exit code; and where settings
//! come from.

use crate::support::{Scratch, fanfare};
use std::env;
use std::net::TcpListener;
use std::process::{Command, Output};

/// Runs to the end and yields the exit code and the one line of the error.
fn refusal(command: &mut Command) -> (i32, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let error = String::from_utf8(stderr).unwrap();
    assert!(stdout.is_empty());
    assert_eq!(error.lines().count(), 1, "{error}");
    (status.code().unwrap(), error.trim_end().to_owned())
}

fn assert_refused(arguments: &[&str], code: i32, line: &str) {
    assert_eq!(refusal(&mut fanfare(arguments)), (code, line.to_owned()));
}

/// What `--print-config` says of one setting.
fn in_force(command: &mut Command, setting: &str) -> String {
    let Output { status, stdout, stderr } = command.arg("--print-config").output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    let printed: toml::Table = String::from_utf8(stdout).unwrap().parse().unwrap();
    let value = &printed[setting];
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn an_unknown_flag_is_refused_with_the_nearest_one() {
    assert_refused(
        &["--ping-intervall", "30s"],
        2,
        "fanfare: unexpected argument '--ping-intervall' found; did you mean --ping-interval?",
    );
    assert_refused(&["--zzz"], 2, "fanfare: unexpected argument '--zzz' found; see fanfare --help");
}

#[test]
fn an_unknown_command_and_a_missing_value_are_refused() {
    for arguments in [["swerve"], ["--addr"]] {
        let (code, line) = refusal(&mut fanfare(&arguments));
        assert_eq!(code, 2);
        assert!(line.starts_with("fanfare: ") && line.contains("; "), "{line}");
        assert!(line.contains(arguments[0]), "{line}");
    }
}

#[test]
fn a_value_that_cannot_be_read_names_where_it_stands() {
    assert_refused(
        &["--liveness-time-max", "60"],
        2,
        "fanfare: --liveness-time-max: `60` is no time; use a number with its unit: 500ms, 30s, 5m, 1h",
    );
    assert_refused(&["--rooms-max", "-1"], 2, "fanfare: --rooms-max: `-1` is no count; use a whole number");
    assert_refused(
        &["--runtime", "smoll"],
        2,
        "fanfare: --runtime: `smoll` is no runtime; use tokio, smol or std-threads",
    );
    assert_refused(
        &["--runtime", "std-threads", "--placement", "tasks"],
        2,
        "fanfare: placement `tasks` has no meaning on runtime `std-threads`; leave --placement out, or choose \
         --runtime tokio or smol",
    );
    assert_eq!(
        refusal(fanfare(&[]).env("FANFARE_MESSAGE_BYTES_MAX", "1MB")),
        (
            2,
            "fanfare: FANFARE_MESSAGE_BYTES_MAX: `1MB` is no number of bytes; use a number, or one with its \
             unit: 512KiB, 1MiB, 2GiB"
                .to_owned()
        ),
    );
    assert_refused(
        &["--shards", "1025"],
        2,
        "fanfare: --shards: `1025` is no number of shards; use a whole number from 1 to 1024, or auto for one \
         per core",
    );
    let file = Scratch::file("value.toml", "shards = 0\n");
    assert_refused(
        &["--config", file.path()],
        2,
        &format!(
            "fanfare: shards in {}: `0` is no number of shards; use a whole number from 1 to 1024, or auto \
             for one per core",
            file.path()
        ),
    );
}

#[test]
fn a_preset_log_filter_or_address_that_does_not_exist_is_refused() {
    for arguments in [["--preset", "fog"], ["--log", "a=b=c"], ["--addr", "nowhere"]] {
        let (code, line) = refusal(&mut fanfare(&arguments));
        assert_eq!(code, 2);
        assert!(line.contains(&format!("`{}` is no ", arguments[1])) && line.contains("; use "), "{line}");
    }
}

#[test]
fn a_combination_that_cannot_work_names_both_settings() {
    assert_refused(
        &["serve", "--ping-interval", "90s"],
        2,
        "fanfare: ping_interval 90s is not shorter than liveness_time_max 60s, so a quiet peer would be cut \
         before its pong; lower the first or raise the second",
    );
}

/// It would log without a pause.
#[test]
fn a_status_every_no_time_is_refused() {
    assert_refused(
        &["--status-log-interval", "0s"],
        2,
        "fanfare: status_log_interval is 0s; set a longer time, or switch it off",
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let missing = env::temp_dir().join("fanfare-no-such-directory/fanfare.toml");
    let (code, line) = refusal(fanfare(&["--config"]).arg(&missing));
    assert_eq!(code, 2);
    assert!(line.starts_with(&format!("fanfare: cannot read {}: ", missing.display())), "{line}");
    assert!(line.ends_with("; check --config"), "{line}");
}

#[test]
fn a_key_that_is_no_setting_is_named() {
    let file = Scratch::file("key.toml", "rooms_max = 8\nroom_max = 8\n");
    assert_refused(
        &["--config", file.path()],
        2,
        &format!("fanfare: unknown key `room_max` in {}; --print-config shows every key", file.path()),
    );
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_the_line() {
    let file = Scratch::file("malformed.toml", "rooms_max = 8\nping_interval = 30s\n");
    let (code, line) = refusal(&mut fanfare(&["--config", file.path()]));
    assert_eq!(code, 2);
    assert!(line.starts_with(&format!("fanfare: {} line 2: ", file.path())), "{line}");
}

#[test]
fn a_port_in_use_is_said_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_refused(
        &["--addr", &address],
        1,
        &format!(
            "fanfare: address {address} is already in use; choose another with --addr, or :0 for any free port"
        ),
    );
}

#[test]
fn an_address_of_another_machine_is_refused() {
    // 192.0.2.0/24 is reserved for documentation (RFC 5737).
    let (code, line) = refusal(&mut fanfare(&["--addr", "192.0.2.1:0"]));
    assert_eq!(code, 1);
    assert!(line.starts_with("fanfare: address 192.0.2.1:0 is not one of this machine's; "), "{line}");
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_preset_over_the_default() {
    let file =
        Scratch::file("precedence.toml", "preset = \"goutils\"\noutbox_messages_max = 3\nrooms_max = 3\n");
    let with_file = || fanfare(&["serve", "--config", file.path()]);
    let setting = "outbox_messages_max";

    assert_eq!(in_force(&mut fanfare(&[]), setting), "256");
    assert_eq!(in_force(&mut fanfare(&["--preset", "zlib"]), setting), "1000");
    assert_eq!(in_force(&mut with_file(), setting), "3");
    let with_variable = || {
        let mut command = with_file();
        command.env("FANFARE_OUTBOX_MESSAGES_MAX", "4");
        command
    };
    assert_eq!(in_force(&mut with_variable(), setting), "4");
    assert_eq!(in_force(with_variable().args(["--outbox-messages-max", "5"]), setting), "5");

    // What the file does not name comes from its preset, unless a flag names another.
    assert_eq!(in_force(&mut with_file(), "ping_interval"), "15s");
    assert_eq!(in_force(with_file().args(["--preset", "zlib"]), "liveness_time_max"), "5m");
    assert_eq!(in_force(with_file().args(["--preset", "zlib"]), "rooms_max"), "3");
}

#[test]
fn serve_is_what_happens_without_a_command() {
    for arguments in [&["--ping-interval", "off"][..], &["serve", "--ping-interval", "off"]] {
        assert_eq!(in_force(fanfare(arguments).env("FANFARE_ROOMS_MAX", "7"), "ping_interval"), "off");
        assert_eq!(in_force(fanfare(arguments).env("FANFARE_ROOMS_MAX", "7"), "rooms_max"), "7");
    }
}

#[test]
fn a_list_in_a_file_is_what_commas_are_on_the_command_line() {
    let file = Scratch::file("list.toml", "origin = [\"https://a.example\", \"https://b.example\"]\n");
    let expected = "https://a.example,https://b.example";
    assert_eq!(in_force(&mut fanfare(&["--config", file.path()]), "origin"), expected);
    assert_eq!(in_force(&mut fanfare(&["--origin", expected]), "origin"), expected);
}

#[test]
fn what_print_config_prints_reads_back_to_the_same() {
    for preset in ["mist", "mtp2", "goutils", "zlib", "conformance"] {
        let printed = fanfare(&["--preset", preset, "--print-config"]).output().unwrap().stdout;
        let file = Scratch::file(&format!("{preset}.toml"), &String::from_utf8(printed.clone()).unwrap());
        let again = fanfare(&["--config", file.path(), "--print-config"]).output().unwrap().stdout;
        assert_eq!(String::from_utf8(again), String::from_utf8(printed));
    }
}

#[test]
fn help_teaches_units_defaults_and_variables() {
    let help = String::from_utf8(fanfare(&["--help"]).output().unwrap().stdout).unwrap();
    for taught in [
        "Heartbeat and times:",
        "--ping-interval <TIME|off>",
        "[default: 30s]",
        "FANFARE_PING_INTERVAL",
        "512KiB",
        "A flag wins over a variable",
    ] {
        assert!(help.contains(taught), "{taught}");
    }
}
