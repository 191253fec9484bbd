// What is being written and not stored yet: stored before the window lets go of it.

/** Stores what is unsaved; after it, nothing more is held nor stored. */
export type Keep = () => Promise<void>;

const keeps = new Set<Keep>();

/** Says how to store what is being written; the function it gives back takes it away. */
export function holds(keep: Keep): () => void {
  keeps.add(keep);
  return () => keeps.delete(keep);
}

/** Stores all that is unsaved, waiting no longer than this many milliseconds. */
export async function storeAll(longest = 2000): Promise<void> {
  const all = Promise.allSettled([...keeps].map((keep) => keep()));
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, longest))]);
}
