//! `healthcheck`: whether a part of the service is well, told by the exit code.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::{Client, Response, Url, redirect::Policy};
use serde::Deserialize;

use crate::{
    args::{
        Global,
        install::{HealthcheckArgs, Part},
    },
    error::CliError,
    settings::Settings,
};

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16 << 10;

/// What a part says is wrong; the rest of the problem is for programs.
#[derive(Deserialize)]
struct ProblemAnswer {
    detail: String,
}

/// Asks once.
///
/// # Errors
/// [`CliError::Blocked`] if it answers that it is not well, [`CliError::Unreachable`] if it does not answer in time.
pub async fn run(global: &Global, args: &HealthcheckArgs) -> Result<(), CliError> {
    let mut url = match &args.url {
        Some(url) => named(url)?,
        None => of_settings(args.part, &Settings::load(global.config.as_deref())?)?,
    };
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(if args.live { "healthz" } else { "readyz" });
    }
    let timeout = Duration::from_secs(args.timeout);
    let client = Client::builder()
        // It is this address that is asked about: neither a proxy nor somewhere else.
        .no_proxy()
        .redirect(Policy::none())
        .timeout(timeout)
        .build()
        .map_err(|error| CliError::io("setting up HTTP")(std::io::Error::other(error.without_url())))?;
    let response =
        client.get(url.clone()).send().await.map_err(|error| unreachable(&url, &error, timeout))?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let why = detail(response).await.unwrap_or_else(|| "it does not say why".to_owned());
    Err(CliError::Blocked { message: format!("{url} answers with {}: {why}", status.as_u16()), hint: None })
}

/// An address as it was typed. One with a user or a password is refused: it would show up in logs.
fn named(url: &str) -> Result<Url, CliError> {
    let parsed = Url::parse(url).ok().filter(|url| {
        let is_plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain
    });
    let mut url = parsed.ok_or_else(|| {
        CliError::usage("--url must be an address such as http://127.0.0.1:8080, and no more")
    })?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Where a part of this machine answers.
fn of_settings(part: Part, settings: &Settings) -> Result<Url, CliError> {
    let address = match part {
        Part::Api => settings.api.listen,
        Part::Gateway => settings.gateway.listen,
        Part::Worker => settings.telemetry.metrics_listen.ok_or_else(|| {
            CliError::usage("the worker answers nowhere: telemetry.metrics_listen is not set")
        })?,
    };
    named(&format!("http://{}", reachable(address)))
}

/// An address that can be asked, where one is listened to that stands for all of a machine's.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn unreachable(url: &Url, error: &reqwest::Error, timeout: Duration) -> CliError {
    let mut reason = format!("no answer within {} s", timeout.as_secs());
    if !error.is_timeout() {
        // The innermost cause: what reqwest itself says is only that the request failed.
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(inner) = cause {
            reason = inner.to_string();
            cause = inner.source();
        }
    }
    CliError::Unreachable { server: url.to_string(), reason }
}

/// What the answer says is wrong, if it can be read and is not too long.
async fn detail(mut response: Response) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER_BYTES {
            return None;
        }
    }
    serde_json::from_slice::<ProblemAnswer>(&bytes).ok().map(|problem| problem.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_stands_for_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("10.1.2.3:80", "10.1.2.3:80"),
            ("127.0.0.1:81", "127.0.0.1:81"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()), asked.parse().unwrap());
        }
    }

    #[test]
    fn each_part_is_asked_where_it_listens() {
        let mut settings = Settings::default();
        assert_eq!(of_settings(Part::Api, &settings).unwrap().as_str(), "http://127.0.0.1:8080/");
        assert_eq!(of_settings(Part::Gateway, &settings).unwrap().as_str(), "http://127.0.0.1:8081/");
        assert_eq!(of_settings(Part::Worker, &settings).unwrap_err().exit_code(), 2);
        settings.telemetry.metrics_listen = Some("[::]:9464".parse().unwrap());
        assert_eq!(of_settings(Part::Worker, &settings).unwrap().as_str(), "http://[::1]:9464/");
    }
}
