//! Sieve being written. What the program itself says goes in as words of its own source; what a person typed can only go in
//! as a string, which nothing in it can end (RFC 5228 §2.4.2): so nothing typed becomes Sieve.

/// A script under construction.
#[derive(Debug, Default)]
pub(super) struct Writer(String);

impl Writer {
    /// Words of this program.
    pub(super) fn code(&mut self, code: &'static str) -> &mut Self {
        self.0.push_str(code);
        self
    }

    /// A number.
    pub(super) fn number(&mut self, number: u32) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// A string, whatever is in it. Lines end by CRLF, as in all that a script holds; a NUL has no place in one and is left
    /// out.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push('"');
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' | '\\' => {
                    self.0.push('\\');
                    self.0.push(c);
                }
                '\r' => {
                    if chars.peek() == Some(&'\n') {
                        chars.next();
                    }
                    self.0.push_str("\r\n");
                }
                '\n' => self.0.push_str("\r\n"),
                '\0' => {}
                _ => self.0.push(c),
            }
        }
        self.0.push('"');
        self
    }

    /// A list of strings.
    pub(super) fn texts<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) -> &mut Self {
        self.0.push('[');
        for (place, text) in texts.into_iter().enumerate() {
            if place > 0 {
                self.0.push_str(", ");
            }
            self.text(text.as_ref());
        }
        self.0.push(']');
        self
    }

    /// A pattern of `:matches` for what begins by `text`: its own `*` and `?` mean themselves (RFC 5228 §2.7.1).
    pub(super) fn beginning(&mut self, text: &str) -> &mut Self {
        let mut pattern = String::with_capacity(text.len() + 1);
        for c in text.chars() {
            if matches!(c, '*' | '?' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('*');
        self.text(&pattern)
    }

    /// Another part, written before.
    pub(super) fn part(&mut self, part: &Self) -> &mut Self {
        self.0.push_str(&part.0);
        self
    }

    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The script.
    pub(super) fn finish(self) -> String {
        self.0
    }
}
