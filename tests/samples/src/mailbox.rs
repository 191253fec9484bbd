//! The box of `dr.martin@alpha.mssante.test`.

use crate::Sample;
use crate::chance::Chance;
use crate::people::patients;
use crate::letters;

/// At least 400 messages over the 18 months before `now_unix` (seconds since 1970).
#[must_use]
pub fn mailbox(now_unix: i64) -> Vec<Sample> {
    let mut chance = Chance::new(1);
    let people = patients();
    let mut out = Vec::new();
    for serial in 0..12 {
        let date = now_unix - 86_400 * (serial as i64) * 3 - 5000;
        let patient = &people[serial as usize % people.len()];
        out.extend(letters::thread(serial, date, patient, &mut chance));
    }
    out.sort_by_key(|sample| sample.internal_date_unix);
    out
}
