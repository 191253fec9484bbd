//! What is asked of a BAL's life (EX_GBM_6021), and of backups (EX_SSI_5110).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::secret::Secret;
use crate::view::{BackupScope, Every, Id};

argument!(
    /// Messages to keep on this workstation, whatever their operator does.
    BoxKeep {
        /// The BAL.
        account: Id,
        /// Which, at most 10,000; `null`: all that its operator is about to delete.
        messages: Option<Vec<Id>>,
    }
);
argument!(
    /// How long bodies stay on this workstation.
    BoxRetentionSet {
        /// The BAL.
        account: Id,
        /// 1 to 240 months; `null`: always.
        months: Option<u32>,
    }
);
argument!(
    /// A backup to make. The host asks where to.
    BackupCreate {
        /// What it holds.
        scope: BackupScope,
        /// What opens it.
        #[ts(as = "String")]
        passphrase: Secret,
    }
);
argument!(
    /// A backup to read. The host asks which.
    BackupRead {
        /// What opens it.
        #[ts(as = "String")]
        passphrase: Secret,
    }
);
argument!(
    /// A backup to restore. The host asks which.
    BackupRestore {
        /// What opens it.
        #[ts(as = "String")]
        passphrase: Secret,
        /// What the restored profile opens with from now on, where there is no keyring; `null`: the keyring keeps its key.
        #[ts(as = "Option<String>")]
        profile_passphrase: Option<Secret>,
    }
);
argument!(
    /// When backups are made by themselves.
    BackupScheduleSet {
        /// Whether they are made.
        enabled: bool,
        /// How often.
        every: Every,
        /// How many are kept, 1 to 100.
        keep: u32,
        /// Whether the host asks for the folder; the first time it does in any case.
        choose_folder: bool,
        /// What opens them; `null`: as before.
        #[ts(as = "Option<String>")]
        passphrase: Option<Secret>,
    }
);
