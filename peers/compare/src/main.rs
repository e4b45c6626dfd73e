//! Runs servers and load in interleaved, pinned rounds and prints medians.
//!
//! One binary varies by 10–20 % from run to run and neighbours disturb whole
//! minutes; a comparison is worth something only when the servers took turns.

mod arguments;
mod run;
mod table;

use arguments::{Arguments, Server, USAGE};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table::Row;

/// Where the workspace above builds its program, which is the load, and a server.
const FANFARE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/fanfare");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match compare(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(arguments: Vec<String>) -> Result<(), Box<dyn Error>> {
    let mut arguments = Arguments::parse(arguments)?;
    let own = std::env::current_exe()?;
    let directory = own.parent().unwrap_or(Path::new("."));
    // Beside this program, where both workspaces build into one place.
    let beside = directory.join("fanfare");
    let fanfare = if beside.exists() { beside } else { PathBuf::from(FANFARE) };
    if arguments.servers.is_empty() {
        arguments.servers = Server::all_built(directory, &arguments.experiment, &fanfare);
    }
    let rows = measure_all(&arguments, &fanfare);
    println!("{} {}", arguments.experiment, arguments.load_flags.join(" "));
    print!("{}", table::render(&arguments.experiment, &rows));
    if rows.iter().any(|row| row.rounds.iter().any(Option::is_none)) {
        return Err("some rounds failed, see above".into());
    }
    Ok(())
}

/// All rounds. Who begins moves on from round to round, so that no server always
/// follows the same neighbour.
fn measure_all(arguments: &Arguments, fanfare: &Path) -> Vec<Row> {
    let named = |server: &Server| Row { name: server.name.clone(), rounds: vec![None; arguments.rounds] };
    let mut rows: Vec<Row> = arguments.servers.iter().map(named).collect();
    let count = rows.len();
    for round in 0..arguments.rounds {
        for turn in 0..count {
            let index = (round + turn) % count;
            let (Some(server), Some(row)) = (arguments.servers.get(index), rows.get_mut(index)) else {
                continue;
            };
            let measured = run::measure(arguments, server, fanfare)
                .inspect_err(|error| eprintln!("round {}: {error}", round + 1))
                .ok();
            if let Some(slot) = row.rounds.get_mut(round) {
                *slot = measured;
            }
        }
        eprintln!("round {} of {} done", round + 1, arguments.rounds);
    }
    rows
}
