#!/usr/bin/env bash
#
# A real PostgreSQL with pgvector for the tests, on a Debian that has neither, in about 20 seconds:
#
#   scripts/get-postgres.sh FOLDER PORT   fetches it into FOLDER where needed, starts it on
#                                         127.0.0.1:PORT, prints its URL as the last line of stdout
#   scripts/get-postgres.sh FOLDER stop   stops it; the next start finds the same databases
#
# Nothing is installed: packages of a newer Debian are unpacked into FOLDER/root and run in a chroot
# there, so neither the machine's package list nor its libc changes. Needs root and apt.
# It is for tests alone: no password, and a power cut may lose data.
set -euo pipefail

# Newest first. A suite leaves the mirrors or moves to the next major one day; then the other serves.
SUITES=("forky 18" "trixie 17")

# Dependencies that only install or administer a package, which we do not do. Perl and its modules,
# systemd and locales would be most of the download, and LLVM (for JIT) more than all the rest.
SKIPPED='^(adduser|base-passwd|debconf|init-system-helpers|libc-l10n|locales|login\.defs|netbase'
SKIPPED+='|openssl|openssl-provider-legacy|passwd|perl|perl-base|perl-modules-.*|postgresql-common'
SKIPPED+='|postgresql-common-dev|postgresql-client-common|procps|readline-common|sensible-utils'
SKIPPED+='|ssl-cert|systemd|sysvinit-utils|tzdata-legacy|ucf|gcc-.*-base|libc-gconv-modules-extra'
SKIPPED+='|libsystemd-shared|lib(perl|llvm|z3|db5|gdbm|proc2|json-perl|text-|ipc-).*)$'

# The server refuses to run as root. A number that no account of the machine has keeps it apart.
USER_ID=54321

# Only the URL may go to stdout, so that callers can write url=$(scripts/get-postgres.sh ...).
exec 3>&1 1>&2

fail() {
  echo "get-postgres: $*"
  exit 1
}

step() { echo "get-postgres: $1 (${SECONDS} s)"; }

[ $# -eq 2 ] || fail "usage: $0 FOLDER PORT, or $0 FOLDER stop"
[ "$(id -u)" = 0 ] || fail "needs root, for chroot; or set TEST_DATABASE_URL to a Postgres you have"
command -v apt-get >/dev/null || fail "needs apt; or set TEST_DATABASE_URL to a Postgres you have"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
port=$2
root=$folder/root

# apt with lists, cache and an empty package status of its own, yet with the machine's own proxy,
# certificates and credentials, which stay in /etc/apt/apt.conf.d and auth.conf.d.
own_apt() {
  local command=$1
  shift
  "$command" -qq \
    -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$folder/apt/sources" \
    -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::status="$folder/apt/status" \
    -o Dir::State::lists="$folder/apt/lists" -o Dir::Cache="$folder/apt/cache" \
    -o Acquire::Languages=none -o APT::Sandbox::User=root -o APT::Install-Recommends=false "$@"
}

# Where this machine gets Debian from: the public mirrors may be out of its reach.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | sort -u | head -n 1
}

use_suite() {
  rm -rf "$folder/apt"
  mkdir -p "$folder"/apt/{sources,lists/partial,cache/archives/partial}
  : >"$folder/apt/status"
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$1" "$2" \
    /usr/share/keyrings/debian-archive-keyring.gpg >"$folder/apt/sources/debian.sources"
  own_apt apt-get update
}

# Fetches the packages of one suite's PostgreSQL; fails where the suite does not have it.
fetch() {
  local mirror=$1 suite=$2 major=$3 packages
  use_suite "$mirror" "$suite" || return 1
  packages=$(own_apt apt-get --simulate install "postgresql-$major-pgvector" |
    awk '/^Inst/ { print $2 }' | grep -Ev "$SKIPPED") || return 1
  rm -rf "$folder/packages"
  mkdir "$folder/packages"
  # dash and libc-bin count as always there, so nothing asks for them; initdb needs sh and a locale.
  # shellcheck disable=SC2086 # the names are meant to become words
  (cd "$folder/packages" && own_apt apt-get download $packages dash libc-bin) || return 1
}

make_root() {
  local package directory device
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc,tmp,dev/shm,pg}
  for directory in bin sbin lib lib64; do ln -sfn "usr/$directory" "$root/$directory"; done
  for package in "$folder"/packages/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --directory "$root" \
      --keep-directory-symlink --exclude='./usr/share/doc' --exclude='./usr/share/man' \
      --exclude='./usr/share/locale'
  done
  ln -sfn dash "$root/usr/bin/sh"
  for device in null:3 zero:5 urandom:9; do
    [ -e "$root/dev/${device%:*}" ] || mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
  done
  chmod 1777 "$root/tmp" "$root/dev/shm"
  # initdb asks who it is, and a number alone has no name.
  echo "postgres:x:$USER_ID:$USER_ID::/pg:/bin/sh" >"$root/etc/passwd"
  echo "postgres:x:$USER_ID:" >"$root/etc/group"
  chown "$USER_ID:$USER_ID" "$root/pg"
}

# Runs one of PostgreSQL's own programs. Closing 3 matters: a server that kept our stdout open would
# let a caller that reads it wait for ever.
inside() {
  local program=$1
  shift
  env -i HOME=/pg LC_ALL=C.UTF-8 PATH=/usr/bin:/usr/sbin chroot --userspec="$USER_ID:$USER_ID" "$root" \
    "/usr/lib/postgresql/$(cat "$folder/major")/bin/$program" "$@" 3>&-
}

running() { [ -e "$folder/major" ] && inside pg_ctl -D /pg/data status >/dev/null; }

get() {
  local mirror suite
  mirror=$(debian_mirror)
  # A fresh container has no lists, and apt then knows of no mirror.
  [ -n "$mirror" ] || { apt-get -qq update && mirror=$(debian_mirror); }
  [ -n "$mirror" ] || fail "apt has no Debian mirror configured"
  for suite in "${SUITES[@]}"; do
    if fetch "$mirror" "${suite% *}" "${suite#* }"; then
      step "fetched PostgreSQL ${suite#* } of Debian ${suite% *}"
      make_root
      echo "${suite#* }" >"$folder/major"
      rm -rf "$folder/packages" "$folder/apt"
      return
    fi
    step "Debian ${suite% *} does not give PostgreSQL ${suite#* } with pgvector"
  done
  fail "no suite gave PostgreSQL; what apt said stands above"
}

start() {
  # The socket stays inside; the sizes leave room for many test files at once.
  local options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=/pg"
  options+=" -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"
  if ! inside pg_ctl -D /pg/data -w -s -l /pg/log -o "$options" start; then
    tail -n 20 "$root/pg/log"
    fail "PostgreSQL did not start on port $port"
  fi
}

if [ "$port" = stop ]; then
  if running; then inside pg_ctl -D /pg/data -m fast -w -s stop; fi
  exit 0
fi

[ -e "$folder/major" ] || get
if [ ! -e "$root/pg/data" ]; then
  # Under another name first: half a cluster from an interrupted run must not be taken for one.
  rm -rf "$root/pg/new"
  inside initdb -D /pg/new -U postgres --auth=trust --no-sync -E UTF8 --locale=C.UTF-8 >/dev/null
  mv "$root/pg/new" "$root/pg/data"
  step "unpacked, and a cluster made"
fi
# The port of a server that already runs stands in the fourth line of its pid file.
if running; then port=$(sed -n 4p "$root/pg/data/postmaster.pid"); else start; fi
version=$(inside psql -h 127.0.0.1 -p "$port" -U postgres -AtF ', pgvector ' -c "
  select current_setting('server_version'), default_version
  from pg_available_extensions where name = 'vector'")
[ -n "$version" ] || fail "PostgreSQL runs, but without pgvector"
step "ready: PostgreSQL $version"
echo "postgres://postgres@127.0.0.1:$port/postgres" >&3
