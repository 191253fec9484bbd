// What the host answers already. A screen whose commands are still to come stays out of reach.
import type { Name } from "../backend";

const COMING = new Set<Name>([
  "quota_get",
  "quota_warnings",
  "space_get",
  "purge_plan",
  "purge_schedule",
  "rules_get",
  "answer_active",
  "handling_set",
  "account_set",
  "box_life",
  "backup_create",
  "backup_restore",
  "backup_schedule",
]);

/** Whether this command, and those that go with it, are answered. */
export function offered(name: Name): boolean {
  return !COMING.has(name);
}

/** For scripted answers, which answer everything. */
export function offerAll(): void {
  COMING.clear();
}
