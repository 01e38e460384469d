#!/bin/sh
# Copies what cannot be made again into a folder of the day: the keys, the plan, the database and the
# log of sends. The log comes last, so it is never older than the database.
#
#   backup.sh PROJECT TARGET
#
# The copy holds personal data and the keys: keep it where few people can read it, and apart from the machine.
set -eu
umask 077
project=$1
target=$2/$(date +%F)
mkdir -p "$target"
cd "$project"
cp plan.toml "$target/plan.toml"
ferry key export > "$target/ferry.key"
[ ! -e suppression.keys ] || cp -p suppression.keys "$target/suppression.keys"
case "${FERRY_CRM_URL:-sqlite}" in
  postgres*) pg_dump --format=custom --schema="${FERRY_SCHEMA:-ferry}" --file="$target/ferry.dump" "$FERRY_CRM_URL" ;;
  *) rm -f "$target/ferry.db" && sqlite3 ferry.db "vacuum into '$target/ferry.db'" ;;
esac
[ ! -e sends.log ] || cp -p sends.log "$target/sends.log"
