//! What the load uses: processors, memory, descriptors, connections, between two moments.

use serde::Serialize;
use tokio::time::Instant;

use super::{
    installation::Installation,
    machine::{self, ProcessState},
    servers::{PostgresState, RedisState},
};
use crate::error::CliError;

/// Everything at a moment.
pub struct Sample {
    at: Instant,
    machine: Option<(f64, f64)>,
    processes: Vec<(String, ProcessState)>,
    postgres: Option<PostgresState>,
    redis: Option<RedisState>,
}

/// What was used in a while. What the system does not tell is left out.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Used {
    /// Of all processors of the machine, by whatever runs there, in percent of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_percent: Option<f64>,
    /// The part of it that is neither ours nor our servers'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others_percent: Option<f64>,
    /// Our processes, and the one that makes the load.
    pub processes: Vec<ProcessUse>,
    /// The database server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postgres: Option<PostgresUse>,
    /// The queue's server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis: Option<RedisUse>,
}

/// One process.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessUse {
    /// What it does.
    pub name: String,
    /// Of one processor, in percent.
    pub processor_percent: f64,
    /// Memory that is resident in the end, in bytes.
    pub memory: u64,
    /// Descriptors that are open in the end.
    pub descriptors: u64,
}

/// Postgres.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostgresUse {
    /// All its processes, of one processor, in percent; if it runs on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_percent: Option<f64>,
    /// Transactions a second.
    pub transactions_per_second: f64,
    /// Connections in the end.
    pub connections: i64,
    /// Connections that it takes.
    pub max_connections: i64,
}

/// Redis.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedisUse {
    /// Of one processor, in percent; if it runs on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_percent: Option<f64>,
    /// Commands a second, those within scripts included.
    pub commands_per_second: f64,
    /// Memory of its data in the end, in bytes.
    pub memory: i64,
    /// Bytes received and sent a second.
    pub bytes_per_second: f64,
}

impl Sample {
    /// How everything stands.
    ///
    /// # Errors
    /// If a server of ours does not answer.
    pub async fn take(installation: &Installation) -> Result<Self, CliError> {
        let members = installation.members.iter().map(|member| (member.name.clone(), member.id));
        let load = ("load".to_owned(), std::process::id());
        let processes = members
            .chain([load])
            .filter_map(|(name, id)| machine::process(id).map(|state| (name, state)))
            .collect();
        let postgres = match &installation.postgres {
            Some(postgres) => Some(postgres.state().await?),
            None => None,
        };
        let redis = match &installation.redis {
            Some(redis) => Some(redis.state().await?),
            None => None,
        };
        Ok(Self { at: Instant::now(), machine: machine::processor_seconds(), processes, postgres, redis })
    }

    /// What was used between this moment and a later one.
    pub fn until(&self, later: &Self, installation: &Installation) -> Used {
        let seconds = (later.at - self.at).as_secs_f64().max(0.001);
        let percent = |from: f64, to: f64| (to - from).max(0.0) / seconds * 100.0;
        let processes = later.processes.iter().filter_map(|(name, state)| {
            let (_, before) = self.processes.iter().find(|(known, _)| known == name)?;
            Some(ProcessUse {
                name: name.clone(),
                processor_percent: percent(before.processor_seconds, state.processor_seconds),
                memory: state.memory,
                descriptors: state.descriptors,
            })
        });
        let postgres = self.postgres.zip(later.postgres).map(|(from, to)| PostgresUse {
            processor_percent: from.processor_seconds.zip(to.processor_seconds).map(|(a, b)| percent(a, b)),
            transactions_per_second: (to.transactions - from.transactions) as f64 / seconds,
            connections: to.connections,
            max_connections: installation.postgres.as_ref().map_or(0, |postgres| postgres.max_connections),
        });
        let redis = self.redis.zip(later.redis).map(|(from, to)| RedisUse {
            processor_percent: from.processor_seconds.zip(to.processor_seconds).map(|(a, b)| percent(a, b)),
            commands_per_second: (to.commands - from.commands) as f64 / seconds,
            memory: to.memory,
            bytes_per_second: (to.bytes - from.bytes) as f64 / seconds,
        });
        let machine_percent = self.machine.zip(later.machine).map(|((busy, all), (busy_then, all_then))| {
            (busy_then - busy) / (all_then - all).max(0.01) * 100.0
        });
        let mut used =
            Used { machine_percent, others_percent: None, processes: processes.collect(), postgres, redis };
        let ours =
            used.shares().iter().map(|(_, percent)| percent).sum::<f64>() / machine::processors() as f64;
        used.others_percent = machine_percent.map(|all| (all - ours).max(0.0));
        used
    }
}

impl Used {
    /// Who used the processors, workers together, each in percent of one; the highest first.
    pub fn shares(&self) -> Vec<(String, f64)> {
        let mut shares: Vec<(String, f64)> = Vec::new();
        let mut add = |name: &str, percent: f64| match shares.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += percent,
            None => shares.push((name.to_owned(), percent)),
        };
        for process in &self.processes {
            let name = if process.name.starts_with("worker ") { "workers" } else { &process.name };
            add(name, process.processor_percent);
        }
        let postgres = self.postgres.as_ref().and_then(|postgres| postgres.processor_percent);
        postgres.inspect(|percent| add("Postgres", *percent));
        let redis = self.redis.as_ref().and_then(|redis| redis.processor_percent);
        redis.inspect(|percent| add("Redis", *percent));
        shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        shares
    }
}
