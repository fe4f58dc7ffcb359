#!/bin/sh
# SPDX-License-Identifier: MIT
# Install what is missing, by Debian's names. Usage: tests/need.sh GROUP...
set -eu

packages() {
	case $1 in
	build) echo gcc libc6-dev make pkg-config libnl-3-dev libmnl-dev libconfig-dev \
		libjansson-dev libsqlite3-dev libsmartcols-dev nettle-dev libcap-ng-dev libcurl4-openssl-dev libc-ares-dev \
		libsystemd-dev libmicrohttpd-dev ;;
	demo) echo python3 iproute2 nftables ;;
	check) echo python3 iproute2 iptables python3-pytest python3-pytest-xdist libcmocka-dev tshark \
		keepalived nftables libcap2-bin util-linux procps binutils systemd radvd \
		nginx-light openssl dnsmasq-base postgresql curl busybox conntrackd conntrack shellcheck prometheus bash-completion zsh \
		python3-psycopg2 ;;
	shop) echo python3 iproute2 nftables util-linux nginx-light postgresql python3-psycopg2 ;;
	interop) echo frr ;;
	browser) echo chromium-headless-shell fonts-dejavu-core ;;
	bench) echo python3 iproute2 nftables keepalived nginx-light ;;
	fuzz) echo clang libclang-rt-14-dev ;;
	lint) echo clang-format binutils mandoc git ;;
	deb) echo dpkg-dev debhelper lintian mmdebstrap ;;
	*) echo "need.sh: no group of packages is called $1" >&2; exit 64 ;;
	esac
}

missing=
for group in "$@"; do
	for package in $(packages "$group"); do
		status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
		case $status in
		ii*) ;;
		*) missing="$missing $package" ;;
		esac
	done
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing:$missing"
# shellcheck disable=SC2086 # both are lists of words
if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "need.sh: could not install$missing" >&2
	exit 1
fi
