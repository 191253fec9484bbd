//! To what nobody answers by itself (RFC 3834 §2): reports, lists, robots, what was answered by itself already. The server's
//! own `vacation` looks at some of it (RFC 5230 §4.5, §4.6); a server may look at less than it should, so all of it is here.

use super::writer::Writer;

/// Headers that only a list's, a robot's or an automatic answer's message has.
const TELLTALE: &[&str] = &[
    "List-Id",
    "List-Post",
    "List-Help",
    "List-Owner",
    "List-Archive",
    "List-Subscribe",
    "List-Unsubscribe",
    "Mailing-List",
    "X-Mailing-List",
    "X-Mailman-Version",
    "X-Loop",
    "X-Autoreply",
    "X-Autorespond",
    "X-Auto-Reply-From",
    "X-Failed-Recipients",
];

/// What stands before the `@` of those that do not read.
const ROBOTS: &[&str] = &[
    "mailer-daemon*",
    "postmaster",
    "daemon",
    "root",
    "nobody",
    "cron",
    "listserv*",
    "majordomo*",
    "mailman*",
    "owner-*",
    "*-owner",
    "*-request",
    "bounce*",
    "*-bounce",
    "*-bounces",
    "noreply*",
    "no-reply*",
    "no_reply*",
    "no.reply*",
    "*-noreply",
    "*.noreply",
    "*-no-reply",
    "*.no-reply",
    "donotreply*",
    "do-not-reply*",
    "do_not_reply*",
    "ne-pas-repondre*",
    "nepasrepondre*",
    "ne_pas_repondre*",
    "ne.pas.repondre*",
    "autoreply*",
    "auto-reply*",
    "autoresponder*",
    "automate",
    "robot",
    "notification",
    "notifications",
    "newsletter*",
];

/// Writes the test that is true of what is not answered; `envelope`: whether the server can look at the return path.
pub(super) fn write<T: AsRef<str>>(script: &mut Writer, own: &[T], envelope: bool) {
    script.code("anyof (\r\n        header :matches ").texts(TELLTALE);
    script.code(" \"*\",\r\n        ");
    // « no » alone says that somebody wrote it (RFC 3834 §5).
    script.code("allof (exists \"Auto-Submitted\", not header :matches \"Auto-Submitted\" [\"no\", \"no;*\", \"no *\"]),\r\n        ");
    script.code("header :contains \"Precedence\" [\"bulk\", \"list\", \"junk\", \"auto_reply\"],\r\n        ");
    script.code("header :contains \"X-Auto-Response-Suppress\" [\"all\", \"oof\", \"autoreply\"],\r\n        ");
    script.code("header :contains \"Content-Type\" [\"multipart/report\", \"message/delivery-status\", \"message/disposition-notification\"],\r\n        ");
    script.code("header :is \"Return-Path\" [\"\", \"<>\"],\r\n        ");
    script.code("header :is \"X-Spam-Flag\" \"yes\",\r\n        ");
    // Who wrote to a patient, or a patient, closed the exchange: no answer is wanted (ECO.2.2.8).
    script.code("header :is \"X-MSS-MES\" \"FIN\",\r\n        header :is \"Subject\" \"[FIN]\",\r\n        ");
    script.code("address :is \"From\" ").texts(own).code(",\r\n        ");
    script
        .code("address :localpart :matches [\"From\", \"Sender\"] ")
        .texts(ROBOTS);
    if envelope {
        script
            .code(",\r\n        envelope :is \"from\" \"\",\r\n        envelope :is \"from\" ")
            .texts(own);
        script
            .code(",\r\n        envelope :localpart :matches \"from\" ")
            .texts(ROBOTS);
    }
    script.code("\r\n    )");
}
