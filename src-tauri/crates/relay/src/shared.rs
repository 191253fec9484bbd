//! What several instances count together: one short script in Redis, the same algorithm as in memory.

use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use tokio::sync::Mutex;

use crate::config::Shared;
use crate::error::RelayError;
use crate::files;
use crate::limits::Rate;

/// How long Redis may take: beyond, this instance counts by itself.
const PATIENCE: Duration = Duration::from_millis(500);
/// After a failure it is left alone for so long: requests do not each wait for a server that does not answer.
const REST: Duration = Duration::from_secs(5);

/// By Redis's own clock, so that the instances' clocks do not have to agree. Answers how many milliseconds to wait.
const SCRIPT: &str = "\
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local step, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local next = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + step
local wait = next - now - step * burst
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', next - now)
return 0";

/// A Redis server.
pub(crate) struct Redis {
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
    /// When it last failed.
    failed: std::sync::Mutex<Option<Instant>>,
}

/// Why Redis did not count. Its own texts may hold an address with a password: only the kind is kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SharedProblem {
    #[error("{0:?}")]
    Redis(redis::ErrorKind),
    #[error("it failed a moment ago")]
    Resting,
}

impl From<redis::RedisError> for SharedProblem {
    fn from(error: redis::RedisError) -> Self {
        Self::Redis(error.kind())
    }
}

impl Redis {
    /// The server that the settings name, if any. It need not be there yet.
    pub(crate) fn of(config: &Shared) -> Result<Option<Self>, RelayError> {
        const SETTING: &str = "shared.redis";
        let from_file = |path: &PathBuf| files::line("shared.redis_file", path).map(|line| line.expose().to_owned());
        let address = match (&config.redis, &config.redis_file) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(RelayError::setting(SETTING, "there is shared.redis_file too")),
            (Some(address), None) => address.clone(),
            (None, Some(path)) => from_file(path)?,
        };
        if !address.starts_with("redis://") && !address.starts_with("rediss://") {
            return Err(RelayError::setting(SETTING, "it must begin with rediss:// or redis://"));
        }
        let client =
            Client::open(address).map_err(|_| RelayError::setting(SETTING, "it is not an address of Redis"))?;
        Ok(Some(Self {
            client,
            connection: Mutex::new(None),
            failed: std::sync::Mutex::new(None),
        }))
    }

    /// One more under this limit; how long to wait, or zero.
    pub(crate) async fn take(&self, rate: Rate, key: &[u8; 16]) -> Result<Duration, SharedProblem> {
        let outcome = self.ask(rate, key).await;
        if let Err(SharedProblem::Redis(_)) = &outcome {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            *self.connection.lock().await = None;
        }
        outcome
    }

    async fn ask(&self, rate: Rate, key: &[u8; 16]) -> Result<Duration, SharedProblem> {
        let mut connection = self.connection().await?;
        let mut command = redis::cmd("EVAL");
        command.arg(SCRIPT).arg(1).arg(name(key)).arg(rate.step).arg(rate.burst);
        let wait: u64 = command.query_async(&mut connection).await?;
        Ok(Duration::from_millis(wait))
    }

    async fn connection(&self) -> Result<MultiplexedConnection, SharedProblem> {
        self.awake()?;
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        // Whoever waited here for another's attempt knows how it ended.
        self.awake()?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let new = self.client.get_multiplexed_async_connection_with_config(&config).await;
        if new.is_err() {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        Ok(connection.insert(new?).clone())
    }

    fn awake(&self) -> Result<(), SharedProblem> {
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match failed.is_some_and(|at| at.elapsed() < REST) {
            true => Err(SharedProblem::Resting),
            false => Ok(()),
        }
    }
}

fn name(key: &[u8; 16]) -> String {
    format!("pli-relay:{:032x}", u128::from_be_bytes(*key))
}
