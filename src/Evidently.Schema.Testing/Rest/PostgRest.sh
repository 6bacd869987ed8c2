# Runs one PostgREST until its standard input ends, for whatever reason, then kills it. Environment: PROGRAM and PostgREST's settings. Its
# output, errors included, is PostgREST's alone: when that ends, PostgREST has.

# What interrupts the tests ends their input, too.
trap '' INT TERM HUP PIPE
exec 3<&0
"$PROGRAM" </dev/null 3<&- 2>&1 &
server=$!
exec >/dev/null 2>&1
while read -r _ <&3; do :; done

# It keeps nothing but sessions, and may have inherited that it ignores the others.
kill -KILL "$server"
wait "$server"
