// How boxes and people of the journal are called on this workstation.
import { session } from "../../state/session.svelte";
import { book } from "./book.svelte";

/** A box's own name, where it is one of this profile's. */
export function boxName(address: string): string {
  return session.accounts.find((account) => account.address === address)?.name ?? address;
}

/** An author's name. */
export function personName(id: string): string {
  return book.known.authors.find(([known]) => known === id)?.[1] || id;
}
