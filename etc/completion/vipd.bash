# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of bash, loaded by bash-completion(7).
_vipd() {
	case $3 in
	-c) compopt -o default ;;
	-n) ;;
	*) mapfile -t COMPREPLY < <(compgen -W '-c -h -n -S -t -V' -- "$2") ;;
	esac
} && complete -F _vipd vipd
