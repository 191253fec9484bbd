//! What several instances count together: one short script in Redis, the same algorithm as in memory.

use std::path::PathBuf;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use tokio::sync::Mutex;

use crate::config::Shared;
use crate::error::RelayError;
use crate::files;
use crate::limits::Rate;

/// How long Redis may take: beyond, this instance counts by itself.
const PATIENCE: Duration = Duration::from_secs(2);

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
}

/// Why Redis did not count. Its own texts may hold an address with a password: only the kind is kept.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}")]
pub(crate) struct SharedProblem(redis::ErrorKind);

impl From<redis::RedisError> for SharedProblem {
    fn from(error: redis::RedisError) -> Self {
        Self(error.kind())
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
        }))
    }

    /// One more under this limit; how long to wait, or zero.
    pub(crate) async fn take(&self, rate: Rate, key: &[u8; 16]) -> Result<Duration, SharedProblem> {
        let mut connection = self.connection().await?;
        let mut command = redis::cmd("EVAL");
        command.arg(SCRIPT).arg(1).arg(name(key)).arg(rate.step).arg(rate.burst);
        let wait: Result<u64, _> = command.query_async(&mut connection).await;
        match wait {
            Ok(wait) => Ok(Duration::from_millis(wait)),
            Err(error) => {
                *self.connection.lock().await = None;
                Err(error.into())
            }
        }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, SharedProblem> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let new = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(connection.insert(new).clone())
    }
}

fn name(key: &[u8; 16]) -> String {
    format!("pli-relay:{:032x}", u128::from_be_bytes(*key))
}
