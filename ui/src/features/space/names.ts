// What a group is called: a word of the window's, a correspondent, or a folder.
import type { SpaceBy, SpaceGroup } from "../../backend";
import { session } from "../../state/session.svelte";
import { text } from "../../text";

export function nameOf(by: SpaceBy, group: SpaceGroup): string {
  const words = text.space;
  switch (by) {
    case "age":
      return words.ages[group.key] ?? group.label;
    case "size":
      return words.sizes[group.key] ?? group.label;
    case "kind":
      return words.kinds[group.key] ?? group.label;
    case "correspondent":
      return group.key === "" ? words.otherPeople : group.label;
    case "folder": {
      const folder = session.folder(Number(group.key));
      if (!folder) return group.label;
      return folder.role === "other" ? folder.name : text.common.roles[folder.role];
    }
  }
}
