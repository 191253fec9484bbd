#!/bin/sh
# Starts and stops the daemons of one local operator, and ends them with it: when its standard input closes, because the
# operator was dropped or killed, every daemon is killed and the folder removed. Each daemon leads a process group of its own.
# Should this script itself be killed, its guard does the same. (A parent death signal would be simpler, but Postfix's master
# changes its effective user now and then, and the system forgets the signal.)
# Usage: supervisor.sh DIR NODE IDP_SCRIPT; then one order a line: start|stop|shut|open NAME, also FOLDER, end.
dir=$1 node=$2 script=$3
[ -f "$dir/.pli-operator" ] || exit 2
cd / || exit 2
dovecot= postfix= idp= also= pgrep=$(command -v pgrep)

# Both ends of this pipe are opened at the same time; no daemon gets the writing one.
mkfifo "$dir/alive" || exit 2
setsid /bin/sh -c '
  cat "$1/alive" >/dev/null
  for name in dovecot postfix idp; do [ -f "$1/$name.pid" ] && kill -KILL "-$(cat "$1/$name.pid")"; done
  rm -rf "$1" || { sleep 1; rm -rf "$1"; }
' guard "$dir" </dev/null >/dev/null 2>&1 &
guard=$!
exec 9>"$dir/alive"

daemon() {
  log=$1; shift
  setsid "$@" </dev/null >>"$dir/log/$log" 2>&1 9>&- &
}
begin() {
  case $1 in
    dovecot) daemon dovecot.out dovecot -F -c "$dir/dovecot/dovecot.conf"; dovecot=$! ;;
    postfix) MAIL_CONFIG=$dir/postfix daemon postfix.out /usr/lib/postfix/sbin/master -c "$dir/postfix" -s; postfix=$! ;;
    idp) daemon idp.log "$node" "$script"; idp=$! ;;
  esac
  echo "$!" >"$dir/$1.pid"
}
pid_of() {
  case $1 in dovecot) echo "$dovecot" ;; postfix) echo "$postfix" ;; idp) echo "$idp" ;; esac
}
# Whether anything of a group still runs. The dead whom nobody has buried yet do not count: in a container the first
# process may take seconds to do it.
alive() {
  if [ -n "$pgrep" ]; then pgrep -g "$1" -r D,R,S,T,t >/dev/null; else kill -0 "-$1" 2>/dev/null; fi
}
gone() { # group, twentieths of a second
  n=$2
  while alive "$1"; do
    [ "$n" -gt 0 ] || return 1
    n=$((n - 1)); sleep 0.05
  done
}
finish() { # name
  pid=$(pid_of "$1")
  [ -n "$pid" ] || return 0
  kill -TERM "$pid" 2>/dev/null
  gone "$pid" 60 || { kill -KILL "-$pid" 2>/dev/null; gone "$pid" 60; }
  wait "$pid" 2>/dev/null
  rm -f "$dir/$1.pid"
}
while read -r verb name; do
  case $verb in
    start) begin "$name"; echo "$(pid_of "$name")" ;;
    stop) finish "$name"; echo ok ;;
    shut) kill -USR2 "$(pid_of "$name")"; echo ok ;;
    open) kill -HUP "$(pid_of "$name")"; echo ok ;;
    also) also=$name; echo ok ;;
    end) break ;;
  esac
done
for pid in $dovecot $postfix $idp; do kill -KILL "-$pid" 2>/dev/null; done
for pid in $dovecot $postfix $idp; do gone "$pid" 100; done
kill -KILL "-$guard" 2>/dev/null
wait 2>/dev/null
rm -rf "$dir" || { sleep 1; rm -rf "$dir"; }
if [ -n "$also" ]; then rm -f "$also/operator.json" "$also/run.log"; rmdir "$also" 2>/dev/null; fi
