// Made from the Rust contract by its tests. Do not edit: change the contract, run its tests, commit.

/**
 * A BAL as the sidebar shows it.
 */
export type Account = { 
/**
 * Its local number.
 */
id: number, 
/**
 * Its address.
 */
address: string, 
/**
 * The name shown: the person's for PER, else what the user wrote, else the local part.
 */
name: string, 
/**
 * A short name for rows and the narrow sidebar, at most 8 characters.
 */
shortName: string, 
/**
 * Its colour.
 */
color: BoxColor, 
/**
 * Its kind.
 */
kind: BalKind, 
/**
 * How it is opened.
 */
method: LoginMethod, 
/**
 * Unread messages of its inbox.
 */
unread: number, 
/**
 * What is still to be dealt with in it, bin and unwanted mail apart. The sum over the BALs is what the list of all of
 * them holds.
 */
toHandle: ToHandle, 
/**
 * Its quota, where the operator limits it.
 */
quota: Quota | null, 
/**
 * Its room as a gauge shows it, estimates included.
 */
gauge: Gauge, 
/**
 * Its connection.
 */
session: SessionState, 
/**
 * When its last sync ended without an error.
 */
syncedAt: string | null, 
/**
 * What stopped its last sync, as a code of [`crate::failure::Code`].
 */
problem: Failure | null, 
/**
 * Its client certificate, once one was imported.
 */
certificate: Certificate | null, };

/**
 * A BAL to add.
 */
export type AccountAdd = { 
/**
 * Its address.
 */
address: string, 
/**
 * Its kind; `null`: PER.
 */
kind: BalKind | null, 
/**
 * How it is opened.
 */
method: LoginMethod, 
/**
 * The name shown; `null`: the person's or the address's.
 */
name: string | null, };

/**
 * An address to find servers for.
 */
export type AccountDiscover = { 
/**
 * As typed.
 */
address: string, };

/**
 * A BAL.
 */
export type AccountOf = { 
/**
 * Its number.
 */
account: number, };

/**
 * A new name.
 */
export type AccountRename = { 
/**
 * The BAL.
 */
account: number, 
/**
 * 1 to 80 characters.
 */
name: string, };

/**
 * A BAL's name and colour.
 */
export type AccountSet = { 
/**
 * The BAL.
 */
account: number, 
/**
 * 1 to 80 characters.
 */
name: string, 
/**
 * The colour.
 */
color: BoxColor, };

/**
 * An automatic reply that runs now.
 */
export type AnswerNotice = { 
/**
 * Its last day; `null`: until it is stopped.
 */
until: string | null, 
/**
 * Whether its owner wrote since it began: it is time to ask whether to stop it.
 */
proposeStop: boolean, };

/**
 * Who gets an automatic reply.
 */
export type Answered = "everyone" | "trustSpace" | "professionals";

/**
 * What becomes of traces at the end of their time.
 */
export type AtEnd = "destroy" | "anonymise";

/**
 * One attachment.
 */
export type Attachment = { 
/**
 * Its number within the message.
 */
part: number, 
/**
 * Its name, safe to write to a disk.
 */
name: string, 
/**
 * Its media type as declared.
 */
mime: string, 
/**
 * Its octets once decoded.
 */
size: number, 
/**
 * Where its bytes are served.
 */
url: string, };

/**
 * An attachment.
 */
export type AttachmentOf = { 
/**
 * Of which message.
 */
message: number, 
/**
 * Which.
 */
part: number, };

/**
 * An automatic reply (RFC 5230 under RFC 3834's rules).
 */
export type AutoReply = { 
/**
 * Whether it runs.
 */
enabled: boolean, 
/**
 * Its subject; `null`: the server's usual one.
 */
subject: string | null, 
/**
 * Its text.
 */
text: string, 
/**
 * The first day; `null`: now.
 */
from: string | null, 
/**
 * The last day; `null`: until it is stopped.
 */
until: string | null, 
/**
 * Days before the same person gets it again, 1 to 30.
 */
everyDays: number, 
/**
 * Who gets it.
 */
who: Answered, 
/**
 * The box's other addresses: what is written to them is answered too.
 */
addresses: Array<string>, };

/**
 * A backup that was written, then read back whole.
 */
export type Backup = { 
/**
 * The file's name, without its folder.
 */
file: string, 
/**
 * Its octets.
 */
octets: number, 
/**
 * Messages inside.
 */
messages: number, 
/**
 * Traces inside.
 */
traces: number, 
/**
 * Messages that this disk could not give: inside without their text, to be fetched from the operator again.
 */
unreadable: number, 
/**
 * When it was made.
 */
at: string, };

/**
 * A backup that was read whole with its passphrase; or what was restored of it.
 */
export type BackupChecked = { 
/**
 * The file's name, without its folder.
 */
file: string, 
/**
 * Its octets.
 */
octets: number, 
/**
 * The version of Pli that made it.
 */
version: string, 
/**
 * When it was made.
 */
at: string, 
/**
 * Whether it holds the whole profile; else one BAL.
 */
whole: boolean, 
/**
 * The addresses of the BALs inside.
 */
bals: Array<string>, 
/**
 * Messages inside.
 */
messages: number, 
/**
 * Traces inside; 0 for one BAL: the journal is one for all.
 */
traces: number, 
/**
 * Drafts inside.
 */
drafts: number, 
/**
 * Messages of the outbox inside.
 */
outgoing: number, };

/**
 * A backup to make. The host asks where to.
 */
export type BackupCreate = { 
/**
 * What it holds.
 */
scope: BackupScope, 
/**
 * What opens it.
 */
passphrase: string, };

/**
 * A backup to read. The host asks which.
 */
export type BackupRead = { 
/**
 * What opens it.
 */
passphrase: string, };

/**
 * A backup to restore. The host asks which.
 */
export type BackupRestore = { 
/**
 * What opens it.
 */
passphrase: string, 
/**
 * What the restored profile opens with from now on, where there is no keyring; `null`: the keyring keeps its key.
 */
profilePassphrase: string | null, };

/**
 * Backups that are made by themselves.
 */
export type BackupSchedule = { 
/**
 * Whether they are made.
 */
enabled: boolean, 
/**
 * How often.
 */
every: Every, 
/**
 * Where to, as the person chose it; `null`: not chosen yet.
 */
folder: string | null, 
/**
 * Whether a passphrase was chosen for them.
 */
hasPassphrase: boolean, 
/**
 * How many are kept, 1 to 100: the oldest go.
 */
keep: number, 
/**
 * When the last one was made.
 */
last: string | null, 
/**
 * When the next one is due.
 */
next: string | null, 
/**
 * What stopped the last one.
 */
trouble: Failure | null, };

/**
 * When backups are made by themselves.
 */
export type BackupScheduleSet = { 
/**
 * Whether they are made.
 */
enabled: boolean, 
/**
 * How often.
 */
every: Every, 
/**
 * How many are kept, 1 to 100.
 */
keep: number, 
/**
 * Whether the host asks for the folder; the first time it does in any case.
 */
chooseFolder: boolean, 
/**
 * What opens them; `null`: as before.
 */
passphrase: string | null, };

/**
 * What a backup holds.
 */
export type BackupScope = { "of": "whole" } | { "of": "bal", 
/**
 * Which.
 */
account: number, };

/**
 * The kind of a BAL.
 */
export type BalKind = "PER" | "CAB" | "ORG" | "APP";

/**
 * What was told of a BAL's life, once a week, until it is put aside.
 */
export type BoxAnnouncement = { 
/**
 * The BAL.
 */
account: number, 
/**
 * What is to be said, as it is now.
 */
notice: BoxNotice, 
/**
 * When it was last told.
 */
at: string, };

/**
 * One of the eight colours that a BAL may be given. The window has a shade of each for light and dark.
 */
export type BoxColor = "ink" | "teal" | "green" | "olive" | "ochre" | "brick" | "plum" | "slate";

/**
 * Messages to keep on this workstation, whatever their operator does.
 */
export type BoxKeep = { 
/**
 * The BAL.
 */
account: number, 
/**
 * Which, at most 10,000; `null`: all that its operator is about to delete.
 */
messages: Array<number> | null, };

/**
 * What was kept.
 */
export type BoxKept = { 
/**
 * Kept: they are here whole.
 */
kept: number, 
/**
 * Kept as soon as they come whole: they are asked for first.
 */
toCome: number, };

/**
 * What is to be known of a BAL's life.
 */
export type BoxLife = { 
/**
 * When its server was last really opened from here.
 */
openedAt: string | null, 
/**
 * Whole days since then.
 */
daysWithout: number | null, 
/**
 * What is to be said now.
 */
notice: BoxNotice | null, 
/**
 * What is known of its operator.
 */
operator: OperatorFacts, 
/**
 * How long bodies stay on this workstation.
 */
retention: Retention, 
/**
 * Messages kept on this workstation whatever becomes of them on the server.
 */
keptLocally: number, 
/**
 * Those of them that this workstation alone has: removing the BAL from here loses them.
 */
onlyHere: number, };

/**
 * What is to be said of a BAL's life.
 */
export type BoxNotice = { "is": "unused45", 
/**
 * The day it would be unpublished.
 */
unpublishedOn: string, } | { "is": "leaving", 
/**
 * How many.
 */
count: number, 
/**
 * Their octets.
 */
octets: number, 
/**
 * The day the first goes.
 */
firstOn: string, };

/**
 * How long bodies stay on this workstation.
 */
export type BoxRetentionSet = { 
/**
 * The BAL.
 */
account: number, 
/**
 * 1 to 240 months; `null`: always.
 */
months: number | null, };

/**
 * By what this is carried to the other readers of the box.
 */
export type Carried = "server" | "keywordsOnly" | "localOnly";

/**
 * The client certificate of a BAL that is opened by one (SC.PSC: APP boxes, and ORG boxes whose operator says so).
 */
export type Certificate = { 
/**
 * Whom it names.
 */
subject: string, 
/**
 * Its last instant.
 */
notAfter: string, 
/**
 * Whole days left, rounded down; negative once it is over.
 */
daysLeft: number, 
/**
 * Which warning is due: 60, 30 or 7 days before, 0 once it is over; `null`: none.
 */
notice: number | null, };

/**
 * With what the person confirms a login by two digits (SC.PSC.13).
 */
export type Channel = "mobile" | "card";

/**
 * What the check of an export found.
 */
export type Checked = { 
/**
 * Whether the file is what was exported, unchanged, and its manifest is signed.
 */
sound: boolean, 
/**
 * What is not as it should be: `manifestUnreadable`, `manifestForged`, `anotherKey`, `anotherFile`, `changed`,
 * `shortened`, `lengthened`, `recordAltered`, `chainBroken`, `miscounted`, `sealForged`, `anchorForged`.
 */
problem: string | null, 
/**
 * The line of the file at which it is, from 1, when it is at one.
 */
brokenLine: number | null, 
/**
 * How far the check could go: `file` (its octets), `records` (and each trace's hash), `chain` (and each trace follows
 * the one before it).
 */
depth: string, 
/**
 * Whether the key that signed is the one expected. `false` too when no fingerprint was given: then nothing says which
 * workstation the file comes from.
 */
vouched: boolean, 
/**
 * The file's name, without the folder.
 */
file: string, 
/**
 * Traces in it.
 */
count: number, 
/**
 * The fingerprint of the key that signed: 8 groups of 4 hexadecimal digits.
 */
fingerprint: string, 
/**
 * The journal it comes from: its id.
 */
journal: string, 
/**
 * Who exported it: their name.
 */
by: string, 
/**
 * Their national id.
 */
byId: string | null, 
/**
 * When it was exported.
 */
at: string | null, 
/**
 * From which instant on it was asked for; `null`: from the beginning.
 */
since: string | null, 
/**
 * Before which instant it was asked for; `null`: to the end.
 */
until: string | null, 
/**
 * Whether every trace of the journal was asked for.
 */
everything: boolean, 
/**
 * The first trace in it.
 */
first: number | null, 
/**
 * The last trace in it.
 */
last: number | null, 
/**
 * Traces that had been destroyed before, at the end of their time.
 */
pruned: number, 
/**
 * Whether this very profile's journal signed it.
 */
mine: boolean, };

/**
 * Every failure that a window tells apart.
 */
export type Code = "badRequest" | "notFound" | "internal" | "vaultLocked" | "locked" | "wrongPin" | "weakPin" | "waitBeforeRetry" | "policyUnreadable" | "wrongPassphrase" | "weakPassphrase" | "keyringAbsent" | "keyringLocked" | "keyringRefused" | "keyLost" | "inUse" | "storeDamaged" | "storeNewer" | "diskFull" | "diskReadOnly" | "journalUnwritable" | "badAddress" | "outsideTrustSpace" | "accountExists" | "noServers" | "unreachable" | "timedOut" | "connectionLost" | "tlsProtocol" | "certificateExpired" | "certificateName" | "certificateUntrusted" | "certificateRevoked" | "revocationUnknown" | "clientCertificate" | "badPkcs12" | "clientCertificateExpired" | "loginNeeded" | "tokenRefused" | "loginRefused" | "loginCancelled" | "loginDenied" | "loginTimedOut" | "loginMismatch" | "pscUnavailable" | "loginNotConfigured" | "noBrowser" | "portTaken" | "loginExpired" | "unknownPerson" | "phoneUnavailable" | "tooManyAttempts" | "otherPerson" | "protocol" | "refused" | "unsupported" | "quotaExceeded" | "noRoomLeft" | "tooLarge" | "recipientsRefused" | "messageRefused" | "draftChanged" | "draftIncomplete" | "alreadyLeft" | "wrongState" | "fileUnreadable" | "fileUnwritable" | "notDownloaded" | "journalKeys" | "exportTooLarge" | "notAnExport" | "fixedByPolicy" | "outOfRange" | "purgeNoSentFolder" | "purgeUnsafe" | "purgeReadOnly" | "purgeStale" | "purgeUnderWay" | "rulesUnsupported" | "rulesForeign" | "rulesRefused" | "redirectTarget" | "redirectUnconfirmed" | "rulesChanged" | "notABackup" | "backupDamaged" | "backupPassphrase" | "backupNewer" | "backupNotEmpty";

/**
 * The organisation's collector, to which the traces are forwarded.
 */
export type Collector = { 
/**
 * Its host and port.
 */
address: string, 
/**
 * Since when it goes as it goes now; `null`: nothing was tried yet.
 */
since: string | null, 
/**
 * The last trace that it confirmed, and when.
 */
lastConfirmed: Sealed | null, 
/**
 * Traces that wait for it.
 */
waiting: number, 
/**
 * Traces that came to their end before they could be sent: the collector will never have them.
 */
missing: number, 
/**
 * Why it takes none, in French; `null`: it takes them.
 */
trouble: string | null, };

/**
 * What autoconfiguration found for an address (ECO.1.1.9).
 */
export type Discovery = { 
/**
 * The address, normalised.
 */
address: string, 
/**
 * The kind, when the address itself tells it.
 */
kind: BalKind | null, 
/**
 * Where mail is read.
 */
imap: Server, 
/**
 * Where mail is handed over.
 */
smtp: Server, 
/**
 * `srv` or `autoconfig`.
 */
source: string, };

/**
 * What a message carries, the most telling first.
 */
export type DocumentKind = "document" | "pdf" | "image" | "other" | "none";

/**
 * A message being written. Stored at every pause.
 */
export type Draft = { 
/**
 * Its local number.
 */
id: number, 
/**
 * The BAL it will leave from.
 */
account: number, 
/**
 * `To`, as typed: checked by `draft_check`, refused only at sending.
 */
to: Array<Party>, 
/**
 * `Cc`.
 */
cc: Array<Party>, 
/**
 * `Bcc`.
 */
bcc: Array<Party>, 
/**
 * The subject.
 */
subject: string, 
/**
 * The text.
 */
text: string, 
/**
 * Whether a reading receipt is asked for.
 */
askReading: boolean, 
/**
 * Whether delivery reports are asked for (ECO.2.3.1).
 */
askDelivery: boolean, 
/**
 * What is attached.
 */
attachments: Array<DraftAttachment>, 
/**
 * The message it answers or forwards.
 */
about: number | null, 
/**
 * When it was last stored.
 */
savedAt: string, 
/**
 * Grows by one at each save: a window that holds an older one is told so instead of overwriting.
 */
revision: number, };

/**
 * A file attached to a draft.
 */
export type DraftAttachment = { 
/**
 * Its local number.
 */
id: number, 
/**
 * Its name.
 */
name: string, 
/**
 * Its media type.
 */
mime: string, 
/**
 * Its octets.
 */
size: number, };

/**
 * What would happen if the draft left now.
 */
export type DraftCheck = { 
/**
 * Octets once encoded.
 */
size: number, 
/**
 * The operator's limit (SMTP SIZE), when known.
 */
limit: number | null, 
/**
 * What stands in the way, worst first. Empty: it may leave.
 */
problems: Array<DraftProblem>, };

/**
 * An attachment of a draft.
 */
export type DraftDetach = { 
/**
 * The draft.
 */
draft: number, 
/**
 * The attachment.
 */
attachment: number, };

/**
 * Where a new draft starts from.
 */
export type DraftFrom = "blank" | "reply" | "replyAll" | "forward";

/**
 * A new draft.
 */
export type DraftNew = { 
/**
 * The BAL it will leave from; `null`: the message's, or the first.
 */
account: number | null, 
/**
 * Where it starts from.
 */
from: DraftFrom, 
/**
 * The message answered or forwarded.
 */
about: number | null, };

/**
 * A draft.
 */
export type DraftOf = { 
/**
 * Its number.
 */
draft: number, };

/**
 * Something to correct before sending.
 */
export type DraftProblem = { "what": "noRecipient" } | { "what": "badAddress", 
/**
 * As typed.
 */
address: string, } | { "what": "outsideTrustSpace", 
/**
 * The address.
 */
address: string, } | { "what": "tooLarge" } | { "what": "boxFull" } | { "what": "otherBox", 
/**
 * The BAL that received it.
 */
receivedBy: number, } | { "what": "noSubject" } | { "what": "forgottenAttachment" };

/**
 * A draft to store. Its attachments are not changed by it.
 */
export type DraftSave = { 
/**
 * The draft, with the revision it was read at.
 */
draft: Draft, };

/**
 * Something changed. An event says what to ask for again; it never carries content.
 */
export type Event = { "event": "vault" } | { "event": "accounts" } | { "event": "session", 
/**
 * The BAL.
 */
account: number, 
/**
 * Its state now.
 */
state: SessionState, } | { "event": "login", 
/**
 * How far it has come.
 */
login: LoginState, } | { "event": "identity" } | { "event": "lock" } | { "event": "profile" } | { "event": "certificate", 
/**
 * The BAL.
 */
account: number, 
/**
 * The threshold reached: 60, 30 or 7 days left at most; 0 once it is over.
 */
notice: number, } | { "event": "sync", 
/**
 * The BAL.
 */
account: number, 
/**
 * What it does: `headers`, `bodies`, `changes`, `idle` (nothing left to do).
 */
phase: string, 
/**
 * Done so far.
 */
done: number, 
/**
 * To do in all.
 */
total: number, } | { "event": "messages", 
/**
 * The BAL.
 */
account: number, 
/**
 * The folder.
 */
folder: number, 
/**
 * Messages that were not known before.
 */
new: number, } | { "event": "body", 
/**
 * The message.
 */
message: number, } | { "event": "folders", 
/**
 * The BAL.
 */
account: number, } | { "event": "draft", 
/**
 * The draft.
 */
draft: number, 
/**
 * Its revision now; 0 when it is gone.
 */
revision: number, } | { "event": "outgoing", 
/**
 * The outbox entry.
 */
outgoing: number, 
/**
 * Its state now.
 */
state: OutgoingState, } | { "event": "journal" } | { "event": "journalProgress", 
/**
 * Traces gone through so far.
 */
done: number, 
/**
 * Traces in all.
 */
total: number, } | { "event": "quota", 
/**
 * The BAL.
 */
account: number, } | { "event": "purge", 
/**
 * The BAL.
 */
account: number, 
/**
 * The purge.
 */
purge: number, 
/**
 * Messages done so far.
 */
done: number, 
/**
 * Messages of its plan.
 */
total: number, } | { "event": "rules", 
/**
 * The BAL.
 */
account: number, } | { "event": "handling", 
/**
 * The BAL.
 */
account: number, } | { "event": "boxLife", 
/**
 * The BAL.
 */
account: number, } | { "event": "backupProgress", 
/**
 * Done so far.
 */
done: number, 
/**
 * In all.
 */
total: number, };

/**
 * How often something runs by itself.
 */
export type Every = "daily" | "weekly" | "monthly";

/**
 * As what traces are exported.
 */
export type ExportFormat = "csv" | "jsonLines" | "pdf";

/**
 * An export that was written.
 */
export type Exported = { 
/**
 * The file's name, without the folder.
 */
file: string, 
/**
 * The name of its signed manifest, beside it.
 */
manifest: string, 
/**
 * Traces written.
 */
count: number, 
/**
 * The fingerprint of the key that signed: 8 groups of 4 hexadecimal digits.
 */
fingerprint: string, };

/**
 * Something that somebody said.
 */
export type Fact = { 
/**
 * Who.
 */
by: Person, 
/**
 * What.
 */
what: FactWhat, 
/**
 * When.
 */
at: string, };

/**
 * What somebody said.
 */
export type FactWhat = { "is": "state", 
/**
 * The state.
 */
state: HandlingState, } | { "is": "note", 
/**
 * Its text.
 */
note: string, } | { "is": "for", 
/**
 * Who.
 */
name: string | null, };

/**
 * A failure as it reaches a window or a script.
 */
export type Failure = { 
/**
 * What to branch on.
 */
code: Code, 
/**
 * What the code speaks of, when a name helps: a host, an address, a file's name, a number of seconds. Never content.
 */
about: string | null, 
/**
 * The server's own words, one click away.
 */
server: string | null, };

/**
 * A recipient's fate.
 */
export type Fate = "waiting" | "accepted" | "delayed" | "delivered" | "read" | "refused" | "unknown";

/**
 * Which rows of a scope.
 */
export type Filter = "all" | "unread" | "flagged" | "open" | "mine";

/**
 * A flag that a person sets.
 */
export type Flag = "seen" | "flagged";

/**
 * A folder of a BAL.
 */
export type Folder = { 
/**
 * Its local number.
 */
id: number, 
/**
 * The BAL it belongs to.
 */
account: number, 
/**
 * Its whole name, decoded, levels separated by ` / `.
 */
name: string, 
/**
 * Depth below the root, 0 to 20.
 */
depth: number, 
/**
 * What it is for.
 */
role: FolderRole, 
/**
 * Unread messages.
 */
unread: number, 
/**
 * Messages.
 */
total: number, };

/**
 * What a folder is for (RFC 6154).
 */
export type FolderRole = "inbox" | "sent" | "drafts" | "trash" | "junk" | "archive" | "kept" | "other";

/**
 * When a BAL would be full, as it has grown lately.
 */
export type Forecast = { 
/**
 * The day.
 */
fullOn: string, 
/**
 * Octets more each day.
 */
perDay: number, 
/**
 * Days that this was learnt from, 7 to 60.
 */
overDays: number, };

/**
 * What a sidebar shows of a BAL's room.
 */
export type Gauge = { 
/**
 * Where the figures come from.
 */
source: QuotaSource, 
/**
 * How near the end.
 */
level: QuotaLevel, 
/**
 * Whole percent used, 0 to 999: of the octets or of the messages, whichever is nearer to its limit; `null` without a
 * limit.
 */
percent: number | null, 
/**
 * Octets used.
 */
used: number, 
/**
 * Octets allowed.
 */
limit: number | null, };

/**
 * What is known of a message's handling.
 */
export type Handling = { 
/**
 * Where it stands.
 */
state: HandlingState, 
/**
 * Who said so.
 */
by: Person | null, 
/**
 * Whom it is for.
 */
for: Person | null, 
/**
 * Since when.
 */
at: string | null, 
/**
 * A note of one line, at most 200 characters.
 */
note: string | null, 
/**
 * Everything that was said, oldest first.
 */
facts: Array<Fact>, 
/**
 * Whether two people trod on each other: both facts are kept.
 */
conflict: boolean, 
/**
 * By what it is carried.
 */
carried: Carried, };

/**
 * What a row shows of it.
 */
export type HandlingMark = { 
/**
 * Where it stands.
 */
state: HandlingState, 
/**
 * Who said so.
 */
byName: string | null, 
/**
 * Whom it is for.
 */
forName: string | null, 
/**
 * Whether two people trod on each other.
 */
conflict: boolean, 
/**
 * Whether there is a note.
 */
note: boolean, };

/**
 * What somebody says of messages. What is `null` stays as it is.
 */
export type HandlingSet = { 
/**
 * Which, at most 500.
 */
messages: Array<number>, 
/**
 * Where they stand.
 */
state: HandlingState | null, 
/**
 * Whom they are for; empty: nobody any more.
 */
for: string | null, 
/**
 * A note of one line, at most 200 characters; empty: none any more.
 */
note: string | null, };

/**
 * Where a message stands.
 */
export type HandlingState = "none" | "todo" | "taken" | "done";

/**
 * A day that has traces.
 */
export type JournalDay = { 
/**
 * The day on this workstation, `2026-11-17`.
 */
day: string, 
/**
 * Its traces under the filter.
 */
count: number, };

/**
 * Which days have traces.
 */
export type JournalDays = { 
/**
 * Which traces.
 */
filter: JournalFilter, };

/**
 * An export. The host asks where to.
 */
export type JournalExport = { 
/**
 * Which traces.
 */
filter: JournalFilter, 
/**
 * As what.
 */
format: ExportFormat, };

/**
 * Which traces.
 */
export type JournalFilter = { 
/**
 * From this instant on.
 */
since: string | null, 
/**
 * Before this instant.
 */
until: string | null, 
/**
 * Of this BAL's address.
 */
bal: string | null, 
/**
 * By this author (national id).
 */
author: string | null, 
/**
 * Of this action's code.
 */
action: string | null, 
/**
 * Failures alone.
 */
failures: boolean, 
/**
 * With a sender or a recipient whose address holds this text, in any case.
 */
correspondent: string | null, 
/**
 * About this message: its `Message-ID`, or Pli's own id.
 */
message: string | null, 
/**
 * What was about to be asked too, written beforehand; without, such a trace shows only when its answer never came.
 */
intentions: boolean, };

/**
 * A trace.
 */
export type JournalGet = { 
/**
 * Its place in the chain.
 */
sequence: number, };

/**
 * What the journal knows, to choose a filter from.
 */
export type JournalKnown = { 
/**
 * The authors: national id and name.
 */
authors: Array<[string, string]>, 
/**
 * The addresses of the BALs.
 */
bals: Array<string>, 
/**
 * The codes of the actions.
 */
actions: Array<string>, 
/**
 * The oldest trace's time.
 */
since: string | null, 
/**
 * The newest trace's time.
 */
until: string | null, };

/**
 * Part of the journal.
 */
export type JournalList = { 
/**
 * Which traces.
 */
filter: JournalFilter, 
/**
 * Traces to skip.
 */
offset: number, 
/**
 * Traces to give, at most 1,000.
 */
limit: number, };

/**
 * Part of the journal, newest first.
 */
export type JournalPage = { 
/**
 * The traces.
 */
traces: Array<Trace>, 
/**
 * Traces under this filter.
 */
total: number, 
/**
 * What the journal knows, to choose a filter from.
 */
known: JournalKnown, };

/**
 * Where the journal's small secret is.
 */
export type JournalPlace = "keyring" | "file";

/**
 * A destruction.
 */
export type JournalPrune = { 
/**
 * The traces of before this instant. One in the future is refused.
 */
before: string, 
/**
 * Destroyed, or replaced by signed counts that speak of nobody.
 */
atEnd: AtEnd, };

/**
 * A destruction that is thought of.
 */
export type JournalPrunePlan = { 
/**
 * The traces of before this instant. One in the future is refused.
 */
before: string, };

/**
 * One restoration of the journal from a backup: its key passed on, each time signed by the one before.
 */
export type JournalRestoration = { 
/**
 * When the backup was made, by the clock of the workstation that made it.
 */
copiedAt: string, 
/**
 * When it was restored, by the clock of the workstation where it was.
 */
restoredAt: string, 
/**
 * The last trace that came with the backup; `null`: it held none.
 */
last: number | null, 
/**
 * The fingerprint of the key that sealed the journal it comes from: 8 groups of 4 hexadecimal digits.
 */
from: string, 
/**
 * The fingerprint of the key that has sealed since.
 */
to: string, 
/**
 * The trace of the restoration; `null` once it was destroyed at the end of its time.
 */
trace: number | null, 
/**
 * Who restored it: their name; `null` when nobody was identified then, which is usual in a new profile.
 */
by: string | null, 
/**
 * Their national id.
 */
byId: string | null, 
/**
 * The name of the workstation where it was restored; empty when it is not known any more.
 */
host: string, };

/**
 * How long traces are kept (EX_GDT_5070).
 */
export type JournalSet = { 
/**
 * Functional traces: 1 to 240 months.
 */
months: number, 
/**
 * Technical logs: 6 to 12 months.
 */
technicalMonths: number, 
/**
 * What becomes of the traces at their end.
 */
atEnd: AtEnd, };

/**
 * How long traces are kept (EX_GDT_5070), and what becomes of them.
 */
export type JournalSettings = { 
/**
 * Functional traces: 1 to 240 months.
 */
months: number, 
/**
 * Whether the organisation fixed it.
 */
monthsFixed: boolean, 
/**
 * Technical logs: 6 to 12 months.
 */
technicalMonths: number, 
/**
 * Whether the organisation fixed it.
 */
technicalFixed: boolean, 
/**
 * What becomes of the traces at their end.
 */
atEnd: AtEnd, 
/**
 * Whether the organisation fixed it.
 */
atEndFixed: boolean, 
/**
 * The fingerprint of the key that seals: 8 groups of 4 hexadecimal digits.
 */
fingerprint: string, 
/**
 * The oldest trace's time.
 */
since: string | null, 
/**
 * When traces next come to their end.
 */
nextExpiry: string | null, 
/**
 * The clock is not believed: nothing expires until it is.
 */
expiryWaits: boolean, 
/**
 * Where the journal's small secret is.
 */
place: JournalPlace, 
/**
 * The organisation's collector; `null`: none.
 */
collector: Collector | null, };

/**
 * Messages kept for one reason.
 */
export type Kept = { 
/**
 * Why.
 */
why: KeptWhy, 
/**
 * How many.
 */
count: number, };

/**
 * Why a message is kept.
 */
export type KeptWhy = "tooRecent" | "flagged" | "fateUnknown" | "notFiled" | "unread" | "handledBySomebody" | "notStoredHere" | "flaggedSince" | "anotherMessage" | "changedSince";

/**
 * What kind of correspondent or message.
 */
export type Kind = "professional" | "patient" | "system";

/**
 * The profile is locked. Nothing here tells of what is stored, but how much waits for the person.
 */
export type Lock = { 
/**
 * Since when.
 */
since: string, 
/**
 * Why.
 */
reason: LockReason, 
/**
 * Whose profile it is, when somebody has logged in already.
 */
person: string | null, 
/**
 * A PIN opens it.
 */
pin: boolean, 
/**
 * The profile's passphrase opens it.
 */
passphrase: boolean, 
/**
 * A login by Pro Santé Connect, by the same person, opens it.
 */
login: boolean, 
/**
 * Seconds before another PIN or passphrase is looked at, after wrong ones; 0: now.
 */
waitSeconds: number, 
/**
 * When the draft that was being written was last stored; `null`: none was.
 */
draftSavedAt: string | null, 
/**
 * Messages of the outbox that wait for a session to leave.
 */
waiting: number, 
/**
 * After how many minutes of inactivity this profile locks.
 */
minutes: number, };

/**
 * Why a profile was locked.
 */
export type LockReason = "demand" | "inactivity" | "sleep" | "sessionEnd" | "start";

/**
 * When the profile locks.
 */
export type LockSet = { 
/**
 * After how many minutes of inactivity, 1 to [`crate::view::LockSettings::longest`].
 */
minutes: number, 
/**
 * Whether the end of the session locks too.
 */
atSessionEnd: boolean, };

/**
 * When the profile locks, and what opens it again.
 */
export type LockSettings = { 
/**
 * After how many minutes of inactivity, 1 to `longest`.
 */
minutes: number, 
/**
 * The most that may be set: 30, or less when the organisation says so.
 */
longest: number, 
/**
 * The organisation sets the minutes: they cannot be changed here.
 */
fixed: boolean, 
/**
 * Whether the end of the session of Pro Santé Connect locks too.
 */
atSessionEnd: boolean, 
/**
 * The organisation sets `atSessionEnd`: it cannot be changed here.
 */
atSessionEndFixed: boolean, 
/**
 * Whether the profile has a PIN.
 */
pin: boolean, };

/**
 * A client certificate to import. The host asks for the file.
 */
export type LoginCertificate = { 
/**
 * The BAL.
 */
account: number, 
/**
 * The file's passphrase.
 */
passphrase: string, };

/**
 * What is remembered of the last login, to fill the form in. Readable while locked.
 */
export type LoginHint = { 
/**
 * The person's name, once they have logged in.
 */
person: string | null, 
/**
 * Their national identifier: 12 digits, `8` and the RPPS.
 */
nationalId: string | null, 
/**
 * With what they last confirmed; `mobile` before the first time.
 */
channel: Channel, 
/**
 * The way of their last login; `browser` before the first time.
 */
way: LoginWay, };

/**
 * How a BAL is opened.
 */
export type LoginMethod = "code" | "certificate";

/**
 * A login.
 */
export type LoginOf = { 
/**
 * Its number.
 */
login: number, };

/**
 * A login by Pro Santé Connect.
 */
export type LoginStart = { 
/**
 * By which way.
 */
way: LoginWay, 
/**
 * Who logs in, for the two digits: the 11 digits of the RPPS, or `8` before them; spaces are dropped. A wrong key
 * answers `unknownPerson` at once. The browser needs none.
 */
nationalId: string | null, 
/**
 * With what the two digits are confirmed; the browser asks there.
 */
channel: Channel, 
/**
 * The BAL it was asked from; `null`: none in particular. One login serves every BAL all the same.
 */
account: number | null, };

/**
 * How far a login has come.
 */
export type LoginState = { "state": "browser", 
/**
 * The login's number, to cancel it.
 */
login: number, 
/**
 * The address to open by hand when no browser opened.
 */
url: string, } | { "state": "phone", 
/**
 * The login's number, to cancel it.
 */
login: number, 
/**
 * Two digits, `07`: the person must see the same ones there, and refuse any other.
 */
digits: string, 
/**
 * When they stop being accepted.
 */
expiresAt: string, 
/**
 * For how long they are accepted in all, in seconds, at least 1: what a countdown starts from.
 */
lifetimeSeconds: number, } | { "state": "done", 
/**
 * The login's number.
 */
login: number, 
/**
 * The person's name as Pro Santé Connect gives it, or the certificate's subject.
 */
name: string, } | { "state": "failed", 
/**
 * The login's number.
 */
login: number, 
/**
 * Why: `loginCancelled`, `loginDenied`, `loginTimedOut`, `loginExpired`, `loginMismatch`, `unknownPerson`,
 * `phoneUnavailable`, `tooManyAttempts`, `otherPerson`, `portTaken`, `pscUnavailable`…
 */
failure: Failure, };

/**
 * By which way a person logs in (SC.PSC.01: a heavy client offers both).
 */
export type LoginWay = "browser" | "phone";

/**
 * A message opened.
 */
export type Message = { 
/**
 * Its row.
 */
row: Row, 
/**
 * Every sender of `From`.
 */
from: Array<Party>, 
/**
 * `To`.
 */
to: Array<Party>, 
/**
 * `Cc`.
 */
cc: Array<Party>, 
/**
 * `Reply-To`, when it differs from `From`.
 */
replyTo: Array<Party>, 
/**
 * Whether the whole message is here; else only its header is, and the rest comes by an event.
 */
complete: boolean, 
/**
 * The text, from text/plain or drawn from the HTML; at most 1 MiB.
 */
text: string, 
/**
 * Whether the text was cut at its bound.
 */
textCut: boolean, 
/**
 * Where the sanitised HTML is served, when there is one.
 */
html: string | null, 
/**
 * Remote contents that were left out of the HTML.
 */
remoteBlocked: number, 
/**
 * What is attached.
 */
attachments: Array<Attachment>, 
/**
 * A delivery or reading report's content.
 */
report: Report | null, 
/**
 * What is wrong with the message, in plain French, when it is broken.
 */
defects: Array<string>, 
/**
 * Whether the sender asks for a reading receipt.
 */
receiptAsked: boolean, 
/**
 * `X-MSS-MES: FIN`, or a subject of exactly `[FIN]`: no answer is expected.
 */
closed: boolean, 
/**
 * Octets as received.
 */
size: number, 
/**
 * SHA-256 of the octets as received, hexadecimal; empty until complete.
 */
sha256: string, 
/**
 * `Message-ID` without brackets, when there is one.
 */
messageId: string | null, };

/**
 * A flag to set or clear.
 */
export type MessageFlag = { 
/**
 * On which, at most 10,000.
 */
messages: Array<number>, 
/**
 * Which flag.
 */
flag: Flag, 
/**
 * Set or clear.
 */
on: boolean, };

/**
 * Part of a list.
 */
export type MessageList = { 
/**
 * Of what.
 */
scope: Scope, 
/**
 * Which rows.
 */
filter: Filter, 
/**
 * Rows to skip.
 */
offset: number, 
/**
 * Rows to give, at most 500.
 */
limit: number, };

/**
 * A move.
 */
export type MessageMove = { 
/**
 * What, at most 10,000.
 */
messages: Array<number>, 
/**
 * Where to.
 */
folder: number, };

/**
 * A message.
 */
export type MessageOf = { 
/**
 * Its number.
 */
message: number, };

/**
 * Messages.
 */
export type MessagesOf = { 
/**
 * Their numbers, at most 10,000.
 */
messages: Array<number>, };

/**
 * No argument, or no answer.
 */
export type Nothing = Record<symbol, never>;

/**
 * What is known of an operator.
 */
export type OperatorFacts = { 
/**
 * Its name, or its domain.
 */
name: string, 
/**
 * Days after which it deletes received messages; `null`: it does not, or it is not known.
 */
deletesAfterDays: number | null, 
/**
 * Days after which it deletes sent messages; `null`: it does not, or it is not known.
 */
purgesSentAfterDays: number | null, 
/**
 * The address of its web mail.
 */
webMail: string | null, 
/**
 * How to have a box removed or a directory entry corrected, and whom to write to: lines in French.
 */
removal: Array<string>, };

/**
 * Which entries of the outbox.
 */
export type OutboxList = { 
/**
 * Queued within this many days, 1 to 3,650; whatever is not settled is always given.
 */
days: number, };

/**
 * The person's word on a message whose fate is not known.
 */
export type OutboxSettle = { 
/**
 * The entry.
 */
outgoing: number, 
/**
 * `true`: it has left, leave it so. `false`: send the same message again.
 */
left: boolean, };

/**
 * A message on its way, or arrived.
 */
export type Outgoing = { 
/**
 * Its local number.
 */
id: number, 
/**
 * The BAL it leaves from.
 */
account: number, 
/**
 * Its subject.
 */
subject: string, 
/**
 * When « Envoyer » was pressed.
 */
queuedAt: string, 
/**
 * When it leaves at the earliest: until then it can be taken back whole.
 */
leavesAt: string, 
/**
 * When the operator answered for it.
 */
settledAt: string | null, 
/**
 * Where it is.
 */
state: OutgoingState, 
/**
 * How often it was tried.
 */
attempts: number, 
/**
 * When it is tried next, while queued.
 */
nextAttemptAt: string | null, 
/**
 * Why the last try failed.
 */
problem: Failure | null, 
/**
 * Its recipients.
 */
recipients: Array<Recipient>, 
/**
 * Octets.
 */
size: number, 
/**
 * Its copy in the Sent folder, when there is one.
 */
sentCopy: number | null, 
/**
 * `Message-ID` without brackets.
 */
messageId: string, };

/**
 * An entry of the outbox.
 */
export type OutgoingOf = { 
/**
 * Its number.
 */
outgoing: number, };

/**
 * Where a message on its way is.
 */
export type OutgoingState = "queued" | "sending" | "accepted" | "refused" | "unknown" | "cancelled";

/**
 * Part of a list, newest first.
 */
export type Page = { 
/**
 * The rows asked for.
 */
rows: Array<Row>, 
/**
 * Rows of the whole list under this filter.
 */
total: number, 
/**
 * Unread rows of the scope.
 */
unread: number, };

/**
 * A person or organisation at an address.
 */
export type Party = { 
/**
 * The name, or the address when there is none.
 */
name: string, 
/**
 * The address; empty when the header holds none.
 */
address: string, };

/**
 * Somebody who reads the box.
 */
export type Person = { 
/**
 * Their national identifier, when it is known.
 */
id: string | null, 
/**
 * Their name.
 */
name: string, };

/**
 * A PIN. A PIN that is set already is changed or removed only by whoever knows it.
 */
export type PinSet = { 
/**
 * The present PIN, when there is one.
 */
current: string | null, 
/**
 * The new one, 4 to 64 characters; `null`: none any more.
 */
pin: string | null, };

/**
 * One profile. Readable while locked.
 */
export type Profile = { 
/**
 * What names it to [`crate::commands::ProfileOf`]; never shown.
 */
id: string, 
/**
 * The name given to it, else its person's; empty for a profile that has neither yet.
 */
name: string, 
/**
 * The person who logged in, once somebody did.
 */
person: string | null, 
/**
 * Whether it is the one shown now.
 */
current: boolean, 
/**
 * `false`: its description is damaged. It cannot be shown, and nothing of it was changed.
 */
readable: boolean, };

/**
 * A new profile.
 */
export type ProfileAdd = { 
/**
 * Its name, 1 to 80 characters.
 */
name: string, };

/**
 * A profile.
 */
export type ProfileOf = { 
/**
 * What names it.
 */
profile: string, };

/**
 * A profile's new name.
 */
export type ProfileRename = { 
/**
 * What names it.
 */
profile: string, 
/**
 * Its name, 1 to 80 characters.
 */
name: string, };

/**
 * The way to Pro Santé Connect: the intermediary of an editor or an organisation.
 */
export type Provider = { 
/**
 * The address of its discovery document; `null`: none is set, and no login by Pro Santé Connect is possible.
 */
discovery: string | null, 
/**
 * Pli's name there.
 */
clientId: string, 
/**
 * Set by the organisation or by this build: it cannot be changed here.
 */
fixed: boolean, };

/**
 * What the way to Pro Santé Connect answers now.
 */
export type ProviderCheck = { 
/**
 * It answers.
 */
available: boolean, 
/**
 * It offers the login by two digits (CIBA).
 */
ciba: boolean, };

/**
 * The way to Pro Santé Connect.
 */
export type ProviderSet = { 
/**
 * The `https` address of the intermediary's discovery document, at most 500 characters; `null`: none.
 */
discovery: string | null, 
/**
 * Pli's name there, 1 to 128 visible characters.
 */
clientId: string, };

/**
 * What a destruction would take.
 */
export type PrunePlan = { 
/**
 * Traces.
 */
count: number, 
/**
 * The first one's time.
 */
since: string | null, 
/**
 * The last one's time.
 */
until: string | null, };

/**
 * What a destruction took.
 */
export type Pruned = { 
/**
 * Traces.
 */
count: number, };

/**
 * A purge: its plan, then its report.
 */
export type Purge = { 
/**
 * Its number.
 */
id: number, 
/**
 * The BAL.
 */
account: number, 
/**
 * What it is about.
 */
scope: PurgeAbout, 
/**
 * Whether a copy stays on this workstation.
 */
keepLocal: boolean, 
/**
 * Whether a schedule made it.
 */
scheduled: boolean, 
/**
 * How far it has come.
 */
state: PurgeState, 
/**
 * When the plan was made.
 */
plannedAt: string, 
/**
 * When it began.
 */
startedAt: string | null, 
/**
 * When it ended.
 */
endedAt: string | null, 
/**
 * The folder's name; `null` when there are several.
 */
folderName: string | null, 
/**
 * Messages of the plan.
 */
count: number, 
/**
 * Their octets.
 */
octets: number, 
/**
 * The oldest of them.
 */
oldest: string | null, 
/**
 * The newest of them.
 */
newest: string | null, 
/**
 * The plan by what the messages carry.
 */
groups: Array<PurgeGroup>, 
/**
 * What the plan leaves, and why.
 */
kept: Array<Kept>, 
/**
 * Why the plan may not begin; `null`: it may.
 */
obstacle: Code | null, 
/**
 * Deleted by this purge.
 */
done: number, 
/**
 * Gone already when their turn came.
 */
alreadyGone: number, 
/**
 * Of the plan, and spared since: they changed meanwhile.
 */
spared: Array<Kept>, 
/**
 * Of the plan, and still to do.
 */
left: number, 
/**
 * Octets used in the BAL before.
 */
quotaBefore: number | null, 
/**
 * Octets used in the BAL after.
 */
quotaAfter: number | null, 
/**
 * What stopped it.
 */
problem: Failure | null, };

/**
 * What a purge is about, as it is remembered.
 */
export type PurgeAbout = { "of": "sent", 
/**
 * Older than so many days.
 */
olderThanDays: number, 
/**
 * Whether what is flagged is kept.
 */
keepFlagged: boolean, 
/**
 * Whether what is not known to have been delivered is kept.
 */
keepUnknownFate: boolean, 
/**
 * Whether what is with a patient and not filed yet is kept.
 */
keepUnfiled: boolean, } | { "of": "trash", 
/**
 * Older than so many days.
 */
olderThanDays: number, } | { "of": "chosen" };

/**
 * Part of a plan, by what the messages carry.
 */
export type PurgeGroup = { 
/**
 * What they carry.
 */
kind: DocumentKind, 
/**
 * How many.
 */
count: number, 
/**
 * Their octets.
 */
octets: number, 
/**
 * The oldest.
 */
oldest: string | null, 
/**
 * The newest.
 */
newest: string | null, };

/**
 * A purge.
 */
export type PurgeOf = { 
/**
 * Its number.
 */
purge: number, };

/**
 * A purge to plan. Nothing is deleted by it.
 */
export type PurgePlan = { 
/**
 * The BAL.
 */
account: number, 
/**
 * What.
 */
scope: PurgeScope, 
/**
 * Whether a copy stays on this workstation.
 */
keepLocal: boolean, };

/**
 * The purge of sent items that runs by itself.
 */
export type PurgeSchedule = { 
/**
 * Whether it runs.
 */
enabled: boolean, 
/**
 * How often.
 */
every: Every, 
/**
 * Older than so many days, 0 to 3,650.
 */
olderThanDays: number, 
/**
 * Keep what is flagged.
 */
keepFlagged: boolean, 
/**
 * Keep what is not known to have been delivered.
 */
keepUnknownFate: boolean, 
/**
 * Keep what is with a patient and not filed yet.
 */
keepUnfiled: boolean, 
/**
 * Keep a copy on this workstation.
 */
keepLocal: boolean, 
/**
 * Empty the bin too, of what is older than so many days.
 */
trashOlderThanDays: number | null, 
/**
 * When it last ran.
 */
lastRun: string | null, 
/**
 * When it runs next.
 */
nextRun: string | null, 
/**
 * A plan that is much larger than the last one waits for the person's word: its number.
 */
waits: number | null, 
/**
 * Whether the organisation fixed it.
 */
fixed: boolean, };

/**
 * When a purge of sent items runs by itself.
 */
export type PurgeScheduleSet = { 
/**
 * The BAL.
 */
account: number, 
/**
 * Whether it runs.
 */
enabled: boolean, 
/**
 * How often.
 */
every: Every, 
/**
 * Older than so many days, 0 to 3,650.
 */
olderThanDays: number, 
/**
 * Keep what is flagged.
 */
keepFlagged: boolean, 
/**
 * Keep what is not known to have been delivered.
 */
keepUnknownFate: boolean, 
/**
 * Keep what is with a patient and not filed yet.
 */
keepUnfiled: boolean, 
/**
 * Keep a copy on this workstation.
 */
keepLocal: boolean, 
/**
 * Empty the bin too, of what is older than so many days, 0 to 3,650.
 */
trashOlderThanDays: number | null, };

/**
 * What a purge is asked to delete.
 */
export type PurgeScope = { "of": "sent", 
/**
 * Older than so many days, 0 to 3,650.
 */
olderThanDays: number, 
/**
 * Keep what is flagged.
 */
keepFlagged: boolean, 
/**
 * Keep what is not known to have been delivered.
 */
keepUnknownFate: boolean, 
/**
 * Keep what is with a patient and not filed yet.
 */
keepUnfiled: boolean, } | { "of": "trash", 
/**
 * Older than so many days, 0 to 3,650.
 */
olderThanDays: number, } | { "of": "chosen", 
/**
 * Which, at most 10,000.
 */
messages: Array<number>, };

/**
 * How far a purge has come.
 */
export type PurgeState = "planned" | "running" | "stopped" | "done" | "failed";

/**
 * A BAL's room (EX_GBM_4470).
 */
export type Quota = { 
/**
 * Octets used.
 */
used: number, 
/**
 * Octets allowed.
 */
limit: number, 
/**
 * Whole percent used, 0 to 999.
 */
percent: number, };

/**
 * How near its end a BAL's room is.
 */
export type QuotaLevel = "fine" | "high" | "almostFull" | "full";

/**
 * The room of one day.
 */
export type QuotaPoint = { 
/**
 * The day.
 */
on: string, 
/**
 * Octets used.
 */
used: number, 
/**
 * Octets allowed.
 */
limit: number | null, };

/**
 * Where the figures of a BAL's room come from.
 */
export type QuotaSource = "server" | "estimate" | "unknown";

/**
 * A BAL's room, its past and its future.
 */
export type QuotaView = { 
/**
 * The BAL.
 */
account: number, 
/**
 * Where the figures come from.
 */
source: QuotaSource, 
/**
 * Octets.
 */
storage: Room | null, 
/**
 * Messages.
 */
messages: Room | null, 
/**
 * Octets of the messages known here.
 */
local: number, 
/**
 * When the figures were read.
 */
readAt: string | null, 
/**
 * How near the end.
 */
level: QuotaLevel, 
/**
 * When it would be full; `null`: too little is known, or it does not grow.
 */
forecast: Forecast | null, 
/**
 * One point a day, oldest first, at most 400.
 */
history: Array<QuotaPoint>, };

/**
 * A warning that lasts until the room is found, or until it is put off.
 */
export type QuotaWarning = { 
/**
 * The BAL.
 */
account: number, 
/**
 * How near the end: never [`QuotaLevel::Fine`].
 */
level: QuotaLevel, 
/**
 * Whole percent used.
 */
percent: number, 
/**
 * When it was told.
 */
at: string, };

/**
 * One recipient of a message.
 */
export type Recipient = { 
/**
 * Who.
 */
party: Party, 
/**
 * What kind of correspondent.
 */
kind: Kind, 
/**
 * Its fate.
 */
fate: Fate, 
/**
 * When the operator took or refused it.
 */
answeredAt: string | null, 
/**
 * When its own server reported.
 */
reportedAt: string | null, 
/**
 * When it was read.
 */
readAt: string | null, 
/**
 * What happened, in plain French, when it went wrong (EX_GBM_4460).
 */
sentence: string | null, 
/**
 * The enhanced code, `5.2.2`.
 */
status: string | null, 
/**
 * The server's own words.
 */
server: string | null, 
/**
 * Whether a delivery report may come. `false`: « confié à l'opérateur » is all that will be known, unless it is read.
 */
reports: boolean, };

/**
 * A redirection to another personal box of the same professional (EX_GBM_4480).
 */
export type Redirect = { 
/**
 * Whether it runs.
 */
enabled: boolean, 
/**
 * Where to.
 */
to: string, 
/**
 * Whether a copy stays.
 */
keepCopy: boolean, 
/**
 * Who confirmed that the same professional holds the target.
 */
confirmedBy: string | null, 
/**
 * When.
 */
confirmedAt: string | null, };

/**
 * A redirection.
 */
export type RedirectSet = { 
/**
 * Whether it runs.
 */
enabled: boolean, 
/**
 * Where to.
 */
to: string, 
/**
 * Whether a copy stays.
 */
keepCopy: boolean, };

/**
 * What a delivery report (RFC 3464) or a reading report (RFC 8098) says.
 */
export type Report = { 
/**
 * `delivery` or `reading`.
 */
of: string, 
/**
 * The outbox entry it speaks of, when it is one of ours.
 */
outbox: number | null, 
/**
 * One line a recipient.
 */
recipients: Array<ReportLine>, };

/**
 * One recipient of a report.
 */
export type ReportLine = { 
/**
 * The recipient.
 */
address: string, 
/**
 * Whether it went well.
 */
good: boolean, 
/**
 * What happened, in plain French (EX_GBM_4460).
 */
sentence: string, 
/**
 * The enhanced code, `5.2.2`.
 */
status: string | null, 
/**
 * The server's own words.
 */
server: string | null, };

/**
 * How long the bodies of a BAL stay on this workstation.
 */
export type Retention = { 
/**
 * Months, 1 to 240; `null`: always. The rows stay, and a body is fetched again when it is asked for.
 */
offlineMonths: number | null, };

/**
 * How much of something is used.
 */
export type Room = { 
/**
 * Used: octets, or messages.
 */
used: number, 
/**
 * Allowed; `null`: no limit is told.
 */
limit: number | null, 
/**
 * Whole percent used, 0 to 999; `null` without a limit.
 */
percent: number | null, };

/**
 * One line of a list (72 px).
 */
export type Row = { 
/**
 * The message's local number.
 */
id: number, 
/**
 * Its BAL.
 */
account: number, 
/**
 * Its folder.
 */
folder: number, 
/**
 * Who it is from, or to whom in Sent and Drafts.
 */
who: Party, 
/**
 * What kind of correspondent (ECO.3.1.1).
 */
kind: Kind, 
/**
 * The subject without the transport's prefix (ECO.3.1.3); empty when there is none.
 */
subject: string, 
/**
 * The first words of the text; empty while the body is not here.
 */
snippet: string, 
/**
 * When it was received, or sent.
 */
date: string, 
/**
 * Read.
 */
seen: boolean, 
/**
 * Flagged.
 */
flagged: boolean, 
/**
 * Answered.
 */
answered: boolean, 
/**
 * Forwarded.
 */
forwarded: boolean, 
/**
 * Attachments.
 */
attachments: number, 
/**
 * Holds health documents (an IHE XDM archive).
 */
document: boolean, 
/**
 * Whether a local change still waits to reach the server.
 */
pending: boolean, 
/**
 * Who takes charge of it, where somebody said something.
 */
handling: HandlingMark | null, 
/**
 * For a search: where the words were found, with `‹` and `›` around them.
 */
excerpt: string | null, };

/**
 * The rules of a BAL.
 */
export type Rules = { 
/**
 * Whether the operator runs rules.
 */
support: RulesSupport, 
/**
 * Which forms it can run.
 */
offers: RulesOffer, 
/**
 * What runs there.
 */
standing: Standing, 
/**
 * The automatic reply.
 */
answer: AutoReply | null, 
/**
 * The redirection.
 */
redirect: Redirect | null, 
/**
 * How mail is sorted, in order.
 */
sort: Array<SortRule>, 
/**
 * When the server was read.
 */
readAt: string | null, 
/**
 * Whether the server's copy of our rules was changed elsewhere.
 */
differs: boolean, 
/**
 * What was read, in a word to give back when the rules are set.
 */
seen: string, };

/**
 * Which forms the server can run.
 */
export type RulesOffer = { 
/**
 * An automatic reply.
 */
answer: boolean, 
/**
 * One with a first and a last day.
 */
period: boolean, 
/**
 * A redirection that keeps a copy.
 */
copy: boolean, 
/**
 * Sorting into folders.
 */
folders: boolean, 
/**
 * Flagging.
 */
flags: boolean, 
/**
 * Running beside somebody else's rules.
 */
include: boolean, };

/**
 * All the rules of a BAL, in place of those there are.
 */
export type RulesSet = { 
/**
 * The BAL.
 */
account: number, 
/**
 * The automatic reply.
 */
answer: AutoReply | null, 
/**
 * The redirection.
 */
redirect: RedirectSet | null, 
/**
 * How mail is sorted, in order; at most 50.
 */
sort: Array<SortRule>, 
/**
 * The person's word that they hold the target of the redirection themselves: asked each time one is enabled.
 */
samePerson: boolean, 
/**
 * Whether somebody else's rules, which stay as they are, run with ours.
 */
includeInForeign: boolean, 
/**
 * What the rules said of themselves when they were read: nothing is written when the server has something else by
 * now. `null`: whatever is there.
 */
seen: string | null, };

/**
 * Whether the operator runs rules.
 */
export type RulesSupport = { "is": "yes" } | { "is": "noManageSieve" } | { "is": "noExtension", 
/**
 * Their names, separated by spaces.
 */
name: string, };

/**
 * A file written for the person.
 */
export type Saved = { 
/**
 * Its name, without the folder.
 */
name: string, };

/**
 * What a list shows.
 */
export type Scope = { "of": "all" } | { "of": "account", 
/**
 * The BAL.
 */
account: number, } | { "of": "folder", 
/**
 * The folder.
 */
folder: number, };

/**
 * A place in the chain, and when it was reached.
 */
export type Sealed = { 
/**
 * The last trace of it.
 */
sequence: number, 
/**
 * When.
 */
at: string, };

/**
 * A search.
 */
export type Search = { 
/**
 * What was typed.
 */
text: string, 
/**
 * In what; `null`: everything, all folders.
 */
scope: Scope | null, 
/**
 * Rows to give, at most 200.
 */
limit: number, };

/**
 * The folder that holds what was sent.
 */
export type SentFolder = { 
/**
 * The folder.
 */
folder: number, 
/**
 * Whether the person chose it; else the operator says so.
 */
chosen: boolean, };

/**
 * The folder that holds what was sent, as the person chose it.
 */
export type SentFolderSet = { 
/**
 * The BAL.
 */
account: number, 
/**
 * The folder, one of this BAL.
 */
folder: number, };

/**
 * One server of an operator.
 */
export type Server = { 
/**
 * Host name.
 */
host: string, 
/**
 * TCP port.
 */
port: number, 
/**
 * `implicit` (TLS from the first byte) or `startTls`.
 */
tls: string, };

/**
 * The session of Pro Santé Connect: who is logged in, until when.
 */
export type Session = { 
/**
 * The person's name.
 */
name: string, 
/**
 * Their national identifier (`SubjectNameID`).
 */
nationalId: string, 
/**
 * By which way they logged in.
 */
method: LoginWay, 
/**
 * Since when.
 */
startedAt: string, 
/**
 * When it ends at the latest: no renewal goes beyond.
 */
endsAt: string, 
/**
 * It is over: what is stored stays readable, and nothing reaches a server until a new login.
 */
ended: boolean, };

/**
 * A BAL's connection as a person understands it.
 */
export type SessionState = "loggedOut" | "connecting" | "online" | "offline";

/**
 * One sorting rule.
 */
export type SortRule = { 
/**
 * What names it, unique in the box; empty for a new one.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * What it looks at.
 */
when: SortWhen, 
/**
 * What it does.
 */
then: SortThen, 
/**
 * Whether it runs.
 */
enabled: boolean, };

/**
 * What a sorting rule does.
 */
export type SortThen = { "is": "folder", 
/**
 * Its whole name.
 */
name: string, } | { "is": "flag" };

/**
 * What a sorting rule looks at.
 */
export type SortWhen = { "is": "sender", 
/**
 * As typed.
 */
text: string, } | { "is": "subjectPrefix", 
/**
 * As typed.
 */
text: string, } | { "is": "hasAttachment" };

/**
 * What weighs in a BAL, by groups.
 */
export type Space = { 
/**
 * Messages of the BAL known here.
 */
count: number, 
/**
 * Their octets.
 */
octets: number, 
/**
 * The groups; at most 50.
 */
groups: Array<SpaceGroup>, };

/**
 * By what the weight is told.
 */
export type SpaceBy = "age" | "size" | "kind" | "correspondent" | "folder";

/**
 * Which messages to look at. Every part narrows; none: all.
 */
export type SpaceFilter = { 
/**
 * Of this folder.
 */
folder: number | null, 
/**
 * Older than so many days.
 */
olderThanDays: number | null, 
/**
 * Larger than so many octets.
 */
largerThan: number | null, 
/**
 * Carrying this.
 */
kind: DocumentKind | null, 
/**
 * From or to this address.
 */
correspondent: string | null, 
/**
 * Only those that are filed.
 */
filedOnly: boolean, };

/**
 * Messages that have something in common.
 */
export type SpaceGroup = { 
/**
 * What names it; the window has its words for it. By age: `two_years` (older than), `year`, `half_year`, `quarter`,
 * `month`, `recent`. By size: `huge` (10 MiB or more), `large` (5), `medium` (1), `small` (100 KiB), `tiny`. By kind: the
 * words of [`DocumentKind`]. By correspondent: the address, empty for all others together. By folder: its number.
 */
key: string, 
/**
 * A name or an address, where the group has one; else its key.
 */
label: string, 
/**
 * Messages.
 */
count: number, 
/**
 * Their octets.
 */
octets: number, 
/**
 * The oldest.
 */
oldest: string, 
/**
 * The newest.
 */
newest: string, 
/**
 * Those that are filed in a patient's record already.
 */
filed: number, };

/**
 * Part of what weighs in a BAL.
 */
export type SpaceMessages = { 
/**
 * The BAL.
 */
account: number, 
/**
 * Which messages.
 */
filter: SpaceFilter, 
/**
 * Rows to skip.
 */
offset: number, 
/**
 * Rows to give, at most 500.
 */
limit: number, };

/**
 * What weighs in a BAL.
 */
export type SpaceOf = { 
/**
 * The BAL.
 */
account: number, 
/**
 * By what.
 */
by: SpaceBy, };

/**
 * Part of what weighs: filed first, then the largest.
 */
export type SpacePage = { 
/**
 * The rows asked for.
 */
rows: Array<SpaceRow>, 
/**
 * Messages under this filter.
 */
total: number, 
/**
 * Their octets.
 */
octets: number, };

/**
 * A message by its weight.
 */
export type SpaceRow = { 
/**
 * The message.
 */
row: Row, 
/**
 * Its octets on the server.
 */
octets: number, 
/**
 * What it carries.
 */
kind: DocumentKind, 
/**
 * Whether it is filed in a patient's record.
 */
filed: boolean, 
/**
 * Why it is never proposed by itself; empty: it may be.
 */
keep: Array<KeptWhy>, };

/**
 * Messages that would make room.
 */
export type SpaceSuggest = { 
/**
 * The BAL.
 */
account: number, 
/**
 * How many octets are wanted.
 */
octets: number, };

/**
 * What runs on the server now.
 */
export type Standing = { "is": "none" } | { "is": "ours" } | { "is": "included", 
/**
 * The name of the others.
 */
name: string, } | { "is": "foreignAlone", 
/**
 * Its name.
 */
name: string, 
/**
 * Its text, at most 64 KiB.
 */
script: string, 
/**
 * Whether ours may run beside it, should the person ask (RFC 6609).
 */
mayInclude: boolean, };

/**
 * What a window needs to choose its first screen.
 */
export type Status = { 
/**
 * The store's lock.
 */
vault: VaultState, 
/**
 * How many BALs are set up; 0 while the vault is not open.
 */
accounts: number, 
/**
 * Pli's version, `1.2.3`.
 */
version: string, 
/**
 * Whether the last attempt to reach a server succeeded.
 */
online: boolean, 
/**
 * When the last sync ended without an error.
 */
syncedAt: string | null, 
/**
 * Whether a sync is under way.
 */
syncing: boolean, 
/**
 * Whether this profile has accepted the terms of use as they stand (EDC/PSC.101.01).
 */
termsAccepted: boolean, 
/**
 * The profile shown.
 */
profile: Profile, };

/**
 * A beginning of a name or an address.
 */
export type Suggest = { 
/**
 * What was typed.
 */
text: string, };

/**
 * What to sync.
 */
export type SyncNow = { 
/**
 * One BAL; `null`: all.
 */
account: number | null, };

/**
 * The terms of use as they stand, and whether this profile has accepted them.
 */
export type Terms = { 
/**
 * Their version, from 1: a new one is shown again.
 */
version: number, 
/**
 * In French: paragraphs with an empty line between them, headings that begin with `## `, items that begin with `- `,
 * addresses written out. No other markup.
 */
text: string, 
/**
 * When this version was accepted in this profile; `null`: not yet.
 */
acceptedAt: string | null, };

/**
 * The terms of use accepted.
 */
export type TermsAccept = { 
/**
 * The version that was shown; another than the present one is refused.
 */
version: number, };

/**
 * How many messages are still to be dealt with.
 */
export type ToHandle = { 
/**
 * By whomever: those of [`super::Filter::Open`].
 */
open: number, 
/**
 * By the person of this profile: those of [`super::Filter::Mine`].
 */
mine: number, };

/**
 * One trace.
 */
export type Trace = { 
/**
 * Its place in the chain, from 1.
 */
sequence: number, 
/**
 * Its unique id.
 */
uid: string, 
/**
 * The workstation's local time.
 */
at: string, 
/**
 * The author's national id; empty before any login.
 */
author: string, 
/**
 * The author's name.
 */
authorName: string, 
/**
 * How the author was authenticated: `code`, `ciba`, `certificate`, `none`.
 */
authenticated: string, 
/**
 * The BAL.
 */
bal: string, 
/**
 * Its kind.
 */
balKind: string, 
/**
 * The action's code: `login`, `send`, `delete`… The window holds its French name.
 */
action: string, 
/**
 * What was asked of the server.
 */
request: string, 
/**
 * What it answered, code and text.
 */
response: string, 
/**
 * Whether it failed.
 */
failed: boolean, 
/**
 * The code of the answer, `NO`, `550`.
 */
code: string | null, 
/**
 * The enhanced code, `5.2.2`.
 */
enhanced: string | null, 
/**
 * Whether this is what was about to be asked, written beforehand: it has no response, and another trace says what came
 * of it.
 */
intended: boolean, 
/**
 * It was about to be asked, and what came of it was never written: Pli, or the workstation, stopped in between.
 */
unanswered: boolean, 
/**
 * The folder it is about, as the journal has it: a usual name, or a pseudonym.
 */
mailbox: string, 
/**
 * The folder of destination, as the journal has it.
 */
target: string, 
/**
 * The folder's own name, where this workstation still knows what the pseudonym stands for.
 */
folder: string | null, 
/**
 * The folder of destination's own name, likewise.
 */
targetFolder: string | null, 
/**
 * The UIDs it is about.
 */
uids: string, 
/**
 * Octets sent.
 */
octetsOut: number | null, 
/**
 * Octets received.
 */
octetsIn: number | null, 
/**
 * Whether the workstation's clock was synchronised; `null`: not known.
 */
synchronised: boolean | null, 
/**
 * Milliseconds by which the workstation's clock is ahead of a server's (behind: negative), as last measured.
 */
gapMs: number | null, 
/**
 * Milliseconds by which the clock went back since the trace before.
 */
setBackMs: number | null, 
/**
 * Milliseconds it took.
 */
durationMs: number, 
/**
 * `Message-ID`, when it is about one.
 */
messageId: string | null, 
/**
 * Pli's own id of the message.
 */
internalId: string | null, 
/**
 * Sender's address.
 */
sender: string | null, 
/**
 * Recipients' addresses.
 */
recipients: Array<string>, 
/**
 * Encoded octets.
 */
size: number | null, 
/**
 * Operating system and its version.
 */
system: string, 
/**
 * Pli's name and version.
 */
program: string, 
/**
 * The workstation's host name.
 */
host: string, 
/**
 * The workstation's network address.
 */
localAddress: string, 
/**
 * The server's name and address.
 */
server: string, 
/**
 * The record's hash, hexadecimal.
 */
hash: string, 
/**
 * The hash of the one before.
 */
previous: string, };

/**
 * What opens a locked profile.
 */
export type Unlock = { 
/**
 * The PIN or the passphrase.
 */
secret: string, };

/**
 * How to open the vault.
 */
export type VaultOpen = { 
/**
 * The passphrase, where there is no keyring.
 */
passphrase: string | null, };

/**
 * Where the key of the store is.
 */
export type VaultState = "new" | "newNeedsPassphrase" | "needsPassphrase" | "keyringLocked" | "locked" | "open";

/**
 * What the verification of the chain found.
 */
export type Verification = { 
/**
 * Whether nothing was altered, added, removed or replaced.
 */
sound: boolean, 
/**
 * Traces found sound.
 */
count: number, 
/**
 * The first trace kept.
 */
first: number | null, 
/**
 * The last trace.
 */
last: number | null, 
/**
 * The first trace's time.
 */
since: string | null, 
/**
 * When this verification ran.
 */
at: string, 
/**
 * Until where this workstation's key has sealed the chain.
 */
sealedUntil: Sealed | null, 
/**
 * Traces written since, which no seal covers yet.
 */
unsealed: number, 
/**
 * How often the clock went back.
 */
clockSetBack: number, 
/**
 * At which traces, the first hundred.
 */
clockSetBackAt: Array<number>, 
/**
 * Traces destroyed at their end, each destruction vouched for by a signed anchor.
 */
pruned: number, 
/**
 * The last trace destroyed.
 */
prunedUntil: number | null, 
/**
 * The place of the first problem.
 */
brokenAt: number | null, 
/**
 * Where it ends, when it spans several traces.
 */
brokenUntil: number | null, 
/**
 * The file of the journal it is in, when that is all that is known of its place.
 */
brokenFile: string | null, 
/**
 * What it is: `altered`, `missing`, `inserted`, `mislabelled`, `truncated`, `replaced`, `rewritten`, `sealForged`,
 * `anchorForged`, `unreadable`, `keyChanged`.
 */
problem: string | null, 
/**
 * Where the journal was restored from a backup (EX_SSI_5110), oldest first. Empty when its keys do not hold together.
 */
restorations: Array<JournalRestoration>, };

/** Every command: its argument and its answer. */
export interface Commands {
  /** The program's state: which screen to show first. */
  status: { argument: Nothing; answer: Status };
  /** Opens the store: by the keyring when `passphrase` is absent. Creates it the first time. */
  vault_open: { argument: VaultOpen; answer: Status };
  /** Finds an address's servers (ECO.1.1.9). Sends nothing but names. */
  account_discover: { argument: AccountDiscover; answer: Discovery };
  /** Adds a BAL whose servers were discovered. */
  account_add: { argument: AccountAdd; answer: Account };
  /** Every BAL. */
  account_list: { argument: Nothing; answer: Array<Account> };
  /** Changes the name shown. */
  account_rename: { argument: AccountRename; answer: Account };
  /** Changes the name shown and the colour. */
  account_set: { argument: AccountSet; answer: Account };
  /** Forgets a BAL and its local copy. Nothing is deleted on the server. */
  account_remove: { argument: AccountOf; answer: Nothing };
  /** A BAL's room as last read, its past, and when it would be full. */
  quota_get: { argument: AccountOf; answer: QuotaView };
  /** Asks the operator for a BAL's room now. */
  quota_read: { argument: AccountOf; answer: QuotaView };
  /** The warnings that stand and were not put off, the fullest BAL first. */
  quota_warnings: { argument: Nothing; answer: Array<QuotaWarning> };
  /** Puts a BAL's warning off until it is told again. */
  quota_dismiss: { argument: AccountOf; answer: Nothing };
  /** What weighs in a BAL, by groups. */
  space_get: { argument: SpaceOf; answer: Space };
  /** Part of what weighs in a BAL: filed first, then the heaviest. */
  space_messages: { argument: SpaceMessages; answer: SpacePage };
  /** The heaviest messages that nobody would miss, until so many octets would be free. */
  space_suggest: { argument: SpaceSuggest; answer: Array<number> };
  /** Plans a purge: which messages, what is left and why. Nothing is deleted. */
  purge_plan: { argument: PurgePlan; answer: Purge };
  /** Begins a purge that was planned, or goes on with one that was stopped; events tell its progress. */
  purge_start: { argument: PurgeOf; answer: Purge };
  /** Stops a purge, in order; it may go on later. */
  purge_stop: { argument: PurgeOf; answer: Purge };
  /** A purge: its plan, then its report. */
  purge_get: { argument: PurgeOf; answer: Purge };
  /** The purges of a BAL in the last year, newest first. */
  purge_list: { argument: AccountOf; answer: Array<Purge> };
  /** Writes a plan out, message by message, to a file chosen in a dialogue. `null`: they changed their mind. */
  purge_export: { argument: PurgeOf; answer: Saved | null };
  /** When a BAL's purge runs by itself. */
  purge_schedule: { argument: AccountOf; answer: PurgeSchedule };
  /** Sets when a BAL's purge runs by itself; what the organisation fixed is refused. */
  purge_schedule_set: { argument: PurgeScheduleSet; answer: PurgeSchedule };
  /** The folder that holds what was sent; `null`: nobody said. */
  sent_folder: { argument: AccountOf; answer: SentFolder | null };
  /** Says which folder holds what was sent. */
  sent_folder_set: { argument: SentFolderSet; answer: Nothing };
  /** The rules of a BAL, read from its server now. */
  rules_get: { argument: AccountOf; answer: Rules };
  /** Writes the rules of a BAL, all at once; somebody else's are never written over. */
  rules_set: { argument: RulesSet; answer: Rules };
  /** Stops the automatic reply of a BAL; its form stays. */
  rules_stop_answer: { argument: AccountOf; answer: Rules };
  /** The automatic reply that runs now, as the server was last read; `null`: none. */
  rules_answering: { argument: AccountOf; answer: AnswerNotice | null };
  /** The automatic reply stays, although its owner wrote: it is not proposed to stop it before they write again. */
  rules_keep_answer: { argument: AccountOf; answer: Nothing };
  /** What is to be known of a BAL's life, and of its end. */
  box_life: { argument: AccountOf; answer: BoxLife };
  /** What was told of BALs' lives and is still so, unless it was put aside. */
  box_notices: { argument: Nothing; answer: Array<BoxAnnouncement> };
  /** Puts aside what was told of a BAL's life, for a week. */
  box_notice_dismiss: { argument: AccountOf; answer: Nothing };
  /** Keeps messages on this workstation, whatever becomes of them on the server. */
  box_keep: { argument: BoxKeep; answer: BoxKept };
  /** Sets how long bodies stay on this workstation. */
  box_retention_set: { argument: BoxRetentionSet; answer: BoxLife };
  /** Begins a login by Pro Santé Connect, by the browser or by two digits; what follows comes as events. Works while */
  /** locked: the same person's login unlocks. */
  login_start: { argument: LoginStart; answer: LoginState };
  /** Gives a login up. One that has ended is no error. Works while locked. */
  login_cancel: { argument: LoginOf; answer: Nothing };
  /** What is remembered of the last login. Works while locked. */
  login_hint: { argument: Nothing; answer: LoginHint };
  /** Imports the client certificate of a BAL, from a file chosen in a dialogue: kept encrypted, used at each opening. */
  login_certificate: { argument: LoginCertificate; answer: LoginState };
  /** Who is logged in; the last session of this run once it is over; `null`: nobody yet. Works while locked. */
  session_get: { argument: Nothing; answer: Session | null };
  /** Ends the session: connections close, what is stored stays. */
  logout: { argument: Nothing; answer: Nothing };
  /** The way to Pro Santé Connect. Works while locked. */
  provider_get: { argument: Nothing; answer: Provider };
  /** Sets the way to Pro Santé Connect, unless it is fixed. Not while locked: a login by it unlocks. */
  provider_set: { argument: ProviderSet; answer: Provider };
  /** Asks whether Pro Santé Connect answers, and offers the two digits. Works while locked. */
  provider_check: { argument: Nothing; answer: ProviderCheck };
  /** Locks the profile now. */
  lock_now: { argument: Nothing; answer: Nothing };
  /** The lock; `null`: the profile is not locked. Works while locked. */
  lock_get: { argument: Nothing; answer: Lock | null };
  /** Opens a locked profile by its PIN or passphrase. */
  unlock: { argument: Unlock; answer: Status };
  /** When the profile locks. */
  lock_settings: { argument: Nothing; answer: LockSettings };
  /** Sets when the profile locks. */
  lock_set: { argument: LockSet; answer: LockSettings };
  /** Sets, changes or removes the profile's PIN. */
  pin_set: { argument: PinSet; answer: LockSettings };
  /** The person acts: the time of inactivity begins anew. Call it at most every 10 seconds. Works while locked. */
  activity: { argument: Nothing; answer: Nothing };
  /** Every profile of this workstation's user. Works while locked. */
  profile_list: { argument: Nothing; answer: Array<Profile> };
  /** Makes a profile; it is not shown until it is switched to. Works while locked. */
  profile_add: { argument: ProfileAdd; answer: Profile };
  /** Locks the profile shown and shows another. Works while locked. */
  profile_switch: { argument: ProfileOf; answer: Status };
  /** Names a profile. Works while locked. */
  profile_rename: { argument: ProfileRename; answer: Profile };
  /** The terms of use. Works while locked. */
  terms_get: { argument: Nothing; answer: Terms };
  /** Accepts the terms of use for this profile. Works while locked. */
  terms_accept: { argument: TermsAccept; answer: Nothing };
  /** Syncs now, one BAL or all. */
  sync_now: { argument: SyncNow; answer: Nothing };
  /** A BAL's folders. */
  folder_list: { argument: AccountOf; answer: Array<Folder> };
  /** Part of a list. */
  message_list: { argument: MessageList; answer: Page };
  /** A message. */
  message_get: { argument: MessageOf; answer: Message };
  /** Sets or clears a flag. */
  message_flag: { argument: MessageFlag; answer: Nothing };
  /** Moves messages to a folder of the same BAL. */
  message_move: { argument: MessageMove; answer: Nothing };
  /** Moves messages to the bin; from the bin, deletes them for good. */
  message_delete: { argument: MessagesOf; answer: Nothing };
  /** A message is about to be printed: the journal has it first. The window prints once this has answered, and not */
  /** when it fails. */
  message_print: { argument: MessageOf; answer: Nothing };
  /** Saves an attachment where the person says. `null`: they changed their mind. */
  attachment_save: { argument: AttachmentOf; answer: Saved | null };
  /** Searches words in everything stored. */
  search: { argument: Search; answer: Page };
  /** Correspondents known from past mail whose name or address begins like this. */
  suggest: { argument: Suggest; answer: Array<Party> };
  /** Who takes charge of a message. */
  handling_get: { argument: MessageOf; answer: Handling };
  /** Says who takes charge of messages: here at once, on the server as soon as it can be. */
  handling_set: { argument: HandlingSet; answer: Nothing };
  /** Everybody met in what was said of a BAL's messages. */
  handling_people: { argument: AccountOf; answer: Array<Person> };
  /** How what is said of a BAL's messages reaches the others who read it. */
  handling_support: { argument: AccountOf; answer: Carried };
  /** A new draft, blank or about a message. */
  draft_new: { argument: DraftNew; answer: Draft };
  /** The drafts kept here. */
  draft_list: { argument: Nothing; answer: Array<Draft> };
  /** A draft. */
  draft_get: { argument: DraftOf; answer: Draft };
  /** Stores a draft. */
  draft_save: { argument: DraftSave; answer: Draft };
  /** Attaches files that the person chooses. */
  draft_attach: { argument: DraftOf; answer: Draft };
  /** Takes an attachment away. */
  draft_detach: { argument: DraftDetach; answer: Draft };
  /** What would happen if it left now. */
  draft_check: { argument: DraftOf; answer: DraftCheck };
  /** The person confirms the BAL that an answer leaves from, though another one received the message. */
  draft_confirm_box: { argument: DraftOf; answer: Draft };
  /** Deletes a draft. */
  draft_delete: { argument: DraftOf; answer: Nothing };
  /** Commits a draft to the outbox. */
  draft_send: { argument: DraftOf; answer: Outgoing };
  /** What was sent in the last days, newest first. */
  outbox_list: { argument: OutboxList; answer: Array<Outgoing> };
  /** One message on its way. */
  outbox_get: { argument: OutgoingOf; answer: Outgoing };
  /** Takes a message back before it leaves: it is a draft again. */
  outbox_cancel: { argument: OutgoingOf; answer: Draft };
  /** Tries a queued message now. */
  outbox_retry: { argument: OutgoingOf; answer: Outgoing };
  /** Settles a message whose fate is not known, by the person's word. */
  outbox_settle: { argument: OutboxSettle; answer: Outgoing };
  /** Traces under a filter, newest first. */
  journal_list: { argument: JournalList; answer: JournalPage };
  /** How many traces each day has under a filter, newest day first. */
  journal_days: { argument: JournalDays; answer: Array<JournalDay> };
  /** One trace. */
  journal_get: { argument: JournalGet; answer: Trace };
  /** The whole life of the message that a trace is about, oldest first; the trace alone when it is about none. */
  journal_life: { argument: JournalGet; answer: Array<Trace> };
  /** Verifies the whole chain, its seals and its anchors. `journalProgress` tells how far it is. */
  journal_verify: { argument: Nothing; answer: Verification };
  /** Exports traces to a file chosen in a dialogue, its signed manifest beside. `null`: they changed their mind. */
  journal_export: { argument: JournalExport; answer: Exported | null };
  /** Checks an export chosen in a dialogue against its manifest. `null`: they changed their mind. */
  journal_check: { argument: Nothing; answer: Checked | null };
  /** How long traces are kept, and what becomes of them. */
  journal_settings: { argument: Nothing; answer: JournalSettings };
  /** Sets how long traces are kept; what the organisation fixed is refused. */
  journal_set: { argument: JournalSet; answer: JournalSettings };
  /** What a destruction would take. Nothing changes. */
  journal_prune_plan: { argument: JournalPrunePlan; answer: PrunePlan };
  /** Destroys the traces of before an instant, for good. A signed anchor stays in their place. */
  journal_prune: { argument: JournalPrune; answer: Pruned };
  /** Makes a backup where the person says, and reads it back whole. `null`: they changed their mind. */
  backup_create: { argument: BackupCreate; answer: Backup | null };
  /** Reads a backup that the person chooses, whole; changes nothing. `null`: they changed their mind. */
  backup_check: { argument: BackupRead; answer: BackupChecked | null };
  /** Restores a backup that the person chooses into this empty profile; one BAL's, into a profile that has not this */
  /** BAL. `null`: they changed their mind. */
  backup_restore: { argument: BackupRestore; answer: BackupChecked | null };
  /** The backups that are made by themselves. */
  backup_schedule: { argument: Nothing; answer: BackupSchedule };
  /** Sets the backups that are made by themselves. `null`: they changed their mind in the dialogue. */
  backup_schedule_set: { argument: BackupScheduleSet; answer: BackupSchedule | null };
}
