//! A workstation that was off for some days: what it remembers of its schedules is older by as much. Nobody's clock is moved,
//! so certificates, tokens and servers stay those of today.

use pli_store::{Store, Vault};
use serde_json::Value;

use super::{PASSPHRASE, Stage};

/// The moments of a schedule, wherever they stand in it: milliseconds since 1970.
const MOMENTS: [&str; 4] = ["since", "last_run", "last", "next"];

/// Makes a schedule of this profile, which nobody has open, so many days older.
pub fn away(stage: &Stage, who: &str, schedule: &str, days: i64) {
    let home = stage.home(who);
    let key = Vault::at(&home.join("vault"))
        .open_with_passphrase(&PASSPHRASE.into())
        .unwrap();
    let store = Store::open(&home.join("store"), &key).unwrap();
    let mut kept: Value = store.setting(schedule).unwrap().unwrap();
    assert!(
        older(&mut kept, days * 86_400_000) > 0,
        "{schedule} holds no moment: {kept}"
    );
    store.set_setting(schedule, &kept).unwrap();
}

/// Answers how many moments were found.
fn older(value: &mut Value, by: i64) -> usize {
    let Value::Object(fields) = value else { return 0 };
    let mut found = 0;
    for (name, field) in fields {
        match field.as_i64() {
            Some(moment) if MOMENTS.contains(&name.as_str()) => {
                *field = (moment - by).into();
                found += 1;
            }
            _ => found += older(field, by),
        }
    }
    found
}
