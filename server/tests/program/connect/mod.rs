//! `fanfare connect`: what scripts get from it, and what a person sees.

mod ends;
mod events;
mod messages;
mod prompt;
mod stranger;
mod talk;
