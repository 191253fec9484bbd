//! The report laid out: its first page, then the table.

use super::Context;
use super::cover::{Count, Part, TITLE, TRACES, parts};
use super::rows::{CELL_SIZE, DETAIL_SIZE, HEADINGS, Row, WIDTHS, row};
use super::sheet::{Belongs, Kind, NodeId, SIDE, Sheet, Style};
use super::typeface::{Typeface, wrap};
use crate::entry::Record;
use crate::export::french;

const WIDTH: f32 = super::sheet::PAGE.0 - 2.0 * SIDE;
const TEXT: Style = Style {
    size: 9.0,
    bold: false,
    grey: 0,
};
const LABEL: Style = Style {
    size: 9.0,
    bold: false,
    grey: 70,
};
const SECTION: Style = Style {
    size: 11.0,
    bold: true,
    grey: 0,
};
const HEAD: Style = Style {
    size: CELL_SIZE,
    bold: true,
    grey: 0,
};
const CELL: Style = Style {
    size: CELL_SIZE,
    bold: false,
    grey: 0,
};
const DETAIL: Style = Style {
    size: DETAIL_SIZE,
    bold: false,
    grey: 70,
};
/// Where the value of a field begins.
const VALUE: f32 = 128.0;
/// From a line to the next, for each size.
const TEXT_LEADING: f32 = 12.5;
const CELL_LEADING: f32 = 9.6;
const DETAIL_LEADING: f32 = 8.6;
const HEAD_HEIGHT: f32 = 16.0;

/// Lays the whole report out; the second value is the page, from 0, at which the table begins.
pub(super) fn report(face: &Typeface, records: &[Record], context: &Context<'_>) -> (Sheet, usize) {
    let mut sheet = Sheet::new();
    let title = sheet.root(Kind::Heading(1, TITLE));
    let style = Style { size: 17.0, ..SECTION };
    sheet.text(Belongs::To(title), SIDE, 17.0, style, TITLE);
    sheet.y += 34.0;
    for part in parts(records, context) {
        place(&mut sheet, face, part);
    }
    sheet.turn();
    let begins = sheet.pages.len() - 1;
    let heading = sheet.root(Kind::Heading(2, TRACES));
    sheet.text(Belongs::To(heading), SIDE, 12.0, SECTION, TRACES);
    sheet.y += 22.0;
    if records.is_empty() {
        place(
            &mut sheet,
            face,
            Part::Text("Aucune trace ne correspond à cette demande.".to_owned()),
        );
        return (sheet, begins);
    }
    let table = sheet.root(Kind::Table("Les traces, de la plus ancienne à la plus récente"));
    let first = sheet.child(table, Kind::Row);
    let columns = HEADINGS.map(|_| sheet.child(first, Kind::Column));
    head(&mut sheet, |column| Belongs::To(columns[column]));
    for record in records {
        let set = row(face, record);
        place_row(&mut sheet, table, &set);
    }
    (sheet, begins)
}

fn place(sheet: &mut Sheet, face: &Typeface, part: Part) {
    match part {
        Part::Section(title) => {
            // Not alone at the foot of a page.
            if sheet.room() < 70.0 {
                sheet.turn();
            }
            let node = sheet.root(Kind::Heading(2, title));
            sheet.y += 10.0;
            sheet.text(Belongs::To(node), SIDE, 11.0, SECTION, title);
            sheet.ground(16.0, 0.7, 150);
            sheet.y += 22.0;
        }
        Part::Text(text) => {
            let node = sheet.root(Kind::Paragraph);
            lines(sheet, face, node, SIDE, WIDTH, &text);
            sheet.y += 4.0;
        }
        Part::Field(label, value) => {
            let node = sheet.root(Kind::Paragraph);
            if sheet.room() < TEXT_LEADING {
                sheet.turn();
            }
            sheet.text(Belongs::To(node), SIDE, TEXT.size, LABEL, &format!("{label} : "));
            lines(sheet, face, node, SIDE + VALUE, WIDTH - VALUE, &value);
        }
        Part::Counts(counts) => {
            place_counts(sheet, &counts);
        }
    }
}

fn lines(sheet: &mut Sheet, face: &Typeface, node: NodeId, x: f32, width: f32, text: &str) {
    for line in wrap(&face.book, text, TEXT.size, width) {
        if sheet.room() < TEXT_LEADING {
            sheet.turn();
        }
        sheet.text(Belongs::To(node), x, TEXT.size, TEXT, &line);
        sheet.y += TEXT_LEADING;
    }
}

/// Where the columns of the counts begin.
const COUNTS: [f32; 4] = [SIDE, SIDE + 220.0, SIDE + 300.0, SIDE + 400.0];

fn place_counts(sheet: &mut Sheet, counts: &[Count]) {
    if sheet.room() < HEAD_HEIGHT + 3.0 * CELL_LEADING {
        sheet.turn();
    }
    let table = sheet.root(Kind::Table("Les traces retenues, par action"));
    let row = sheet.child(table, Kind::Row);
    sheet.ground(0.0, HEAD_HEIGHT - 3.0, 232);
    for (x, title) in COUNTS
        .into_iter()
        .zip(["Action", "Traces", "Échecs et refus", "Sans réponse"])
    {
        let cell = sheet.child(row, Kind::Column);
        sheet.text(Belongs::To(cell), x + 3.0, 9.5, HEAD, title);
    }
    sheet.y += HEAD_HEIGHT;
    for count in counts {
        if sheet.room() < CELL_LEADING + 2.0 {
            sheet.turn();
        }
        let row = sheet.child(table, Kind::Row);
        let numbers = [count.all, count.failed, count.unanswered].map(french::number);
        let texts = [count.action, &numbers[0], &numbers[1], &numbers[2]];
        for (column, (x, text)) in COUNTS.into_iter().zip(texts).enumerate() {
            let kind = if column == 0 { Kind::RowHead } else { Kind::Cell };
            let cell = sheet.child(row, kind);
            sheet.text(Belongs::To(cell), x + 3.0, CELL_SIZE, CELL, text);
        }
        sheet.y += CELL_LEADING + 1.0;
    }
}

/// The heading of the table, at the top of each page.
fn head(sheet: &mut Sheet, belongs: impl Fn(usize) -> Belongs) {
    sheet.ground(0.0, HEAD_HEIGHT - 2.0, 232);
    for (column, title) in HEADINGS.iter().enumerate() {
        sheet.text(belongs(column), left(column) + 2.0, 9.8, HEAD, title);
    }
    sheet.y += HEAD_HEIGHT + 1.0;
}

fn left(column: usize) -> f32 {
    SIDE + WIDTHS[..column].iter().sum::<f32>()
}

fn turn(sheet: &mut Sheet) {
    sheet.turn();
    head(sheet, |_| Belongs::Page);
}

fn place_row(sheet: &mut Sheet, table: NodeId, row: &Row) {
    let tall = row.cells.iter().map(Vec::len).max().unwrap_or_default();
    let height = tall as f32 * CELL_LEADING + row.details.len() as f32 * DETAIL_LEADING + 8.0;
    // A trace stays whole, unless it would leave a third of the page empty.
    let enough = height.min(sheet.whole() / 3.0);
    if sheet.room() < enough {
        turn(sheet);
    }
    let cells = sheet.child(table, Kind::Row);
    let columns: [NodeId; 5] =
        std::array::from_fn(|column| sheet.child(cells, if column == 0 { Kind::RowHead } else { Kind::Cell }));
    let mut from = 0;
    while from < tall {
        let fit = ((sheet.room() / CELL_LEADING) as usize).min(tall - from);
        if fit == 0 {
            turn(sheet);
            continue;
        }
        for (column, lines) in row.cells.iter().enumerate() {
            for (place, line) in lines.iter().enumerate().skip(from).take(fit) {
                let style = Style {
                    bold: column == 4 && place == 0 && row.notable,
                    ..CELL
                };
                let y = CELL_SIZE + (place - from) as f32 * CELL_LEADING;
                sheet.text(Belongs::To(columns[column]), left(column) + 2.0, y, style, line);
            }
        }
        sheet.y += fit as f32 * CELL_LEADING;
        from += fit;
    }
    if !row.details.is_empty() {
        let under = sheet.child(table, Kind::Row);
        let wide = sheet.child(under, Kind::Wide(HEADINGS.len() as u32));
        for line in &row.details {
            if sheet.room() < DETAIL_LEADING {
                turn(sheet);
            }
            sheet.text(Belongs::To(wide), left(1) + 2.0, DETAIL_SIZE + 0.5, DETAIL, line);
            sheet.y += DETAIL_LEADING;
        }
    }
    sheet.ground(2.5, 0.4, 190);
    sheet.y += 6.0;
}
