#!/bin/sh
# Runs a command of Ferry, and again while it ends with code 75: a temporary failure.
#
#   retry.sh run --quiet
#
# FERRY_RETRIES and FERRY_RETRY_SECONDS say how often and after how long: 12 times, every half hour.
left=${FERRY_RETRIES:-12}
while true; do
  ferry "$@"
  code=$?
  if [ "$code" -ne 75 ] || [ "$left" -eq 0 ]; then
    exit "$code"
  fi
  left=$((left - 1))
  sleep "${FERRY_RETRY_SECONDS:-1800}"
done
