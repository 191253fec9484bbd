/** The least characters that the core accepts (`MINIMUM` of `src-tauri/crates/store/src/vault.rs`). */
export const SHORTEST = 12;

/** Whether a passphrase may be chosen: characters as the core counts them, not UTF-16 units. */
export const longEnough = (passphrase: string): boolean => [...passphrase].length >= SHORTEST;
