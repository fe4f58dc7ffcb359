/* SPDX-License-Identifier: MIT */
#include "sim_trace.h"

#include <stdarg.h>

#include "sim.h"

void trace_line(const struct sim *sim, const char *format, ...)
{
	FILE *out = sim->trace.out;
	va_list args;

	fprintf(out, "[%10.3f ms] ", (double)sim->now_ns / SIM_MS);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

static const char *who(const struct sim *sim, const uint8_t *source)
{
	for (unsigned i = 0; i < sim->routers_n; i++)
		if (source[3] == sim->routers[i].source[3])
			return node_name(i);
	return "nobody";
}

static void describe(const struct sim *sim, const struct vrrp_reason *reason, char *buf, size_t len)
{
	double seconds = (double)reason->ns / SIM_S;
	const char *peer = who(sim, reason->source);

	switch ((int)reason->code) {
	case VRRP_REASON_STARTED:
		snprintf(buf, len, "started");
		break;
	case VRRP_REASON_START_DELAY:
		snprintf(buf, len, "start delay of %.3f s", seconds);
		break;
	case VRRP_REASON_OWNER:
		snprintf(buf, len, "owns the addresses");
		break;
	case VRRP_REASON_SILENCE:
		snprintf(buf, len, "no advert for %.3f s", seconds);
		break;
	case VRRP_REASON_LEFT:
		snprintf(buf, len, "%s left", peer);
		break;
	case VRRP_REASON_PREEMPT:
		snprintf(buf, len, "%s has the lower priority %u", peer, reason->priority);
		break;
	case VRRP_REASON_HIGHER:
		snprintf(buf, len, "%s has the higher priority %u", peer, reason->priority);
		break;
	case VRRP_REASON_TIE:
		snprintf(buf, len, "%s has priority %u too and the higher address", peer,
			 reason->priority);
		break;
	case VRRP_REASON_STOPPED:
		snprintf(buf, len, "told to leave");
		break;
	case VRRP_REASON_RECOVERED:
		snprintf(buf, len, "the fault is over");
		break;
	default: /* all that may be wrong with an interface is one fault here */
		snprintf(buf, len, "the interface has a fault");
		break;
	}
}

void trace_state(const struct sim *sim, unsigned i, enum vrrp_state from)
{
	const struct vrrp *vr = &sim->routers[i].vr;
	char why[96];

	if (!sim->trace.out)
		return;
	describe(sim, &vr->reason, why, sizeof(why));
	trace_line(sim, "%s %s -> %s: %s", node_name(i), vrrp_state_name(from),
		   vrrp_state_name(vr->state), why);
}
