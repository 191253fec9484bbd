/** What can be done to what is open or picked. */
export interface Act {
  readonly reply: () => void;
  readonly replyAll: () => void;
  readonly forward: () => void;
  readonly move: () => void;
  readonly remove: () => void;
  readonly unread: () => void;
  readonly read: () => void;
  readonly follow: () => void;
  readonly print: () => void;
  readonly previous: () => void;
  readonly next: () => void;
}
