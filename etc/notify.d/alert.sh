# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154 # set here and used there, and the other way round
#
# What the commands in this directory share: which event begins an alert and which one ends it, JSON,
# secrets, and one request by curl. POSIX sh with awk, sed, tail and tr, dash and busybox alike.
#
# A command that is copied elsewhere needs this file beside it, and says so when it is missing.
#
# Which event does what. The alert of a virtual router is named VIPD_KEY, the same on all of its hosts: so
# a pair has one alert, whoever began it, and the host that is left may begin what the one that comes
# back ends. What has an end of its own, or none, has a name of its own, too.
#
#   event        begins, unless something else is said                     alert                    severity
#   active       redundancy, but by preempt and owner, which end it        KEY                      error; warning
#   backup       (ends it: somebody else is Active, and this host waits)   KEY                      by reason
#   fault        redundancy                                                KEY                      error
#   stop         redundancy: one host less                                 KEY                      warning
#   deleted      (ends it: nobody wants this router any more)              KEY
#   conflict     two hosts, or strangers, with one address; no end         KEY/conflict             critical
#   lower_advert another Active goes on beside this one; no end            KEY/conflict             critical
#   deaf         of kind deaf, mute; ends: hears, speaks                   KEY/deaf|mute/NODE       warning
#   priority     of kind resort: begins, cedes; ends: ends, reset          KEY/resort/NODE          error
#   check        is=down; ends: is=up                                      host/NODE/check/NAME     warning
#   reload       refused, undone; ends: done                               host/NODE/reload         warning
#   last_will    all processes died: last_will; one: process_lost; no end  host/NODE/process        critical; warning
#   lost         no end                                                    host/NODE/lost           warning
#   start, drain, other kinds of priority, the suspicion that comes with each takeover: no alert
#
# active by "silence" is an error, by "left" (the other host has said farewell), "together" and "group" (it
# is another member that knows why) a warning.
#
# Of a failover that worked: the Backup becomes Active by silence and begins; the lost host comes back as
# Backup and ends, or comes back, preempts, and then its predecessor ends as it becomes Backup. A fault:
# whoever has it begins, and ends as it becomes Backup again. A hand-over that was asked for by drain ends
# as it begins: the one that has left is a Backup by then. That end comes from another host than the
# beginning and would overtake it now and then: so a host that ceases to be Active waits for
# RESOLVE_DELAY seconds before it tells of that end.

set -u
LC_ALL=C
export LC_ALL
newline='
'
secret=

# fail TEXT: the line that vipd shows as the error of the delivery.
fail() {
	printf '%s: %s\n' "$service" "$1" >&2
	exit 1
}

# event_read: the event on standard input, as it is: $event, in one line.
event_read() {
	event=$(cat)
	event=$(printf '%s' "$event" | tr '\n' ' ')
	case $event in
	'{'*'}') ;;
	*) fail 'no event on standard input: the notify entry must have style = "json"' ;;
	esac
}

# ---- which alert ----

alert_of() {
	action=$1 alert=$2 condition=$3 severity=$4
}

alert_of_active() {
	case ${VIPD_REASON_CODE-} in
	preempt | owner) alert_of resolve "$key" redundancy info ;;
	silence) alert_of trigger "$key" redundancy error ;;
	*) alert_of trigger "$key" redundancy warning ;;
	esac
	[ -z "${VIPD_AGAIN-}" ] || action=none
}

alert_of_kind() {
	case ${VIPD_ON-}/${VIPD_KIND-} in
	conflict/suspicion) ;;
	conflict/* | lower_advert/*) alert_of trigger "$key/conflict" conflict critical ;;
	deaf/deaf) alert_of trigger "$key/deaf/$node" deaf warning ;;
	deaf/hears) alert_of resolve "$key/deaf/$node" deaf info ;;
	deaf/mute) alert_of trigger "$key/mute/$node" mute warning ;;
	deaf/speaks) alert_of resolve "$key/mute/$node" mute info ;;
	last_will/last_will) alert_of trigger "$key/process" process critical ;;
	last_will/*) alert_of trigger "$key/process" process warning ;;
	lost/*) alert_of trigger "$key/lost" lost warning ;;
	esac
}

# Of kinds that say by a word which it is.
alert_of_word() {
	case ${VIPD_ON-}/${VIPD_KIND-} in
	check/check) word=${VIPD_IS-} ;;
	priority/resort) word=${VIPD_RESORT-} ;;
	reload/reload) word=${VIPD_RELOAD-} ;;
	*) return ;;
	esac
	case $VIPD_ON/$word in
	check/down) alert_of trigger "$key/check/${VIPD_CHECK-}" check warning ;;
	check/up) alert_of resolve "$key/check/${VIPD_CHECK-}" check info ;;
	priority/begins | priority/cedes) alert_of trigger "$key/resort/$node" resort error ;;
	priority/ends | priority/reset) alert_of resolve "$key/resort/$node" resort info ;;
	reload/refused | reload/undone) alert_of trigger "$key/reload" reload warning ;;
	reload/done) alert_of resolve "$key/reload" reload info ;;
	esac
}

# alert_find: $action (trigger, resolve, none), and then $alert, its name, the same on all hosts unless the
# host's name is in it, $condition, one word, and $severity (critical, error, warning, info).
alert_find() {
	node=${VIPD_NODE:-unknown} key=${VIPD_KEY-}
	alert_of none '' '' info
	[ -n "$key" ] || fail 'VIPD_KEY is not set: vipd sets it for style = "json"'
	case ${VIPD_ON-} in
	active) alert_of_active ;;
	backup | deleted) alert_of resolve "$key" redundancy info ;;
	fault) alert_of trigger "$key" redundancy error ;;
	stop) alert_of trigger "$key" redundancy warning ;;
	check | priority | reload) alert_of_word ;;
	*) alert_of_kind ;;
	esac
}

# alert_begin: all of the above; ends the command when there is no alert to begin or to end.
alert_begin() {
	event_read
	alert_find
	[ "$action" != none ] || exit 0
	headline_make
	[ "$action/${VIPD_ON-}/${VIPD_FROM-}" != resolve/backup/active ] || sleep "${RESOLVE_DELAY:-2}"
}

# headline_make: $headline, a line for people, and $text, the line of the log without what is in the former.
headline_make() {
	node=${VIPD_NODE:-unknown}
	router=${VIPD_ROUTER:+$VIPD_ROUTER${VIPD_FAMILY:+ (IPv$VIPD_FAMILY)}}
	reason=${VIPD_REASON:+: $VIPD_REASON}
	text=${VIPD_TEXT-}
	text=${text#"router=${VIPD_ROUTER-} family=${VIPD_FAMILY-} "}
	case ${VIPD_AGAIN-}${VIPD_ON-} in
	active | backup) headline="$node: $router is $VIPD_ON$reason" ;;
	fault) headline="$node: $router has a fault$reason" ;;
	start) headline="$node: $router starts" ;;
	stop) headline="$node: $router is stopped" ;;
	deleted) headline="$node: $router is no longer configured" ;;
	*) headline="$node: ${VIPD_ON-event}${router:+ of $router}: $text" ;;
	esac
}

# ---- texts ----

# json_text TEXT [BYTES]: as a JSON string, cut to so many bytes, never within a character.
json_text() {
	printf '%s' "$1" | awk -v max="${2:-4096}" '
	BEGIN {
		for (i = 1; i < 32; i++) code[sprintf("%c", i)] = sprintf("\\u%04x", i)
		code["\""] = "\\\""; code["\\"] = "\\\\"
		for (i = 128; i < 192; i++) inner[sprintf("%c", i)] = 1
	}
	{ text = text (NR > 1 ? "\n" : "") $0 }
	END {
		n = length(text)
		if (n > max) for (n = max; n > 0 && (substr(text, n + 1, 1) in inner); n--) ;
		for (i = 1; i <= n; i++) {
			c = substr(text, i, 1)
			out = out (c in code ? code[c] : c)
		}
		printf "\"%s\"", out
	}'
}

# url_text TEXT: as a part of a path.
url_text() {
	printf '%s' "$1" | awk '
	BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = sprintf("%%%02X", i) }
	{
		for (i = 1; i <= length($0); i++) {
			c = substr($0, i, 1)
			out = out (c ~ /[A-Za-z0-9._~-]/ ? c : code[c])
		}
		printf "%s", out
	}'
}

# plain_text TEXT BYTES: printable ASCII in one line, cut.
plain_text() {
	printf '%s' "$1" | tr '\t\r\n' '   ' | tr -c ' -~' '?' | awk -v max="$2" '{ printf "%s", substr($0, 1, max) }'
}

# quoted TEXT: as a value in a configuration of curl.
quoted() {
	printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}

# ---- a request ----

# secret_read FILE: $secret, its first line. Secrets are passed by what the shell does itself, and pipes:
# never in arguments or environments of other programs, which others can see.
secret_read() {
	[ -e "$1" ] || [ ! -x "${1%/*}" ] || fail "$1: is not there: its first line has to be the secret"
	[ -r "$1" ] || fail "$1: cannot be read by $(id -un 2>/dev/null || id -u): it should be of mode 0640, root:vipd"
	IFS= read -r secret <"$1" || [ -n "$secret" ] || fail "$1: is empty"
	case $secret in
	'') fail "$1: its first line is empty" ;;
	*[!!-~]*) fail "$1: a blank or what is not printable in its first line" ;;
	esac
}

# what curl's exit statuses mean to who has to mend it; its own words may have the secret in them.
curl_words() {
	case $1 in
	1 | 3) echo 'the URL is none of http:// or https://' ;;
	5) echo 'the name of the proxy is not known' ;;
	6) echo 'the name of the server is not known' ;;
	7) echo 'cannot connect' ;;
	28) echo "no answer within $max_time s" ;;
	35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 82 | 83 | 90 | 91) echo "TLS fails, exit status $1 of curl" ;;
	52 | 56) echo 'the server closed the connection without an answer' ;;
	126 | 127) echo 'curl is not installed' ;;
	*) echo "exit status $1 of curl" ;;
	esac
}

# The words of the service, unless they repeat what is secret.
reply_words() {
	words=$(plain_text "$1" 200)
	words=${words%"${words##*[! ]}"}
	case $1 in
	*"${secret:-$newline}"*) [ -z "$secret" ] || words='the answer repeats the secret' ;;
	esac
	printf '%s' "${words:+: $words}"
}

status_words() {
	case $1 in
	3??) echo " (a redirection, which is not followed)" ;;
	408 | 429) echo " (too many requests, or too slow: will be tried again)" ;;
	4??) echo " (the request is refused, and will be as long as nothing is changed)" ;;
	esac
}

# post_try URL HEADER BODY: one POST. HEADER may be empty. Return: whether it was taken; else $error.
post_try() {
	reply=$({
		{
			printf 'url = "%s"\n' "$(quoted "$1")"
			[ -z "$2" ] || printf 'header = "%s"\n' "$(quoted "$2")"
			printf 'header = "Content-Type: application/json"\n'
			printf 'data-raw = "%s"\n' "$(quoted "$3")"
			printf 'proto = "=http,https"\ngloboff\nmax-time = %s\n' "$max_time"
			printf 'write-out = "\\n%%{http_code}"\n'
		} | curl -q -s -K - 2>/dev/null
		printf '\n%s' $?
	} | tail -c 4096)
	curl_status=${reply##*"$newline"}
	reply=${reply%"$newline"*}
	http_status=${reply##*"$newline"}
	reply=${reply%"$newline"*}
	case $curl_status/$http_status in
	0/2??) return 0 ;;
	0/*) error="status $http_status$(status_words "$http_status")$(reply_words "$reply")" ;;
	*) error=$(curl_words "$curl_status") ;;
	esac
	return 1
}

# post URL HEADER BODY: that, or the end of the command.
post() {
	post_try "$@" || fail "$error"
}

# The notify entry's timeout is 10 s unless it says something else.
max_time=${MAX_TIME:-7}
