//! The laid out pages made into a PDF: archivable (PDF/A-2a) and accessible (PDF/UA-1), so that a court can keep it and
//! anybody can read it.

use std::num::{NonZeroU16, NonZeroU32};

use krilla::color::luma;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};
use krilla::{Document, SerializeSettings};

use super::Context;
use super::cover::{TITLE, TRACES};
use super::sheet::{Belongs, Kind, NodeId, PAGE, Page, Piece, SIDE, Sheet, Style};
use super::typeface::Typeface;
use crate::error::JournalError;

const FOOT: Style = Style {
    size: 7.0,
    bold: false,
    grey: 70,
};

/// The PDF of these pages; the table begins on the page `begins`, from 0.
pub(super) fn draw(
    face: &Typeface,
    sheet: &Sheet,
    begins: usize,
    context: &Context<'_>,
) -> Result<Vec<u8>, JournalError> {
    let refused = |what| JournalError::Report { what };
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| refused("the standards"))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let mut leaves: Vec<Vec<Identifier>> = sheet.nodes.iter().map(|_| Vec::new()).collect();
    let count = sheet.pages.len();
    for (number, laid) in sheet.pages.iter().enumerate() {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or(refused("the page's size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        grounds(&mut surface, laid);
        for pieces in laid.pieces.chunk_by(|one, next| one.belongs == next.belongs) {
            let tag = match pieces[0].belongs {
                Belongs::To(_) => ContentTag::Span(SpanTag::empty()),
                Belongs::Page => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Header)),
            };
            let identifier = surface.start_tagged(tag);
            for piece in pieces {
                write(&mut surface, face, piece);
            }
            surface.end_tagged();
            if let Belongs::To(NodeId(node)) = pieces[0].belongs {
                leaves[node].push(identifier);
            }
        }
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
        for piece in foot(face, context, number + 1, count) {
            write(&mut surface, face, &piece);
        }
        surface.end_tagged();
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tree(sheet, &mut leaves));
    document.set_outline(outline(begins));
    document.set_metadata(metadata(context));
    document.finish().map_err(|error| {
        refused(if matches!(error, krilla::error::KrillaError::Validation(_)) {
            "the standards of archiving and accessibility"
        } else {
            "the document"
        })
    })
}

fn grounds(surface: &mut Surface<'_>, page: &Page) {
    if page.grounds.is_empty() {
        return;
    }
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    for ground in &page.grounds {
        surface.set_fill(Some(fill(ground.grey)));
        let mut path = PathBuilder::new();
        if let Some(rect) = Rect::from_xywh(ground.x, ground.y, ground.width, ground.height) {
            path.push_rect(rect);
        }
        if let Some(path) = path.finish() {
            surface.draw_path(&path);
        }
    }
    surface.end_tagged();
}

fn fill(grey: u8) -> Fill {
    Fill {
        paint: luma::Color::new(grey).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

fn write(surface: &mut Surface<'_>, face: &Typeface, piece: &Piece) {
    let weight = if piece.style.bold { &face.bold } else { &face.book };
    surface.set_fill(Some(fill(piece.style.grey)));
    surface.draw_glyphs(
        Point::from_xy(piece.x, piece.y),
        &weight.glyphs(&piece.text),
        weight.font.clone(),
        &piece.text,
        piece.style.size,
        false,
    );
}

/// The foot of a page: whose report this is, and which page of how many.
fn foot(face: &Typeface, context: &Context<'_>, number: usize, count: usize) -> [Piece; 2] {
    let page = format!("page {number}/{count}");
    let piece = |x, text| Piece {
        belongs: Belongs::Page,
        x,
        y: 815.0,
        style: FOOT,
        text,
    };
    [
        piece(
            SIDE,
            format!(
                "Rapport des traces · clé du journal : {} ",
                context.source.fingerprint()
            ),
        ),
        piece(PAGE.0 - SIDE - face.book.width(&page, FOOT.size), page),
    ]
}

fn tree(sheet: &Sheet, leaves: &mut [Vec<Identifier>]) -> TagTree {
    let mut tree = TagTree::new().with_lang(Some("fr-FR".to_owned()));
    for root in &sheet.roots {
        tree.push(group(sheet, *root, leaves));
    }
    tree
}

fn group(sheet: &Sheet, id: NodeId, leaves: &mut [Vec<Identifier>]) -> TagGroup {
    let node = &sheet.nodes[id.0];
    let mut group = TagGroup::new(tag(&node.kind));
    for leaf in std::mem::take(&mut leaves[id.0]) {
        group.push(leaf);
    }
    // Two levels deep at most: a table, its rows, their cells.
    for child in &node.children {
        group.push(self::group(sheet, *child, leaves));
    }
    group
}

fn tag(kind: &Kind) -> TagKind {
    match kind {
        Kind::Heading(level, title) => Tag::Hn(
            NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN),
            Some((*title).to_owned()),
        )
        .into(),
        Kind::Paragraph => Tag::P.into(),
        Kind::Table(summary) => Tag::Table.with_summary(Some((*summary).to_owned())).into(),
        Kind::Row => Tag::TR.into(),
        Kind::Column => Tag::TH(TableHeaderScope::Column).into(),
        Kind::RowHead => Tag::TH(TableHeaderScope::Row).into(),
        Kind::Cell => Tag::TD.into(),
        Kind::Wide(columns) => Tag::TD.with_col_span(NonZeroU32::new(*columns)).into(),
    }
}

fn outline(begins: usize) -> Outline {
    let mut outline = Outline::new();
    for (title, page) in [(TITLE, 0), (TRACES, begins)] {
        let place = XyzDestination::new(page, Point::from_xy(0.0, 0.0));
        outline.push_child(OutlineNode::new(title.to_owned(), place));
    }
    outline
}

fn metadata(context: &Context<'_>) -> Metadata {
    let at = &context.about.at;
    let small = |value: i8| value.unsigned_abs();
    let minutes = at.offset().seconds() / 60;
    let name = context.about.by.name.as_str();
    let authors = (!name.is_empty()).then(|| name.to_owned()).into_iter().collect();
    Metadata::new()
        .title(TITLE.to_owned())
        .language("fr-FR".to_owned())
        .authors(authors)
        .creator(context.about.software.as_str().to_owned())
        .producer(context.about.software.as_str().to_owned())
        .creation_date(
            DateTime::new(at.year().unsigned_abs())
                .month(small(at.month()))
                .day(small(at.day()))
                .hour(small(at.hour()))
                .minute(small(at.minute()))
                .second(small(at.second()))
                .utc_offset_hour(i8::try_from(minutes / 60).unwrap_or_default())
                .utc_offset_minute(u8::try_from(minutes.unsigned_abs() % 60).unwrap_or_default()),
        )
}
