//! The settings as flags and environment variables, made from their table.
//!
//! A secret is a variable only: what a flag says, every user of the machine can
//! read in the list of processes.

use super::Draft;
use super::table::{self, Setting};
use crate::failure::Failure;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::env;

/// The settings that were given as a flag or a variable, as text.
pub(crate) struct Given(Vec<Choice>);

struct Choice {
    setting: &'static Setting,
    text: String,
    /// The flag or the variable, as it is spelled.
    place: String,
}

impl Given {
    /// Lays the values over `draft`.
    pub(super) fn apply(&self, draft: &mut Draft) -> Result<(), Failure> {
        self.0.iter().try_for_each(|choice| draft.set(choice.setting, &choice.text, &choice.place))
    }
}

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        let mut defaults = Draft::default();
        table::GROUPS.iter().fold(command, |command, group| {
            let flags = group.settings.iter().filter_map(|setting| {
                let default = (setting.field)(&mut defaults);
                let action = if default.is_repeatable() { ArgAction::Append } else { ArgAction::Set };
                let flag = Arg::new(setting.name)
                    .action(action)
                    .long(setting.flag())
                    .env(setting.variable())
                    .hide_env(true)
                    .allow_negative_numbers(true)
                    .value_name(default.value_name())
                    .help(format!("{} [default: {default}]", setting.help))
                    .help_heading(group.heading);
                default.is_flag().then_some(flag)
            });
            command.args(flags.collect::<Vec<_>>())
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Given::augment_args(command)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Given, clap::Error> {
        let choices = table::all().filter_map(|setting| {
            // What is no flag is a variable that only we know.
            let Ok(given) = matches.try_get_many::<String>(setting.name) else {
                let text = env::var_os(setting.variable())?.to_string_lossy().into_owned();
                return Some(Choice { setting, text, place: setting.variable() });
            };
            let texts: Vec<_> = given?.map(String::as_str).collect();
            let text = texts.join(",");
            let place = if matches.value_source(setting.name) == Some(ValueSource::EnvVariable) {
                setting.variable()
            } else {
                format!("--{}", setting.flag())
            };
            Some(Choice { setting, text, place })
        });
        Ok(Given(choices.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Given::from_arg_matches(matches)?;
        Ok(())
    }
}
