//! What a simulation does about its hosts: servers come, end, and come again.

use crate::host::{Ending, Host, Stage, Turn};
use crate::simulation::Simulation;
use crate::task::Owner;
use fanfare_core::time::Instant;
use fanfare_driver::{App, AppError, Handle, StopOptions};
use std::time::Duration;

impl Simulation {
    /// Serves an application at a name, for clients that are [started](Self::start)
    /// here and connect to `ws://NAME/…`, whatever the port. Where that server ends,
    /// by the [faults](Self::set_faults) or by [`restart`](Self::restart), another
    /// one comes with what `app` makes then. One that was at the name before is
    /// killed.
    ///
    /// # Errors
    /// As [`Launch::new`](fanfare_driver::Launch::new): the application cannot be
    /// served.
    pub fn serve(
        &mut self,
        name: &str,
        shards: usize,
        app: impl FnMut() -> App + Send + 'static,
    ) -> Result<Handle, AppError> {
        let mut host =
            Host { name: name.to_owned(), shards, app: Box::new(app), stage: Stage::Down { until: None } };
        let handle = self.launch_at(&mut host)?;
        if let Some(before) = self.hosts.iter().position(|host| host.name == name) {
            let before = self.hosts.remove(before);
            if let Stage::Up { owner, .. } = before.stage {
                self.kill(owner);
            }
        }
        self.hosts.push(host);
        Ok(handle)
    }

    /// The server that there is at a name at the moment.
    pub fn server(&self, name: &str) -> Option<&Handle> {
        self.hosts.iter().find(|host| host.name == name)?.handle()
    }

    /// Ends the server at a name, and has another one come `down_time` after its end.
    /// Says whether there was one that was not ending already.
    pub fn restart(&mut self, name: &str, ending: &Ending, down_time: Duration) -> bool {
        let mut hosts = std::mem::take(&mut self.hosts);
        let host = hosts.iter_mut().find(|host| host.name == name);
        let was_up = host.is_some_and(|host| self.end_server(host, ending, down_time));
        self.hosts = hosts;
        was_up
    }

    /// Lets servers end and come whose time has come.
    pub(crate) fn attend_hosts(&mut self) {
        let now = self.now();
        if self.hosts.iter().all(|host| host.turn(now).is_none()) {
            return;
        }
        let mut hosts = std::mem::take(&mut self.hosts);
        for host in &mut hosts {
            match host.turn(now) {
                None => {}
                Some(Turn::End) => self.end_by_chance(host),
                Some(Turn::Away { until }) => {
                    self.network.serve(&host.name, None);
                    host.stage = Stage::Down { until };
                }
                Some(Turn::Launch) => self.come_again(host),
            }
        }
        self.hosts = hosts;
    }

    /// Lets the weather have its say on how long servers stay.
    pub(crate) fn replan_hosts(&mut self) {
        let now = self.now();
        for host in &mut self.hosts {
            if let Stage::Up { until, .. } = &mut host.stage {
                *until = self.network.weather().up_time().map(|time| now + time);
            }
        }
    }

    /// When something will happen to a host.
    pub(crate) fn next_at_hosts(&self) -> Option<Instant> {
        self.hosts.iter().filter_map(Host::until).min()
    }

    fn launch_at(&mut self, host: &mut Host) -> Result<Handle, AppError> {
        let app = (host.app)();
        let (owner, handle, acceptor) = self.launch_owned(app, host.shards)?;
        self.network.serve(&host.name, Some(acceptor));
        let until = self.network.weather().up_time().map(|time| self.now() + time);
        host.stage = Stage::Up { owner, handle: handle.clone(), until };
        Ok(handle)
    }

    fn come_again(&mut self, host: &mut Host) {
        let has_come = self.launch_at(host).is_ok();
        let mut weather = self.network.weather();
        if has_come {
            weather.report.restarts += 1;
        } else {
            weather.report.failed_starts += 1;
            // Time must go on.
            let later = self.now() + weather.down_time() + Duration::from_millis(1);
            host.stage = Stage::Down { until: Some(later) };
        }
    }

    fn end_by_chance(&mut self, host: &mut Host) {
        let (ending, down_time) = {
            let mut weather = self.network.weather();
            let ending = if weather.is_graceful() {
                let time_max = weather.faults.stop_time_max;
                Ending::Stopped(StopOptions { time_max, ..StopOptions::default() })
            } else {
                Ending::Killed
            };
            (ending, weather.down_time())
        };
        self.end_server(host, &ending, down_time);
    }

    fn end_server(&mut self, host: &mut Host, ending: &Ending, down_time: Duration) -> bool {
        let Stage::Up { owner, handle, .. } = &host.stage else { return false };
        let (owner, handle) = (*owner, handle.clone());
        match ending {
            Ending::Killed => {
                self.network.serve(&host.name, None);
                host.stage = Stage::Down { until: Some(self.now() + down_time) };
                self.network.weather().report.kills += 1;
                self.kill(owner);
            }
            Ending::Stopped(options) => {
                drop(handle.stop(options));
                host.stage = Stage::Stopping { handle, down_time };
                self.network.weather().report.stops += 1;
            }
        }
        true
    }

    /// Drops all that a server is.
    fn kill(&mut self, owner: Owner) {
        self.take_spawned();
        self.tasks.retain(|task| task.owner != owner);
        // What its end has begun ends with it, too.
        self.take_spawned();
        self.tasks.retain(|task| task.owner != owner);
    }
}
