#!/bin/sh
# Installs what btfast's targets need and this machine lacks.
#
#   install_deps.sh [--list] GROUP...      groups: build demo test check bench all
#
# With everything in place it only asks dpkg and works offline.  Elsewhere than on a
# Debian with apt-get it prints the list and stops.
set -eu

BUILD="g++ make cmake ninja-build pkg-config libconcurrentqueue-dev libtbb-dev
  libcurl4-openssl-dev libxxhash-dev libssl-dev libcli11-dev libfmt-dev libspdlog-dev
  libutf8proc-dev nlohmann-json3-dev libgtest-dev libgmock-dev"
DEMO="python3 python3-libtorrent"
TEST="$DEMO aria2 transmission-cli transmission-daemon qbittorrent-nox rtorrent opentracker
  mktorrent tmux iproute2 util-linux strace openssl e2fsprogs ntfs-3g
  groff-base"
# WebTorrent's tests run on Node.js, wherever that came from.
command -v npm >/dev/null || TEST="$TEST nodejs npm"
CHECK="clang-14 libclang-rt-14-dev clang-tidy-14 clang-format-14"
BENCH="libbenchmark-dev python3"

list_only=no
wanted=
for group in "$@"; do
  case $group in
    --list) list_only=yes ;;
    build) wanted="$wanted $BUILD" ;;
    demo) wanted="$wanted $BUILD $DEMO" ;;
    test) wanted="$wanted $BUILD $TEST" ;;
    check) wanted="$wanted $BUILD $DEMO $CHECK" ;;
    bench) wanted="$wanted $BUILD $DEMO $BENCH" ;;
    all) wanted="$wanted $BUILD $TEST $CHECK $BENCH" ;;
    *) echo "install_deps: unknown group $group" >&2; exit 2 ;;
  esac
done

# shellcheck disable=SC2086  # words, on purpose; here and wherever a list is expanded
wanted=$(printf '%s\n' $wanted | sort -u)

if [ $list_only = yes ]; then
  echo "$wanted"
  exit 0
fi
if [ -n "${BTFAST_SKIP_DEPS:-}" ]; then exit 0; fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "btfast installs its dependencies by itself on Debian 12 only.  Here, install these" >&2
  echo "(Debian names), then run again with BTFAST_SKIP_DEPS=1:" >&2
  # shellcheck disable=SC2086
  printf '  %s\n' $wanted >&2
  exit 1
fi

missing=
for package in $wanted; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "btfast needs these packages; as root, run: apt-get install$missing" >&2
    exit 1
  fi
  as_root=sudo
fi

# The torrent daemons among the test peers must not start as services of this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap '$as_root rm -f $policy' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
  $as_root chmod 755 $policy
fi

echo "Installing:$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
