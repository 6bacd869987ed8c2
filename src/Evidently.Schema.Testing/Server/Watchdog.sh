# Runs one throw-away PostgreSQL and outlives the process that started it: when its standard input ends, for whatever reason, it stops
# the server and deletes the folder. Environment: WATCHDOG (this script), BINARIES, SETTINGS. It answers each line of its input with any
# number of lines and then "ok" or "failed". After "keep" it ends, and the server goes on.

# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    for user in postgres nobody; do
        id -u "$user" >/dev/null 2>&1 && break
    done
    uid=$(id -u "$user") && gid=$(id -g "$user") || exit 1
    if setpriv --reuid="$uid" --regid="$gid" --clear-groups true 2>/dev/null; then
        exec setpriv --reuid="$uid" --regid="$gid" --clear-groups sh -c "$WATCHDOG"
    elif command -v runuser >/dev/null; then
        exec runuser -u "$user" -- sh -c "$WATCHDOG"
    else
        exec su -s /bin/sh "$user" -c "$WATCHDOG"
    fi
fi

# A session of its own: what kills the caller's process group does not kill us.
if [ -z "$WATCHDOG_SESSION" ] && command -v setsid >/dev/null; then
    WATCHDOG_SESSION=1
    export WATCHDOG_SESSION
    exec setsid sh -c "$WATCHDOG"
fi

cd / || exit 1
if ! [ -x "$BINARIES/postgres" ]; then
    echo "the user $(id -un) cannot reach $BINARIES"
    echo failed
    exit 1
fi
for base in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
    folder=$(mktemp -d "$base/evidently-schema-XXXXXXXX" 2>/dev/null) && break
done
if [ -z "$folder" ]; then
    echo "the user $(id -un) can write to none of ${TMPDIR:-/tmp}, /tmp, /var/tmp"
    echo failed
    exit 1
fi

control() {
    "$BINARIES/pg_ctl" -D "$folder/data" -w "$@" </dev/null >"$folder/answer" 2>&1
}

create() {
    "$BINARIES/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --no-locale --no-sync </dev/null >"$folder/answer" 2>&1 &&
        printf '%s\n' "$SETTINGS" >>"$folder/data/postgresql.conf"
}

watch() {
    trap '' INT TERM HUP PIPE
    echo "$folder"
    echo ok
    while read -r verb argument; do
        : >"$folder/answer"
        case "$verb" in
            create) create ;;
            start) control -t 120 -l "$folder/log" -o "-p $argument" start ;;
            stop) control -t 120 -m "$argument" stop ;;
            keep) echo ok && exit ;;
            *) break ;;
        esac && echo ok && continue
        cat "$folder/answer"
        tail -n 20 "$folder/log" 2>/dev/null
        echo failed
    done
    control -t 30 -m immediate stop
    rm -rf "$folder"
}

# Twice removed: what kills the caller's process tree does not find us.
exec 3<&0
watch <&3 3<&- 2>/dev/null &
