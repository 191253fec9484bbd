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
  /** Is to be dealt with later, or not. */
  readonly later: () => void;
  /** Takes charge, or lets go. */
  readonly take: () => void;
  /** Nothing is left to do, or something is again. */
  readonly done: () => void;
  readonly print: () => void;
  readonly previous: () => void;
  readonly next: () => void;
}
