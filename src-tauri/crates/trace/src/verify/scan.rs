//! The canonical octets of a trace, looked at without taking anything out of them: a verification reads a million of them.
//! What is looked at is what a label may repeat; whether the rest is well formed is asked too, since octets that no
//! program wrote are no trace even where their hash fits.

/// What labels repeat of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scanned<'a> {
    /// Its own number.
    pub(crate) sequence: u64,
    /// Its time, milliseconds since 1970 UTC.
    pub(crate) at: i64,
    /// When it was written, by its own saying: its time, and how long the exchange took.
    pub(crate) moment: i64,
    /// The author's national id, name and method; empty where there is none.
    pub(crate) author: Option<[&'a str; 3]>,
    /// The BAL's address and kind.
    pub(crate) bal: Option<[&'a str; 2]>,
    /// The action's word.
    pub(crate) action: &'a str,
    /// 0 done, 1 refused, 2 failed, 3 intended.
    pub(crate) outcome: u8,
    /// What ties an intention to its outcome.
    pub(crate) exchange: Option<u64>,
    /// The message's internal id; may be empty.
    pub(crate) mail: &'a str,
    /// Its Message-ID; empty where there is none.
    pub(crate) message_id: &'a str,
    /// Its sender; empty where there is none.
    pub(crate) sender: &'a str,
    recipients: &'a [u8],
}

impl<'a> Scanned<'a> {
    /// Looks at canonical octets of format 1 or 2; `None` for anything else.
    pub(crate) fn of(octets: &'a [u8]) -> Option<Self> {
        let mut from = Octets(octets);
        let second = match from.u8()? {
            2 => true,
            1 => false,
            _ => return None,
        };
        let sequence = from.u64()?;
        from.take(16)?;
        let at = from.u64()?.cast_signed();
        from.take(4)?;
        if second {
            from.option(Octets::u64)?;
            from.option(Octets::u8)?;
        }
        from.option(Octets::u64)?;
        let author = from.option(|from| {
            let id = from.option(Octets::text)?.unwrap_or_default();
            Some([id, from.text()?, from.text()?])
        })?;
        let bal = from.option(|from| Some([from.text()?, from.text()?]))?;
        let action = from.text()?;
        from.texts(if second { 5 } else { 4 })?;
        from.take(16)?;
        let outcome = from.u8()?;
        match outcome {
            0 | 1 => from.texts(3)?,
            2 => from.texts(1)?,
            3 => {}
            _ => return None,
        }
        let exchange = if second { from.option(Octets::u64)? } else { None };
        let took = i64::try_from(from.u64()?).unwrap_or(i64::MAX);
        let mail = from.text()?;
        let message_id = from.option(Octets::text)?.unwrap_or_default();
        let sender = from.option(Octets::text)?.unwrap_or_default();
        let count = from.u32()?;
        let start = from.0;
        for _ in 0..count {
            from.text()?;
        }
        let recipients = &start[..start.len() - from.0.len()];
        from.option(Octets::u64)?;
        from.texts(5)?;
        from.option(|from| from.texts(2))?;
        from.0.is_empty().then_some(Self {
            sequence,
            at,
            moment: at.saturating_add(took),
            author,
            bal,
            action,
            outcome,
            exchange,
            mail,
            message_id,
            sender,
            recipients,
        })
    }

    /// The sender's and recipients' octets: two traces that have the same have the same party.
    pub(crate) fn party_octets(&self) -> (&'a str, &'a [u8]) {
        (self.sender, self.recipients)
    }

    /// The names of its message, as the table of messages has them: its Message-ID, its internal id, and each word of that
    /// id when there are several.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        let mail = self.mail;
        let words = mail.split(' ').filter(move |word| *word != mail);
        [self.message_id, mail]
            .into_iter()
            .chain(words)
            .filter(|name| !name.is_empty())
    }

    /// Its sender and recipients, as the table of parties has them.
    pub(crate) fn party(&self) -> String {
        let sender = Some(self.sender).filter(|sender| !sender.is_empty());
        let mut all: Vec<String> = sender
            .into_iter()
            .chain(self.recipients())
            .map(str::to_lowercase)
            .collect();
        all.sort_unstable();
        all.dedup();
        all.join("\n")
    }

    /// The recipients' addresses, as written.
    fn recipients(&self) -> impl Iterator<Item = &'a str> {
        let mut from = Octets(self.recipients);
        std::iter::from_fn(move || from.text())
    }
}

struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|octet| octet[0])
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn texts(&mut self, count: usize) -> Option<()> {
        for _ in 0..count {
            self.text()?;
        }
        Some(())
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.u8()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }
}
