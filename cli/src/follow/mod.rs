//! Following a sync or a project to its end, whatever happens to the connection: through a service, or by a gateway within
//! this process. Both give the same bytes, and are read alike.

mod pace;
mod parser;

use std::{collections::VecDeque, time::Duration};

use futures::StreamExt;
use gateway::{Followed, Gateway, Pieces, Target};
use http::StatusCode;
use tokio::time::{sleep, timeout};

pub use parser::Message;

use self::{
    pace::Pace,
    parser::{Parsed, Parser},
};
use crate::{
    client::{Client, Opening},
    error::CliError,
};

/// After how long without a byte a connection is taken for dead: three heartbeats of the service, as it is set by default.
const SILENCE: Duration = Duration::from_secs(45);

/// Who tells.
pub enum Origin {
    /// A service.
    Service(Client),
    /// A gateway within this process.
    Here(Gateway),
}

/// What is told.
#[derive(Debug)]
pub enum Told {
    /// A message.
    Message(Message),
    /// The connection is gone, for this reason; it is made again. Told once, until something comes again.
    CutOff(String),
}

/// Follows something.
pub struct Follower {
    origin: Origin,
    target: Target,
    /// What was seen last.
    last_id: Option<String>,
    pieces: Option<Pieces>,
    parser: Parser,
    parsed: VecDeque<Parsed>,
    pace: Pace,
    /// How long to wait before connecting.
    wait: Option<Duration>,
    /// After how long without a byte it is cut off.
    silence: Duration,
    has_connected: bool,
    has_told: bool,
    is_over: bool,
}

impl Follower {
    /// Follows from the state so far on. Nothing is asked yet.
    pub fn new(origin: Origin, target: Target) -> Self {
        Self {
            origin,
            target,
            last_id: None,
            pieces: None,
            parser: Parser::default(),
            parsed: VecDeque::new(),
            pace: Pace::default(),
            wait: None,
            silence: SILENCE,
            has_connected: false,
            has_told: false,
            is_over: false,
        }
    }

    /// Follows from the first event on, as far as that many are told again.
    pub fn starting_at_the_first(self) -> Self {
        Self { last_id: Some("0".to_owned()), ..self }
    }

    /// Connects for the first time, which tells whether there is such a thing. Where this is left out, the first
    /// [`Self::next`] does it.
    ///
    /// # Errors
    /// If it is refused for good, or nobody answers.
    pub async fn begin(&mut self) -> Result<(), CliError> {
        if let Some((_, wait)) = self.connect().await? {
            self.lose(wait);
        }
        Ok(())
    }

    /// What is told next; none after the last event of a sync. Not to be called again after it was given up on the way.
    ///
    /// # Errors
    /// If it is refused for good, or nobody answers at the very beginning.
    pub async fn next(&mut self) -> Result<Option<Told>, CliError> {
        loop {
            match self.parsed.pop_front() {
                Some(Parsed::Retry(wait)) => self.pace.advise(wait),
                Some(Parsed::Message(message)) => {
                    self.see(&message);
                    return Ok(Some(Told::Message(message)));
                }
                None if self.is_over => return Ok(None),
                None => {
                    let lost = match self.pieces.as_mut() {
                        Some(pieces) => {
                            read(pieces, self.silence, &mut self.parser, &mut self.parsed).await?
                        }
                        None => self.connect().await?,
                    };
                    match lost {
                        Some((reason, wait)) => {
                            self.lose(wait);
                            if !std::mem::replace(&mut self.has_told, true) {
                                return Ok(Some(Told::CutOff(reason)));
                            }
                        }
                        None if self.pieces.is_some() && !self.parsed.is_empty() => {
                            self.has_told = false;
                            self.pace.succeed();
                        }
                        None => {}
                    }
                }
            }
        }
    }

    fn see(&mut self, message: &Message) {
        if let Some(id) = &message.id {
            self.last_id = Some(id.clone()).filter(|id| !id.is_empty());
        }
        let is_terminal = matches!(message.name.as_str(), "completed" | "failed" | "cancelled");
        if is_terminal && matches!(self.target, Target::Sync(_)) {
            // The service ends the stream, too; there is nothing to wait for.
            self.is_over = true;
            self.pieces = None;
            self.parsed.clear();
        }
    }

    fn lose(&mut self, at_least: Option<Duration>) {
        self.pieces = None;
        self.wait = Some(self.pace.next(at_least));
    }

    /// Connects, after the wait that is due. The reason if that fails for now.
    async fn connect(&mut self) -> Result<Option<Lost>, CliError> {
        if let Some(wait) = self.wait.take() {
            sleep(wait).await;
        }
        self.parser = Parser::default();
        match self.origin.open(self.target, self.last_id.as_deref()).await? {
            Opening::Stream(pieces) => self.pieces = Some(pieces),
            Opening::Over => self.is_over = true,
            Opening::Away(error) if !self.has_connected => return Err(error),
            Opening::Away(error) => return Ok(Some((error.to_string(), None))),
            Opening::Later(error, wait) => return Ok(Some((error.to_string(), wait))),
        }
        self.has_connected = true;
        Ok(None)
    }
}

/// Why a connection is gone, and how long the service wants us to wait.
type Lost = (String, Option<Duration>);

/// Reads a piece. The reason if there is none.
async fn read(
    pieces: &mut Pieces,
    silence: Duration,
    parser: &mut Parser,
    parsed: &mut VecDeque<Parsed>,
) -> Result<Option<Lost>, CliError> {
    let reason = match timeout(silence, pieces.next()).await {
        Ok(Some(Ok(piece))) => {
            // A service that sends such a thing would send it again.
            parser
                .push(&piece, parsed)
                .map_err(|error| CliError::io("reading the stream")(std::io::Error::other(error)))?;
            return Ok(None);
        }
        Ok(Some(Err(error))) => error.to_string(),
        Ok(None) => "the stream ended".to_owned(),
        Err(_) => format!("nothing came for {} s", silence.as_secs()),
    };
    Ok(Some((reason, None)))
}

impl Origin {
    async fn open(&self, target: Target, last_event_id: Option<&str>) -> Result<Opening, CliError> {
        let gateway = match self {
            Self::Here(gateway) => gateway,
            Self::Service(client) => {
                return match target {
                    Target::Sync(id) => {
                        client.stream(&["events", "project-sync", &id.to_string()], last_event_id).await
                    }
                    Target::Project(id) => {
                        client.stream(&["events", "projects", &id.to_string()], last_event_id).await
                    }
                };
            }
        };
        Ok(match gateway.follow(target, last_event_id).await {
            Ok(Followed::Over) => Opening::Over,
            Ok(Followed::Stream(pieces)) => Opening::Stream(pieces),
            Err(refusal) => {
                let status = refusal.status();
                let error = CliError::Refused {
                    status: status.as_u16(),
                    code: refusal.word().to_owned(),
                    message: refusal.detail().to_owned(),
                };
                if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
                    return Err(error);
                }
                Opening::Later(error, None)
            }
        })
    }
}

#[cfg(test)]
mod tests;
