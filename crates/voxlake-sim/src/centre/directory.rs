//! Queues, agents, teams and flows of a centre, built once.

use std::sync::Arc;

use super::names::{FIRST, FLOWS, LAST, QUEUES, REGIONS, TEAMS};
use crate::call::{Agent, Device, EngagementId, Flow, Queue, Team};
use crate::rng::{Rng, hash};

const ID: u64 = 0x_1D;
const AGENTS_PER_TEAM: usize = 20;

/// Every queue, agent, team and flow of a centre.
#[derive(Debug)]
pub struct Directory {
    /// The queues, the busiest first.
    pub queues: Vec<Arc<Queue>>,
    /// The teams.
    pub teams: Vec<Arc<Team>>,
    /// The agents.
    pub agents: Vec<Arc<Agent>>,
    /// The flows.
    pub flows: Vec<Arc<Flow>>,
    /// Cumulative popularity of the queues.
    popularity: Vec<f64>,
    /// Factor by queue, 0.5 to 1.5, on the probability that callers give up.
    impatience: Vec<f64>,
    seed: u64,
}

impl Directory {
    pub(crate) fn new(seed: u64, queues: u32, agents: u32) -> Self {
        let queue_count = usize::try_from(queues).unwrap_or(1);
        let agent_count = usize::try_from(agents).unwrap_or(1);
        let id = |kind: u64, place: usize| id(seed, kind, place);
        let teams: Vec<_> = (0..agent_count.div_ceil(AGENTS_PER_TEAM))
            .map(|place| {
                let region = place % REGIONS.len();
                Arc::new(Team {
                    team_id: id(3, place),
                    team_name: name(&TEAMS, place),
                    region_id: id(4, region),
                    region_name: REGIONS[region].to_owned(),
                })
            })
            .collect();
        let mut sum = 0.0;
        Self {
            queues: (0..queue_count)
                .map(|place| {
                    Arc::new(Queue {
                        queue_id: id(0, place),
                        cc_queue_id: id(1, place),
                        queue_name: name(&QUEUES, place),
                    })
                })
                .collect(),
            agents: (0..agent_count).map(|place| Arc::new(agent(seed, place, &teams))).collect(),
            flows: (0..FLOWS.len())
                .map(|place| Arc::new(Flow { flow_id: id(5, place), flow_name: FLOWS[place].to_owned() }))
                .collect(),
            popularity: (0..queue_count)
                .map(|place| {
                    sum += 1.0 / (place as f64 + 1.5).powf(0.8);
                    sum
                })
                .collect(),
            impatience: (0..queues)
                .map(|place| 0.5 + Rng::new(&[seed, ID, 6, u64::from(place)]).unit())
                .collect(),
            teams,
            seed,
        }
    }

    /// Draws a queue by popularity.
    pub(crate) fn random_queue(&self, rng: &mut Rng) -> usize {
        let total = self.popularity.last().copied().unwrap_or(0.0);
        let at = rng.unit() * total;
        let place = self.popularity.partition_point(|sum| *sum <= at);
        place.min(self.queues.len() - 1)
    }

    pub(crate) fn impatience(&self, queue: usize) -> f64 {
        self.impatience[queue]
    }

    /// Draws an agent of a queue, or any agent without a queue. Three teams serve each queue.
    pub(crate) fn random_agent(&self, queue: Option<usize>, rng: &mut Rng) -> usize {
        let Some(queue) = queue else {
            return rng.index(self.agents.len());
        };
        let team = (queue + rng.pick(&[0, 7, 13])) % self.teams.len();
        // Agents are assigned to teams round-robin; the last round may not reach every team.
        let members = (self.agents.len() - team).div_ceil(self.teams.len());
        team + self.teams.len() * rng.index(members)
    }

    /// Returns the device of an agent, always the same.
    pub(crate) fn device(&self, agent: usize) -> Device {
        let mut rng = Rng::new(&[self.seed, ID, 7, agent as u64]);
        let zone = rng.below(3);
        Device {
            user_ip_address: format!("198.51.100.{}", rng.below(256)),
            user_device_mac_address: format!(
                "02:00:5E:{:02X}:{:02X}:{:02X}",
                rng.below(256),
                rng.below(256),
                rng.below(256)
            ),
            user_registered_sip_zone: format!("sim{}sbc", zone + 1),
            sip_zone_ip_address: format!("203.0.113.{}", zone + 1),
        }
    }
}

/// Returns an id in the format of the API.
fn id(seed: u64, kind: u64, place: usize) -> String {
    let place = place as u64;
    let high = hash(&[seed, ID, kind, place]);
    let low = hash(&[seed, ID, kind, place, 1]);
    EngagementId::new((u128::from(high) << 64) | u128::from(low)).to_string()
}

/// Returns a name of the list; after the last, the names repeat with a number.
fn name(list: &[&str], place: usize) -> String {
    let (word, round) = (list[place % list.len()], place / list.len());
    if round == 0 { word.to_owned() } else { format!("{word} {}", round + 1) }
}

fn agent(seed: u64, place: usize, teams: &[Arc<Team>]) -> Agent {
    let mut rng = Rng::new(&[seed, ID, 8, place as u64]);
    let (first, last) = (rng.pick(&FIRST), rng.pick(&LAST));
    let own = place % teams.len();
    let mut member_of = vec![Arc::clone(&teams[own])];
    let second = rng.index(teams.len());
    if second != own && rng.chance(0.1) {
        member_of.push(Arc::clone(&teams[second]));
    }
    let plain = |word: &str| -> String { word.chars().filter(char::is_ascii_alphabetic).collect() };
    Agent {
        user_id: id(seed, 2, place),
        display_name: format!("{first} {last}"),
        user_email: format!("{}.{}.{place}@example.com", plain(first), plain(last)).to_lowercase(),
        teams: member_of,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_of_a_queue_exist() {
        for agents in [1, 19, 21, 800] {
            let directory = Directory::new(1, 40, agents);
            let mut rng = Rng::new(&[5]);
            for _ in 0..5000 {
                let queue = rng.index(40);
                let agent = directory.random_agent(Some(queue), &mut rng);
                assert!(agent < directory.agents.len());
            }
        }
    }

    #[test]
    fn ids_differ_between_kinds() {
        let directory = Directory::new(1, 40, 800);
        let queue = &directory.queues[0];
        assert_ne!(queue.queue_id, queue.cc_queue_id);
        assert_eq!(queue.cc_queue_id.len(), 22);
    }
}
