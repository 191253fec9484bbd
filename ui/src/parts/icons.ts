import Archive from "@lucide/svelte/icons/archive";
import ArchiveRestore from "@lucide/svelte/icons/archive-restore";
import ArrowLeft from "@lucide/svelte/icons/arrow-left";
import ArrowRight from "@lucide/svelte/icons/arrow-right";
import ArrowUp from "@lucide/svelte/icons/arrow-up";
import Ban from "@lucide/svelte/icons/ban";
import CalendarClock from "@lucide/svelte/icons/calendar-clock";
import CalendarDays from "@lucide/svelte/icons/calendar-days";
import Check from "@lucide/svelte/icons/check";
import ChevronDown from "@lucide/svelte/icons/chevron-down";
import ChevronUp from "@lucide/svelte/icons/chevron-up";
import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleDashed from "@lucide/svelte/icons/circle-dashed";
import CircleHelp from "@lucide/svelte/icons/circle-question-mark";
import CircleX from "@lucide/svelte/icons/circle-x";
import Clock from "@lucide/svelte/icons/clock";
import ClockAlert from "@lucide/svelte/icons/clock-alert";
import Copy from "@lucide/svelte/icons/copy";
import Download from "@lucide/svelte/icons/download";
import Ellipsis from "@lucide/svelte/icons/ellipsis";
import Eye from "@lucide/svelte/icons/eye";
import EyeOff from "@lucide/svelte/icons/eye-off";
import FileCheck from "@lucide/svelte/icons/file-check";
import FileKey from "@lucide/svelte/icons/file-key";
import FileText from "@lucide/svelte/icons/file-text";
import Flag from "@lucide/svelte/icons/flag";
import Folder from "@lucide/svelte/icons/folder";
import FolderInput from "@lucide/svelte/icons/folder-input";
import Forward from "@lucide/svelte/icons/forward";
import Globe from "@lucide/svelte/icons/globe";
import Hand from "@lucide/svelte/icons/hand";
import HardDrive from "@lucide/svelte/icons/hard-drive";
import IdCard from "@lucide/svelte/icons/id-card";
import Inbox from "@lucide/svelte/icons/inbox";
import Info from "@lucide/svelte/icons/info";
import KeyRound from "@lucide/svelte/icons/key-round";
import ListChecks from "@lucide/svelte/icons/list-checks";
import ListFilter from "@lucide/svelte/icons/list-filter";
import Lock from "@lucide/svelte/icons/lock";
import LogIn from "@lucide/svelte/icons/log-in";
import LogOut from "@lucide/svelte/icons/log-out";
import Mail from "@lucide/svelte/icons/mail";
import MailCheck from "@lucide/svelte/icons/mail-check";
import MailOpen from "@lucide/svelte/icons/mail-open";
import MessageSquareReply from "@lucide/svelte/icons/message-square-reply";
import Palette from "@lucide/svelte/icons/palette";
import Paperclip from "@lucide/svelte/icons/paperclip";
import Pause from "@lucide/svelte/icons/pause";
import PenLine from "@lucide/svelte/icons/pencil-line";
import Play from "@lucide/svelte/icons/play";
import Plus from "@lucide/svelte/icons/plus";
import Printer from "@lucide/svelte/icons/printer";
import RefreshCw from "@lucide/svelte/icons/refresh-cw";
import Reply from "@lucide/svelte/icons/reply";
import ReplyAll from "@lucide/svelte/icons/reply-all";
import RotateCcw from "@lucide/svelte/icons/rotate-ccw";
import History from "@lucide/svelte/icons/rotate-ccw-clock";
import Save from "@lucide/svelte/icons/save";
import ScrollText from "@lucide/svelte/icons/scroll-text";
import Search from "@lucide/svelte/icons/search";
import Send from "@lucide/svelte/icons/send";
import Settings from "@lucide/svelte/icons/settings";
import ShieldAlert from "@lucide/svelte/icons/shield-alert";
import ShieldCheck from "@lucide/svelte/icons/shield-check";
import Smartphone from "@lucide/svelte/icons/smartphone";
import SquarePen from "@lucide/svelte/icons/square-pen";
import Stethoscope from "@lucide/svelte/icons/stethoscope";
import StickyNote from "@lucide/svelte/icons/sticky-note";
import Trash from "@lucide/svelte/icons/trash-2";
import TriangleAlert from "@lucide/svelte/icons/triangle-alert";
import Undo from "@lucide/svelte/icons/undo-2";
import UserCheck from "@lucide/svelte/icons/user-check";
import User from "@lucide/svelte/icons/user-round";
import Users from "@lucide/svelte/icons/users-round";
import WifiOff from "@lucide/svelte/icons/wifi-off";
import X from "@lucide/svelte/icons/x";

/** Every icon of the window, by what it shows. */
export const icons = {
  archive: Archive,
  "archive-restore": ArchiveRestore,
  "arrow-left": ArrowLeft,
  "arrow-right": ArrowRight,
  "arrow-up": ArrowUp,
  ban: Ban,
  "calendar-clock": CalendarClock,
  "calendar-days": CalendarDays,
  check: Check,
  "chevron-down": ChevronDown,
  "chevron-up": ChevronUp,
  "circle-check": CircleCheck,
  "circle-dashed": CircleDashed,
  "circle-help": CircleHelp,
  "circle-x": CircleX,
  clock: Clock,
  "clock-alert": ClockAlert,
  copy: Copy,
  download: Download,
  ellipsis: Ellipsis,
  eye: Eye,
  "eye-off": EyeOff,
  "file-check": FileCheck,
  "file-key": FileKey,
  "file-text": FileText,
  flag: Flag,
  folder: Folder,
  "folder-input": FolderInput,
  forward: Forward,
  globe: Globe,
  hand: Hand,
  "hard-drive": HardDrive,
  history: History,
  "id-card": IdCard,
  inbox: Inbox,
  info: Info,
  "key-round": KeyRound,
  "list-checks": ListChecks,
  "list-filter": ListFilter,
  lock: Lock,
  "log-in": LogIn,
  "log-out": LogOut,
  mail: Mail,
  "mail-check": MailCheck,
  "mail-open": MailOpen,
  "message-square-reply": MessageSquareReply,
  palette: Palette,
  paperclip: Paperclip,
  pause: Pause,
  "pen-line": PenLine,
  play: Play,
  plus: Plus,
  printer: Printer,
  "refresh-cw": RefreshCw,
  reply: Reply,
  "reply-all": ReplyAll,
  "rotate-ccw": RotateCcw,
  save: Save,
  "scroll-text": ScrollText,
  search: Search,
  send: Send,
  settings: Settings,
  "shield-alert": ShieldAlert,
  "shield-check": ShieldCheck,
  smartphone: Smartphone,
  "square-pen": SquarePen,
  stethoscope: Stethoscope,
  "sticky-note": StickyNote,
  trash: Trash,
  "triangle-alert": TriangleAlert,
  undo: Undo,
  user: User,
  "user-check": UserCheck,
  users: Users,
  "wifi-off": WifiOff,
  x: X,
};

export type IconName = keyof typeof icons;
