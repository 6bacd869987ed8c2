# Runs one pgbouncer until its standard input ends, for whatever reason, then stops it and deletes its folder. Environment: POOLER (this
# script), PROGRAM, INI, USERS. Says "ok" once it is started.

# pgbouncer refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    for user in postgres nobody; do
        id -u "$user" >/dev/null 2>&1 && break
    done
    if command -v setpriv >/dev/null; then
        exec setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups sh -c "$POOLER"
    fi
    exec su -s /bin/sh "$user" -c "$POOLER"
fi

umask 077
folder=$(mktemp -d /tmp/evidently-schema-pooler-XXXXXXXX) || exit 1
printf '%s\nauth_file = %s\n' "$INI" "$folder/users.txt" >"$folder/pgbouncer.ini"
printf '%s\n' "$USERS" >"$folder/users.txt"

# What interrupts the tests ends their input, too.
trap '' INT TERM HUP PIPE
exec 3<&0
"$PROGRAM" -q "$folder/pgbouncer.ini" </dev/null 3<&- 2>"$folder/log" &
pooler=$!
echo ok
while read -r _ <&3; do :; done
kill "$pooler" 2>/dev/null
wait "$pooler"
cat "$folder/log"
rm -rf "$folder"
