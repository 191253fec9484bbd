//! What is asked of the journal of traces (SC.MSS/CONF.18).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::view::{AtEnd, ExportFormat, Id, Instant, JournalFilter};

argument!(
    /// Part of the journal.
    JournalList {
        /// Which traces.
        filter: JournalFilter,
        /// Traces to skip.
        offset: u32,
        /// Traces to give, at most 1,000.
        limit: u32,
    }
);
argument!(
    /// Which days have traces.
    JournalDays {
        /// Which traces.
        filter: JournalFilter,
    }
);
argument!(
    /// A trace.
    JournalGet {
        /// Its place in the chain.
        sequence: Id,
    }
);
argument!(
    /// An export. The host asks where to.
    JournalExport {
        /// Which traces.
        filter: JournalFilter,
        /// As what.
        format: ExportFormat,
    }
);
argument!(
    /// How long traces are kept (EX_GDT_5070).
    JournalSet {
        /// Functional traces: 1 to 240 months.
        months: u32,
        /// Technical logs: 6 to 12 months.
        technical_months: u32,
        /// What becomes of the traces at their end.
        at_end: AtEnd,
    }
);
argument!(
    /// A destruction that is thought of.
    JournalPrunePlan {
        /// The traces of before this instant. One in the future is refused.
        before: Instant,
    }
);
argument!(
    /// A destruction.
    JournalPrune {
        /// The traces of before this instant. One in the future is refused.
        before: Instant,
        /// Destroyed, or replaced by signed counts that speak of nobody.
        at_end: AtEnd,
    }
);
