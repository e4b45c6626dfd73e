//! Admission beside a plain list of connections that is counted anew each time.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One admitted connection, as a model keeps it.
#[derive(Clone, Debug)]
struct Known {
    address: Option<IpAddr>,
    client_id: String,
    is_leaving: bool,
}

/// Every answer by counting from scratch.
struct Model {
    settings: Settings,
    known: BTreeMap<ConnectionId, Known>,
    totals: Totals,
}

impl Model {
    fn holders(&self, client_id: &str) -> BTreeSet<ConnectionId> {
        let holds = |known: &Known| !known.is_leaving && known.client_id == client_id;
        self.known.iter().filter(|(_, known)| holds(known)).map(|(id, _)| *id).collect()
    }

    /// Whether one more fits under `max`, counting only what `counts` says.
    fn fits(&self, max: usize, replaced: &BTreeSet<ConnectionId>, counts: impl Fn(&Known) -> bool) -> bool {
        let counted: Vec<_> = self.known.iter().filter(|(_, known)| counts(known)).collect();
        let staying =
            counted.iter().filter(|(id, known)| !known.is_leaving && !replaced.contains(id)).count();
        max == 0 || (staying < max && counted.len() < 2 * max)
    }

    fn admit(
        &mut self,
        id: ConnectionId,
        address: Option<IpAddr>,
        client_id: &str,
    ) -> Result<BTreeSet<ConnectionId>, &'static str> {
        let policy = self.settings.client_id_policy;
        let holders = self.holders(client_id);
        let replaced = if policy == ClientIdPolicy::Replace { holders.clone() } else { BTreeSet::new() };
        if self.known.contains_key(&id) {
            return Err("already admitted");
        }
        if !self.fits(self.settings.connections_max, &replaced, |_| true) {
            self.totals.refused.server_full += 1;
            return Err("server full");
        }
        let per_address_max = self.settings.connections_per_address_max;
        if address.is_some() && !self.fits(per_address_max, &replaced, |known| known.address == address) {
            self.totals.refused.address_full += 1;
            return Err("address full");
        }
        if policy == ClientIdPolicy::Reject && !holders.is_empty() {
            self.totals.refused.client_id_in_use += 1;
            return Err("client id in use");
        }
        for id in &replaced {
            self.known.get_mut(id).unwrap().is_leaving = true;
        }
        self.known.insert(id, Known { address, client_id: client_id.to_owned(), is_leaving: false });
        self.totals.admitted += 1;
        self.totals.connections_peak = self.totals.connections_peak.max(self.known.len());
        Ok(replaced)
    }

    fn totals(&self) -> Totals {
        let leaving = self.known.values().filter(|known| known.is_leaving).count();
        Totals { connections: self.known.len(), leaving, ..self.totals }
    }
}

fn reason(refused: &AdmissionRefused) -> &'static str {
    match refused {
        AdmissionRefused::ServerFull { .. } => "server full",
        AdmissionRefused::AddressFull { .. } => "address full",
        AdmissionRefused::ClientIdInUse { .. } => "client id in use",
        AdmissionRefused::AlreadyAdmitted { .. } => "already admitted",
    }
}

/// What must hold of a directory whatever happened to it.
fn assert_agrees(directory: &Directory, model: &Model) {
    assert_eq!(directory.totals(), model.totals());
    let Totals { connections, leaving, .. } = model.totals();
    let max = match model.settings.connections_max {
        0 => usize::MAX / 2,
        max => max,
    };
    assert!(connections - leaving <= max && connections <= 2 * max);
    assert!(model.settings.client_id_policy == ClientIdPolicy::Replace || leaving == 0);
    for client_id in CLIENT_IDS {
        let holders = model.holders(client_id);
        let listed = directory.connections_of_client(client_id);
        assert_eq!(listed.len(), holders.len());
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), holders);
        assert_eq!(directory.shards_of_client(client_id), holders.iter().map(|id| id.shard()).collect());
        assert!(model.settings.client_id_policy == ClientIdPolicy::Allow || holders.len() <= 1);
    }
}

const CLIENT_IDS: [&str; 4] = ["", "alice", "bob", "carol"];

#[derive(Clone, Debug)]
enum Step {
    Admit { number: u32, address: Option<IpAddr>, client_id: &'static str },
    Release { number: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let client_id = prop::sample::select(&CLIENT_IDS[..]);
    let peer = prop_oneof![Just(None), (1..4u8).prop_map(|last| Some(address(last)))];
    prop_oneof![
        2 => (0..24u32, peer, client_id)
            .prop_map(|(number, address, client_id)| Step::Admit { number, address, client_id }),
        1 => (0..24u32).prop_map(|number| Step::Release { number }),
    ]
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let policy =
        prop::sample::select(vec![ClientIdPolicy::Allow, ClientIdPolicy::Replace, ClientIdPolicy::Reject]);
    (0..8usize, 0..4usize, policy).prop_map(|(all, per_address, policy)| settings(all, per_address, policy))
}

proptest! {
    #[test]
    fn admission_behaves_like_a_recount(
        settings in any_settings(),
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut directory = Directory::new(&settings, (1, 2));
        let mut model = Model { settings, known: BTreeMap::new(), totals: Totals::default() };
        for step in steps {
            match step {
                Step::Admit { number, address, client_id } => {
                    let expected = model.admit(id(number), address, client_id);
                    let answer = directory.admit(id(number), address, client_id);
                    match answer {
                        Ok(admitted) => prop_assert_eq!(Ok(admitted.replaced.into_iter().collect()), expected),
                        Err(refused) => prop_assert_eq!(Err(reason(&refused)), expected),
                    }
                }
                Step::Release { number } => {
                    let was_known = model.known.remove(&id(number)).is_some();
                    prop_assert_eq!(directory.released(id(number)), was_known);
                }
            }
            assert_agrees(&directory, &model);
        }
        for id in std::mem::take(&mut model.known).into_keys() {
            prop_assert!(directory.released(id) && !directory.released(id));
        }
        prop_assert!(directory.admission.is_empty());
    }
}
