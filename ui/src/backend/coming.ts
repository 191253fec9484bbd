// Commands that the contract does not declare yet, in the shape they will have. Each leaves this file once it does.
export {};

declare module "./contract" {
  interface Commands {
    quota_get: { argument: AccountOf; answer: QuotaView };
    quota_read: { argument: AccountOf; answer: QuotaView };
    quota_warnings: { argument: Nothing; answer: QuotaWarning[] };
    quota_dismiss: { argument: AccountOf; answer: Nothing };
    space_get: { argument: SpaceOf; answer: Space };
    space_messages: { argument: SpaceMessages; answer: SpacePage };
    space_suggest: { argument: SpaceSuggest; answer: number[] };
    purge_plan: { argument: PurgePlan; answer: Purge };
    purge_start: { argument: PurgeOf; answer: Purge };
    purge_stop: { argument: PurgeOf; answer: Purge };
    purge_get: { argument: PurgeOf; answer: Purge };
    purge_list: { argument: AccountOf; answer: Purge[] };
    purge_export: { argument: PurgeOf; answer: Saved | null };
    purge_schedule: { argument: AccountOf; answer: PurgeSchedule };
    purge_schedule_set: { argument: PurgeScheduleSet; answer: PurgeSchedule };
    sent_folder: { argument: AccountOf; answer: SentFolder | null };
    sent_folder_set: { argument: SentFolderSet; answer: SentFolder };
    rules_get: { argument: AccountOf; answer: Rules };
    rules_set: { argument: RulesSet; answer: Rules };
    rules_stop_answer: { argument: AccountOf; answer: Rules };
    answer_active: { argument: AccountOf; answer: AnswerNotice | null };
    handling_get: { argument: MessageOf; answer: Handling };
    handling_set: { argument: HandlingSet; answer: Nothing };
    handling_people: { argument: AccountOf; answer: Person[] };
    account_set: { argument: AccountSet; answer: Account };
    box_life: { argument: AccountOf; answer: BoxLife };
    box_keep: { argument: BoxKeep; answer: { count: number } };
    box_retention_set: { argument: BoxRetentionSet; answer: BoxLife };
    backup_create: { argument: BackupCreate; answer: Backup | null };
    backup_check: { argument: BackupRead; answer: BackupChecked | null };
    backup_restore: { argument: BackupRestore; answer: BackupChecked | null };
    backup_schedule: { argument: Nothing; answer: BackupSchedule };
    backup_schedule_set: { argument: BackupScheduleSet; answer: BackupSchedule | null };
  }
}
