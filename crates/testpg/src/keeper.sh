#!/bin/sh
# Runs one PostgreSQL until nobody uses it, then removes it.
#
# $1 is the folder; whatever follows is the command that runs the server. Who uses the server holds a shared lock on
# `users` for as long as its process lives, so a killed test lets go of it as surely as one that ended well.
base=$1
shift
cd "$base" || exit 1
"$@" >server.log 2>&1 &
server=$!

stop() {
    rm -f ready
    kill -QUIT "$server" 2>/dev/null
    wait "$server"
    rm -rf data data.key data.password template_*
    exit 0
}
trap stop TERM INT HUP

exec 9<users
idle=0
while [ "$idle" -lt 10 ]; do
    sleep 1
    kill -0 "$server" 2>/dev/null || { rm -f ready; exit 1; }
    if flock -n -x 9; then
        flock -u 9
        idle=$((idle + 1))
    else
        idle=0
    fi
done
# Held until this shell ends, so that nobody begins to use what is being removed.
flock -x 9
stop
