#!/bin/sh
# Makes sure that java/build_jar.py finds a JDK: installs one when root on Debian or Ubuntu, else says what to install.
# Usage: sh java/ensure_jdk.sh PYTHON
set -eu
python=$1
finder=$(dirname "$0")/build_jar.py

"$python" "$finder" --find-javac >/dev/null 2>&1 && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing a JDK with apt-get" >&2
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  export DEBIAN_FRONTEND=noninteractive
  apt-get update --quiet >"$log" 2>&1 || true # the lists there may do; if not, the installation says so
  for package in openjdk-17-jdk-headless default-jdk-headless; do
    if apt-get install --quiet --yes --no-install-recommends "$package" >>"$log" 2>&1; then
      break
    fi
  done
  "$python" "$finder" --find-javac >/dev/null 2>&1 || tail -n 20 "$log" >&2
fi

"$python" "$finder" --find-javac >/dev/null
