//! The reference systems' own example clients, as scripts: what each of them says,
//! and what it must hear. One file per system, which says how it is read.
//!
//! Every scene is played on every runtime, where the application always is, and on
//! `/ws`, which all those clients dial.

mod script;

use crate::support::Program;
use script::{Scene, scenes};

/// Plays all scenes of a system.
fn play(preset: &str, script: &str) {
    let scenes = scenes(script);
    assert!(!scenes.is_empty());
    for runtime in ["tokio", "smol", "std-threads"] {
        for scene in &scenes {
            let settings = ["--preset", preset, "--runtime", runtime, "--shards", "2"];
            scene.play(Program::start(&settings), scene.path);
            let mount = mount(scene);
            scene.play(Program::start(&[&settings[..], &["--mount", &mount]].concat()), "/ws");
        }
    }
}

/// The application on `/ws`, with whatever its paths have behind that.
fn mount(Scene { application, parameters, .. }: &Scene<'_>) -> String {
    format!("/ws{parameters}={application}")
}

#[test]
fn clients_of_mist_are_understood() {
    play("mist", include_str!("mist.txt"));
}

#[test]
fn clients_of_mtp2_are_understood() {
    play("mtp2", include_str!("mtp2.txt"));
}

#[test]
fn clients_of_goutils_are_understood() {
    play("goutils", include_str!("goutils.txt"));
}

#[test]
fn clients_of_zlib_are_understood() {
    play("zlib", include_str!("zlib.txt"));
}
