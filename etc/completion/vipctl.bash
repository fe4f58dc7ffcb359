# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of bash, loaded by bash-completion(7). vipctl itself knows what may follow: vipctl(8).
_vipctl() {
	local cur words cword line
	_get_comp_words_by_ref -n =: cur words cword
	COMPREPLY=()
	while IFS= read -r line; do
		if [[ -z $line ]]; then
			compopt -o default
		else
			COMPREPLY+=("${line%%$'\t'*}")
		fi
	done < <("$1" complete "${words[@]:1:cword}" 2>/dev/null)
	__ltrim_colon_completions "$cur"
} && complete -F _vipctl vipctl
