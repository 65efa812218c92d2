//! The operator's work through a service's API.

use api::model::{DeadFilterDto, JobFilterDto};
use async_trait::async_trait;
use entities::{DeadJobId, ProjectId, SyncId};
use gateway::Target;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Bulk, DeadVerb, JobsVerb, Listed, Operator, PAGE, find::ids_beginning};
use crate::{
    client::Client,
    error::CliError,
    find::suggest,
    follow::{Follower, Origin},
};

/// The most projects that are looked through for a name.
const MAX_PROJECTS: usize = 10_000;

/// A service.
pub struct Remote {
    client: Client,
}

impl Remote {
    /// The service that a client reaches.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// What the service finds of all its parts.
    pub async fn doctor(&self) -> Result<Value, CliError> {
        self.client.get(&["admin", "doctor"], &()).await
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        self.client.base().as_str()
    }

    async fn list(
        &self,
        path: &[&str],
        filter: Value,
        from: Option<&str>,
        limit: u64,
    ) -> Result<Listed, CliError> {
        let mut query = filter;
        // Without a limit the service gives as many at once as it likes to.
        if limit < PAGE {
            query["limit"] = limit.into();
        }
        if let Some(from) = from {
            query["cursor"] = from.into();
        }
        let answer = self.client.get(path, &query).await?;
        self.read(answer)
    }

    /// Reads an answer of which a part matters here.
    fn read<T: DeserializeOwned>(&self, answer: Value) -> Result<T, CliError> {
        serde_json::from_value(answer).map_err(|error| CliError::Unreachable {
            server: self.client.base().to_string(),
            reason: format!("its answer is none of this API: {error}"),
        })
    }

    /// The sync that a service made, or found, to do something again.
    fn started(&self, answer: &Value) -> Result<Option<SyncId>, CliError> {
        Ok(Some(self.read(answer["sync"]["id"].clone())?))
    }
}

#[async_trait]
impl Operator for Remote {
    async fn jobs(&self, filter: &JobFilterDto, from: Option<&str>, limit: u64) -> Result<Listed, CliError> {
        self.list(&["admin", "jobs"], super::json(filter)?, from, limit).await
    }

    async fn job(&self, id: SyncId) -> Result<Value, CliError> {
        self.client.get(&["admin", "jobs", &id.to_string()], &()).await
    }

    fn follow(&self, target: Target) -> Result<Follower, CliError> {
        Ok(Follower::new(Origin::Service(self.client.clone()), target))
    }

    async fn change_job(&self, verb: JobsVerb, id: SyncId) -> Result<Option<SyncId>, CliError> {
        let id = id.to_string();
        match verb {
            JobsVerb::Cancel => {
                self.client.post(&["admin", "jobs", &id, "cancel"], &json!({})).await.map(|_| None)
            }
            JobsVerb::Requeue => {
                self.started(&self.client.post(&["admin", "jobs", &id, "requeue"], &json!({})).await?)
            }
            JobsVerb::Remove => self.client.delete(&["admin", "jobs", &id]).await.map(|()| None),
        }
    }

    async fn change_jobs(
        &self,
        verb: JobsVerb,
        filter: &JobFilterDto,
        dry_run: bool,
    ) -> Result<Bulk, CliError> {
        let word = match verb {
            JobsVerb::Cancel => "cancel",
            JobsVerb::Requeue => "requeue",
            JobsVerb::Remove => "remove",
        };
        let body = json!({ "filter": filter, "dryRun": dry_run });
        self.read(self.client.post(&["admin", "jobs", word], &body).await?)
    }

    async fn queue(&self) -> Result<Value, CliError> {
        self.client.get(&["admin", "queue"], &()).await
    }

    async fn pause(&self, project: Option<ProjectId>, reason: Option<&str>) -> Result<bool, CliError> {
        let body = json!({ "projectId": project, "reason": reason });
        let answer = self.client.post(&["admin", "queue", "pause"], &body).await?;
        self.read(answer["changed"].clone())
    }

    async fn resume(&self, project: Option<ProjectId>) -> Result<bool, CliError> {
        let answer =
            self.client.post(&["admin", "queue", "resume"], &json!({ "projectId": project })).await?;
        self.read(answer["changed"].clone())
    }

    async fn dead(&self, filter: &DeadFilterDto, from: Option<&str>, limit: u64) -> Result<Listed, CliError> {
        self.list(&["admin", "dead"], super::json(filter)?, from, limit).await
    }

    async fn dead_job(&self, id: DeadJobId) -> Result<Value, CliError> {
        self.client.get(&["admin", "dead", &id.to_string()], &()).await
    }

    async fn change_dead_job(&self, verb: DeadVerb, id: DeadJobId) -> Result<Option<SyncId>, CliError> {
        let id = id.to_string();
        match verb {
            DeadVerb::Requeue => {
                self.started(&self.client.post(&["admin", "dead", &id, "requeue"], &json!({})).await?)
            }
            DeadVerb::Purge => self.client.delete(&["admin", "dead", &id]).await.map(|()| None),
        }
    }

    async fn change_dead(
        &self,
        verb: DeadVerb,
        filter: &DeadFilterDto,
        dry_run: bool,
    ) -> Result<Bulk, CliError> {
        let word = match verb {
            DeadVerb::Requeue => "requeue",
            DeadVerb::Purge => "purge",
        };
        let all = *filter == DeadFilterDto::default();
        let body = json!({ "filter": filter, "all": all, "dryRun": dry_run });
        self.read(self.client.post(&["admin", "dead", word], &body).await?)
    }

    async fn project(&self, text: &str) -> Result<ProjectId, CliError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let (mut from, mut names, mut begins) = (None, Vec::new(), Vec::new());
        loop {
            let page = self.list(&["projects"], json!({}), from.as_deref(), PAGE).await?;
            for project in &page.items {
                let id: ProjectId = self.read(project["id"].clone())?;
                let name: String = self.read(project["name"].clone())?;
                if name == text {
                    return Ok(id);
                }
                if ids_beginning(text, &id.to_string()) {
                    begins.push(id);
                }
                names.push(name);
            }
            from = page.next;
            if from.is_none() || names.len() >= MAX_PROJECTS {
                break;
            }
        }
        match begins.as_slice() {
            [one] => Ok(*one),
            [] => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                Err(CliError::not_found(format!("no project named '{text}'"), suggest(text, &names)))
            }
            _ => Err(CliError::usage(format!("several projects have ids that begin with {text}"))),
        }
    }

    async fn close(&self) -> Result<(), CliError> {
        Ok(())
    }
}
