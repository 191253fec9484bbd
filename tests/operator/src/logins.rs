//! What a test says to the identity provider and to the intermediary before it.

use serde_json::Value;

use crate::bench;
use crate::error::{Error, Result};
use crate::operator::Operator;

impl Operator {
    /// An access token as after a login of this person.
    ///
    /// # Errors
    /// When nobody has this national id.
    pub fn token(&self, national_id: &str) -> Result<String> {
        self.token_by(&format!("/token?id={national_id}"))
    }

    /// An access token that lives `seconds`.
    ///
    /// # Errors
    /// As [`Operator::token`].
    pub fn token_for(&self, national_id: &str, seconds: u32) -> Result<String> {
        self.token_by(&format!("/token?id={national_id}&ttl={seconds}"))
    }

    /// Approves the login of this person, waiting up to a minute for one to begin.
    ///
    /// # Errors
    /// When nobody logs in.
    pub fn approve(&self, national_id: &str) -> Result<()> {
        bench::approve(self.info(), national_id)
    }

    /// Refuses the login of this person, waiting up to a minute for one to begin.
    ///
    /// # Errors
    /// When nobody logs in.
    pub fn refuse(&self, national_id: &str) -> Result<()> {
        bench::refuse(self.info(), national_id)
    }

    /// Lets the pending login of this person expire, waiting up to a minute for one to begin.
    ///
    /// # Errors
    /// When nobody logs in.
    pub fn expire_login(&self, national_id: &str) -> Result<()> {
        self.bench(&format!("/expire?wait={}&id={national_id}", bench::ARRIVAL_SECONDS))
            .map(drop)
    }

    /// The logins that wait for an answer, as the bench lists them; a phone's has its two digits as `binding`.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn pending(&self) -> Result<Value> {
        self.bench("/pending")
    }

    /// Approves every later login at once, or not. Without a hint, the browser's login is that of `national_id`.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn set_auto_approve(&self, on: bool, national_id: &str) -> Result<()> {
        self.bench(&format!("/auto?on={}&id={national_id}", u8::from(on)))
            .map(drop)
    }

    /// Makes every access token given so far expire.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn expire_tokens(&self) -> Result<()> {
        self.bench("/expire-tokens").map(drop)
    }

    /// Ends every session: access tokens, refresh tokens and the browser's login.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn expire_sessions(&self) -> Result<()> {
        self.bench("/expire-tokens?all=1").map(drop)
    }

    /// Sets the life of the access tokens given from now on, in seconds.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn set_token_ttl(&self, seconds: u32) -> Result<()> {
        self.bench(&format!("/ttl?s={seconds}")).map(drop)
    }

    /// Sets the lives of what is given from now on, in seconds: access tokens, refresh tokens, and sessions, which count from
    /// the login. Nothing outlives its session, and no refresh goes beyond it.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn set_lifetimes(&self, access: u32, refresh: u32, session: u32) -> Result<()> {
        let lives = format!("/lifetimes?access={access}&refresh={refresh}&session={session}");
        self.bench(&lives).map(drop)
    }

    /// Puts the identity provider out of service, or back: everything it serves but the bench answers 503, to the mail servers
    /// too, which then let nobody new in.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn set_down(&self, down: bool) -> Result<()> {
        self.bench(&format!("/down?on={}", u8::from(down))).map(drop)
    }

    /// Every secret that the identity provider ever gave: access, refresh and id tokens, codes, names of pending requests. With
    /// `Options::relay_watched`, also those of the intermediary, which seals what it gives.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn issued(&self) -> Result<Vec<String>> {
        let answer = self.bench("/issued")?;
        let mut issued: Vec<String> =
            serde_json::from_value(answer).map_err(|error| Error::answer("reading the bench", error.to_string()))?;
        issued.extend(self.relays().issued());
        Ok(issued)
    }

    /// How many requests the identity provider was sent at this path, such as `/backchannel` or `/token`.
    ///
    /// # Errors
    /// When the identity provider is away.
    pub fn seen(&self, path: &str) -> Result<u64> {
        let answer = self.bench("/seen")?;
        Ok(answer.get(path).and_then(Value::as_u64).unwrap_or_default())
    }

    /// Any other request to the bench of the identity provider, such as `/people`.
    ///
    /// # Errors
    /// When it is away, or refuses.
    pub fn bench(&self, path: &str) -> Result<Value> {
        bench::request(self.info(), path)
    }

    /// Stops the intermediary, every instance of it.
    pub fn relay_stop(&self) {
        self.relays().stop();
    }

    /// Stops one instance of the intermediary, the first being 0; the others go on.
    pub fn relay_stop_one(&self, n: usize) {
        self.relays().stop_one(n);
    }

    /// Starts the instances of the intermediary that do not run.
    ///
    /// # Errors
    /// When one does not start.
    pub fn relay_start(&self) -> Result<()> {
        self.relays().start()
    }

    /// Stops and starts every instance of the intermediary: whatever it remembers by itself is gone.
    ///
    /// # Errors
    /// When one does not start.
    pub fn relay_restart(&self) -> Result<()> {
        self.relays().stop();
        self.relays().start()
    }

    pub(crate) fn token_by(&self, path: &str) -> Result<String> {
        let answer = self.bench(path)?;
        let token = answer.get("access_token").and_then(Value::as_str);
        token
            .map(str::to_owned)
            .ok_or_else(|| Error::answer("asking for a token", answer.to_string()))
    }
}
