#!/bin/sh
# SPDX-License-Identifier: MIT
# What a compiler does not see: the arrows between the folders, the form of the code, the manual
# pages. Usage: tests/lint.sh BUILD [arrows]
set -u
build=$1
failed=0

complain() {
	echo "lint: $1"
	failed=1
}

# The core is pure: no system call, no allocation, no I/O. Nettle's digests are so, too.
symbols=$(nm -u "$build"/vrrp/*.o | awk '$1 == "U" { print $2 }' | sort -u |
	grep -Ev '^(mem(cmp|cpy|set|move)|__mem(cpy|set|move)_chk|__assert_fail|__stack_chk_fail|(vrrp|fsm)_.*|nettle_hmac_sha256_(set_key|update|digest)|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan)_.*)$')
[ -z "$symbols" ] || complain "vrrp/ may not use: $(echo "$symbols" | tr '\n' ' ')"

# vrrp/, netlink/ and checks/ see neither each other nor agent/.
for folder in vrrp netlink checks; do
	arrows=$(grep -nE '^#include "[^"]*/' "$folder"/*.[ch])
	[ -z "$arrows" ] || complain "an arrow out of $folder/: $arrows"
done

# Inside agent/: the floor (agent/*.[ch]) sees no folder, but for main.c, which chooses among them. Each
# folder sees the floor and:
sees() {
	case $1 in
	router | vipctl | checker | notify) echo conf ;;
	esac
}
arrows=$(grep -nE '^#include "agent/[a-z]+/' agent/*.[ch] | grep -v '^agent/main.c:')
[ -z "$arrows" ] || complain "an arrow up from the floor: $arrows"
for folder in agent/*/; do
	folder=$(basename "$folder")
	arrows=$(grep -nE '^#include "agent/[a-z]+/' agent/"$folder"/*.[ch] |
		grep -vE "#include \"agent/($folder|$(sees "$folder"))/" )
	[ -z "$arrows" ] || complain "an arrow out of agent/$folder/: $arrows"
done

# No circle between files: who calls whom, by what the linker sees. tsort names one if there is any.
circles=$(for object in "$build"/agent/*.o "$build"/agent/*/*.o "$build"/netlink/*.o "$build"/vrrp/*.o; do
	source=${object#"$build"/}
	[ ! -f "${source%.o}.c" ] || echo "$object"
done | xargs nm -g -A | sed 's/:/ /' | awk 'NF == 4 { home[$4] = $1 } NF == 3 { user[NR] = $1; wants[NR] = $3 }
	END { for (i in user) if (wants[i] in home && home[wants[i]] != user[i]) print user[i], home[wants[i]] }' |
	sort -u | tsort 2>&1 >/dev/null)
[ -z "$circles" ] || complain "a circle between files: $(echo "$circles" | tr '\n' ' ')"

if [ "${2:-}" != arrows ]; then
	for file in $(git ls-files '*.c' '*.h'); do
		clang-format --dry-run -Werror "$file" >/dev/null 2>&1 ||
			complain "$file: clang-format -i would change it"
	done
	for file in $(git ls-files '*.c' '*.h' '*.py' '*.sh' Makefile); do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
			complain "$file: no SPDX line"
	done
	for file in $(git ls-files '*.c' '*.h'); do
		[ "$(wc -l <"$file")" -le 800 ] || complain "$file: more than 800 lines"
	done
	for page in etc/*.[578]; do
		mandoc -T lint -W warning "$page" || complain "$page: mandoc complains"
	done
fi
[ $failed -eq 0 ] && echo "lint: fine"
exit $failed
