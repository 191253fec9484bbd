//! Pages as they are laid out, before they are drawn: how many there are is known only at the end, and every page says it.

/// A4, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// The space at the left and at the right.
pub(super) const SIDE: f32 = 40.0;
const TOP: f32 = 46.0;
/// Where the text ends.
const BOTTOM: f32 = 790.0;

/// What a text is, for whoever hears the report rather than sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A heading of this level, and its text.
    Heading(u16, &'static str),
    /// A paragraph.
    Paragraph,
    /// A table, and what it holds.
    Table(&'static str),
    /// A row.
    Row,
    /// The head of a column.
    Column,
    /// The head of a row.
    RowHead,
    /// A cell.
    Cell,
    /// A cell that is as wide as so many.
    Wide(u32),
}

/// The place of a part in the order of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

/// A part of the report in the order of reading.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) children: Vec<NodeId>,
}

/// What a piece of a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    /// To this part.
    To(NodeId),
    /// To the page: a heading said once already, a number of page.
    Page,
}

/// A text at its place.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) belongs: Belongs,
    pub(super) x: f32,
    /// The line that the letters stand on, from the top.
    pub(super) y: f32,
    pub(super) style: Style,
    pub(super) text: String,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) bold: bool,
    /// From 0, black, to 255.
    pub(super) grey: u8,
}

/// A filled rectangle: a rule, the ground of a heading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) grey: u8,
}

/// A page.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) pieces: Vec<Piece>,
    pub(super) grounds: Vec<Ground>,
}

/// Every page, and where the next text goes.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) pages: Vec<Page>,
    pub(super) nodes: Vec<Node>,
    /// What the report is made of, in order.
    pub(super) roots: Vec<NodeId>,
    /// The top of what comes next.
    pub(super) y: f32,
}

impl Sheet {
    pub(super) fn new() -> Self {
        Self {
            pages: vec![Page::default()],
            nodes: Vec::new(),
            roots: Vec::new(),
            y: TOP,
        }
    }

    /// A new part of the report.
    pub(super) fn root(&mut self, kind: Kind) -> NodeId {
        let id = self.node(kind);
        self.roots.push(id);
        id
    }

    /// A new part of another.
    pub(super) fn child(&mut self, parent: NodeId, kind: Kind) -> NodeId {
        let id = self.node(kind);
        self.nodes[parent.0].children.push(id);
        id
    }

    fn node(&mut self, kind: Kind) -> NodeId {
        self.nodes.push(Node {
            kind,
            children: Vec::new(),
        });
        NodeId(self.nodes.len() - 1)
    }

    /// How much room is left on the page.
    pub(super) fn room(&self) -> f32 {
        BOTTOM - self.y
    }

    /// How much room an empty page has.
    pub(super) fn whole(&self) -> f32 {
        BOTTOM - TOP
    }

    /// Begins a page.
    pub(super) fn turn(&mut self) {
        self.pages.push(Page::default());
        self.y = TOP;
    }

    /// Places a text; `y` is from the top of what comes next.
    pub(super) fn text(&mut self, belongs: Belongs, x: f32, y: f32, style: Style, text: &str) {
        let y = self.y + y;
        if let Some(page) = self.pages.last_mut() {
            page.pieces.push(Piece {
                belongs,
                x,
                y,
                style,
                text: text.to_owned(),
            });
        }
    }

    /// Places a rectangle over the whole width; `y` is from the top of what comes next.
    pub(super) fn ground(&mut self, y: f32, height: f32, grey: u8) {
        let y = self.y + y;
        if let Some(page) = self.pages.last_mut() {
            page.grounds.push(Ground {
                x: SIDE,
                y,
                width: PAGE.0 - 2.0 * SIDE,
                height,
                grey,
            });
        }
    }
}
