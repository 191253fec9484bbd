//! The report's typeface: DejaVu Sans Condensed, embedded. Its Latin, Greek and Cyrillic are whole; a character that it has not, or
//! that shows nothing, is written by its number, so that a report never hides one.

use std::borrow::Cow;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

use crate::error::JournalError;

static BOOK: &[u8] = include_bytes!("../../../fonts/DejaVuSansCondensed.ttf");
static BOLD: &[u8] = include_bytes!("../../../fonts/DejaVuSansCondensed-Bold.ttf");

/// Characters looked up once and for all: those of Western languages.
const QUICK: u32 = 0x180;

/// One weight.
pub(super) struct Face {
    pub(super) font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units: f32,
    quick: Vec<Option<(u32, f32)>>,
}

/// Both weights.
pub(super) struct Typeface {
    pub(super) book: Face,
    pub(super) bold: Face,
}

impl Typeface {
    pub(super) fn load() -> Result<Self, JournalError> {
        let face = |octets| {
            Face::load(octets).ok_or(JournalError::Report {
                what: "the embedded typeface",
            })
        };
        Ok(Self {
            book: face(BOOK)?,
            bold: face(BOLD)?,
        })
    }
}

impl Face {
    fn load(octets: &'static [u8]) -> Option<Self> {
        let font = Font::new(octets.into(), 0)?;
        let tables = FontRef::new(octets).ok()?;
        let mut face = Self {
            units: font.units_per_em(),
            charmap: tables.charmap(),
            metrics: tables.glyph_metrics(Size::unscaled(), LocationRef::default()),
            font,
            quick: Vec::new(),
        };
        face.quick = (0..QUICK)
            .map(|code| char::from_u32(code).and_then(|c| face.look_up(c)))
            .collect();
        Some(face)
    }

    /// How wide a text is, in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    /// How wide a character is at a size of one point.
    pub(super) fn advance(&self, c: char) -> f32 {
        self.glyph(c).map_or(0.0, |(_, advance)| advance)
    }

    /// A legible text as glyphs.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        text.char_indices()
            .filter_map(|(place, c)| {
                let (glyph, advance) = self.glyph(c)?;
                let range = place..place + c.len_utf8();
                Some(KrillaGlyph::new(
                    GlyphId::new(glyph),
                    advance,
                    0.0,
                    0.0,
                    0.0,
                    range,
                    None,
                ))
            })
            .collect()
    }

    /// The text with each character that would not show replaced by `‹U+202E›`.
    pub(super) fn legible<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.chars().all(|c| self.shows(c)) {
            return text.into();
        }
        let mut out = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if self.shows(c) {
                out.push(c);
            } else {
                out.push_str(&format!("‹U+{:04X}›", u32::from(c)));
            }
        }
        out.into()
    }

    fn shows(&self, c: char) -> bool {
        let unseen = c.is_control()
            || matches!(u32::from(c),
                0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
                | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
                | 0xfff0..=0xffff | 0xe0000..)
            // Scripts that would need shaping or another direction are spelt out rather than shown wrongly.
            || matches!(u32::from(c), 0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc);
        !unseen && self.glyph(c).is_some()
    }

    fn glyph(&self, c: char) -> Option<(u32, f32)> {
        match self.quick.get(u32::from(c) as usize) {
            Some(found) => *found,
            None => self.look_up(c),
        }
    }

    fn look_up(&self, c: char) -> Option<(u32, f32)> {
        let glyph = self.charmap.map(c).filter(|glyph| glyph.to_u32() != 0)?;
        Some((glyph.to_u32(), self.metrics.advance_width(glyph)? / self.units))
    }
}

/// The lines of a text within this width, in points. A line is broken after a space, which it keeps; a word that no line
/// holds, after a sign that joins its parts, else anywhere.
pub(super) fn wrap(face: &Face, text: &str, size: f32, width: f32) -> Vec<String> {
    let text = face.legible(text);
    let limit = width / size;
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for word in text.split_inclusive(' ') {
        let bare: f32 = word.trim_end_matches(' ').chars().map(|c| face.advance(c)).sum();
        if used > 0.0 && used + bare > limit {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        if bare <= limit {
            line.push_str(word);
            used += word.chars().map(|c| face.advance(c)).sum::<f32>();
            continue;
        }
        // The joint after which a full line would be broken, and the width up to there.
        let mut joint: Option<usize> = None;
        for c in word.chars() {
            let advance = face.advance(c);
            if used + advance > limit && !line.is_empty() && c != ' ' {
                let rest = joint
                    .filter(|place| *place > line.len() / 2)
                    .map(|place| line.split_off(place));
                lines.push(std::mem::replace(&mut line, rest.unwrap_or_default()));
                used = line.chars().map(|c| face.advance(c)).sum();
                joint = None;
            }
            line.push(c);
            used += advance;
            if matches!(c, '@' | '.' | '-' | '_' | '/' | ',' | ':' | ';' | '=' | '›') {
                joint = Some(line.len());
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn french_shows_as_it_is_and_what_hides_is_spelt_out() {
        let face = Typeface::load().unwrap();
        let french = "« Où çà ? » — Noël, œuvre, cœur, Ÿ, 1\u{a0}234 …, l’été, Ångström, Δ, Ж";
        assert_eq!(face.book.legible(french), french);
        assert_eq!(face.bold.legible(french), french);
        assert_eq!(face.book.legible("a\u{202e}b"), "a‹U+202E›b");
        assert_eq!(face.book.legible("漢\u{0}"), "‹U+6F22›‹U+0000›");
        assert_eq!(face.book.legible("\u{1f980}\u{e000}"), "‹U+1F980›‹U+E000›");
    }

    proptest! {
        #[test]
        fn lines_are_the_text_and_fit(text in "(?s)[a-zé@. \u{202e}漢=-]{0,200}", width in 20.0_f32..300.0) {
            let face = Typeface::load().unwrap().book;
            let lines = wrap(&face, &text, 8.0, width);
            prop_assert_eq!(lines.concat(), face.legible(&text).into_owned());
            for line in lines {
                prop_assert!(face.width(line.trim_end(), 8.0) <= width + 0.01, "{line:?}");
            }
        }

        #[test]
        fn any_text_is_made_legible(text in "(?s).{0,60}") {
            let face = Typeface::load().unwrap().book;
            let legible = face.legible(&text);
            prop_assert_eq!(face.glyphs(&legible).len(), legible.chars().count());
        }
    }
}
