/* SPDX-License-Identifier: MIT */
#include "sim_macvlan.h"

#include <errno.h>
#include <string.h>

#include "sim.h"

#define OURS       0
#define OTHER      1
#define FIRST      100 /* index of the first one */
#define TROUBLE_NS (2 * SIM_S)
#define RETRY_NS   (1 * SIM_S) /* after a refusal */

void macvlan_init(struct sim *sim, unsigned i, enum conf_adverts adverts)
{
	struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;

	*m = (struct sim_macvlans){
		.used = true,
		.conf = { .type = CONF_MAC_VIRTUAL,
			  .adverts = (uint8_t)adverts,
			  .address = { 0, 0, 0x5e, 0, 1, SIM_VRID },
			  .name = SIM_MACVLAN_NAME },
		.trouble_ns = INT64_MIN / 2,
		.settled_ns = INT64_MIN / 2,
	};
}

int macvlan_home(const struct sim_gateway *r)
{
	const struct sim_macvlans *m = &r->kernel.macvlans;

	if (!m->used)
		return r->kernel.link.exists ? r->kernel.link.ifindex : 0;
	return m->all[OURS].exists ? m->all[OURS].ifindex : 0;
}

const uint8_t *macvlan_mac(const struct sim_gateway *r)
{
	return r->kernel.macvlans.used ? r->kernel.macvlans.conf.address : r->kernel.link.mac;
}

const uint8_t *macvlan_advert_mac(const struct sim_gateway *r)
{
	bool own = r->kernel.macvlans.conf.adverts != CONF_ADVERTS_VIRTUAL;

	return own ? r->kernel.link.mac : r->kernel.macvlans.conf.address;
}

/* ---- what the kernel tells and shows ---- */

static struct kern_object shown(const struct sim_gateway *r, const struct sim_macvlan *macvlan)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_MACVLAN };

	object.entry.macvlan = (struct kern_macvlan){ .ifindex = r->kernel.link.ifindex,
						      .own_ifindex = macvlan->ifindex,
						      .marked = macvlan->marked };
	strcpy(object.entry.macvlan.name, macvlan->name);
	memcpy(object.entry.macvlan.mac, macvlan->mac, sizeof(macvlan->mac));
	object.entry.macvlan.shown_mtu = macvlan->mtu;
	return object;
}

/* That of those with the mark alone. */
static struct kern_object shown_up(const struct sim_macvlan *macvlan)
{
	struct kern_object object = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_UP };

	object.entry.up = (struct kern_up){ .ifindex = macvlan->ifindex, .down = !macvlan->up };
	object.gone = !macvlan->up;
	return object;
}

static void tell(struct sim *sim, unsigned i, const struct sim_macvlan *macvlan, bool gone)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct kern_object object = shown(r, macvlan), up = shown_up(macvlan);

	object.gone = gone;
	up.gone |= gone;
	kernel_tell(sim, i, NULL, &object);
	if (macvlan->marked)
		kernel_tell(sim, i, NULL, &up);
}

void macvlan_show(const struct sim_process *process, enum kern_kind kind, int ifindex,
		  kern_object_fn each, void *arg)
{
	const struct sim_gateway *r = &process->sim->routers[process->router];

	for (unsigned n = 0; n < SIM_MACVLANS; n++) {
		const struct sim_macvlan *macvlan = &r->kernel.macvlans.all[n];
		bool up = kind == KERN_KIND_UP;
		struct kern_object object = up ? shown_up(macvlan) : shown(r, macvlan);

		if (!macvlan->exists || (up && !macvlan->marked))
			continue;
		if (!ifindex || ifindex == (up ? macvlan->ifindex : r->kernel.link.ifindex))
			each(&object, arg);
	}
}

/* ---- what becomes of one ---- */

static void lose_addresses(struct sim *sim, unsigned i)
{
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		kernel_drop(sim, i, k);
}

static void remove_one(struct sim *sim, unsigned i, struct sim_macvlan *macvlan)
{
	if (!macvlan->exists)
		return;
	if (macvlan == &sim->routers[i].kernel.macvlans.all[OURS])
		lose_addresses(sim, i);
	macvlan->exists = macvlan->up = false;
	tell(sim, i, macvlan, true);
}

static void make_one(struct sim *sim, unsigned i, unsigned n, const char *name, bool marked)
{
	struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;

	m->all[n] = (struct sim_macvlan){ .exists = true,
					  .marked = marked,
					  .mtu = kernel_mtu(&sim->routers[i].kernel),
					  .ifindex = FIRST + (int)m->made_n++ };
	strcpy(m->all[n].name, name);
	memcpy(m->all[n].mac, m->conf.address, sizeof(m->all[n].mac));
	tell(sim, i, &m->all[n], false);
}

void macvlan_vanish(struct sim *sim, unsigned i)
{
	struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;

	if (!m->used)
		return;
	for (unsigned n = 0; n < SIM_MACVLANS; n++)
		remove_one(sim, i, &m->all[n]);
	m->settled_ns = sim->now_ns;
}

static struct sim_macvlan *find(struct sim *sim, unsigned i, int ifindex)
{
	struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;

	for (unsigned n = 0; n < SIM_MACVLANS; n++)
		if (m->all[n].exists && m->all[n].ifindex == ifindex)
			return &m->all[n];
	return NULL;
}

/* ---- what the agent asks for ---- */

/* Whether a process may remove the agent's: it is none that goes on, or it is not as it should be.
 */
static bool may_remove(struct sim *sim, const struct sim_process *by)
{
	const struct sim_gateway *r = &sim->routers[by->router];
	const struct sim_macvlan *macvlan = &r->kernel.macvlans.all[OURS];

	return !by->routers || by->conf.absent || by->told_to_leave || by->stops ||
	       by->kind == SUCCESSION_KIND_FIRST || macvlan_in_trouble(sim, by->router) ||
	       check_in_trouble(sim, by->router) || strcmp(macvlan->name, SIM_MACVLAN_NAME) != 0;
}

static int take_away(struct sim *sim, struct sim_process *by, struct sim_macvlan *macvlan)
{
	if (!macvlan)
		return -ENODEV;
	if (!macvlan->marked)
		check_fail(sim, "M", "%s removes somebody else's macvlan", node_name(by->router));
	else if (!may_remove(sim, by))
		check_fail(sim, "M", "%s removes its macvlan and goes on", node_name(by->router));
	remove_one(sim, by->router, macvlan);
	return 0;
}

int macvlan_remove(struct sim *sim, struct sim_process *by, int ifindex)
{
	return take_away(sim, by, find(sim, by->router, ifindex));
}

static int create(struct sim *sim, struct sim_process *by, const struct kern_macvlan *wanted)
{
	struct sim_gateway *r = &sim->routers[by->router];
	struct sim_macvlans *m = &r->kernel.macvlans;

	if (!r->kernel.link.exists || wanted->ifindex != r->kernel.link.ifindex)
		return -ENODEV;
	for (unsigned n = 0; n < SIM_MACVLANS; n++)
		if (m->all[n].exists && strcmp(m->all[n].name, wanted->name) == 0)
			return -EEXIST;
	if (m->refusals)
		return -ENOMEM;
	if (m->all[OURS].exists)
		check_fail(sim, "M", "%s has two macvlans", node_name(by->router));
	if (strcmp(wanted->name, m->conf.name) != 0 ||
	    memcmp(wanted->mac, m->conf.address, sizeof(wanted->mac)) != 0)
		check_fail(sim, "M", "%s makes a wrong macvlan", node_name(by->router));
	m->settled_ns = sim->now_ns;
	make_one(sim, by->router, OURS, wanted->name, true);
	check_replaced(sim, by->router);
	return 0;
}

/* Links of one group are removed together: first each is put into it. */
static int remove_gathered(struct sim *sim, struct sim_process *by,
			   const struct kern_change *change)
{
	struct sim_macvlans *m = &sim->routers[by->router].kernel.macvlans;
	struct sim_macvlan *macvlan;

	if (!change->gathered) {
		macvlan = find(sim, by->router, change->entry.macvlan.own_ifindex);
		if (!macvlan)
			return -ENODEV;
		macvlan->group = change->gathering;
		return 0;
	}
	for (unsigned n = 0; n < SIM_MACVLANS; n++)
		if (m->all[n].exists && m->all[n].group == change->gathering)
			take_away(sim, by, &m->all[n]);
	return 0;
}

static int set_up(struct sim *sim, struct sim_process *by, const struct kern_change *change)
{
	struct sim_macvlans *m = &sim->routers[by->router].kernel.macvlans;
	struct sim_macvlan *macvlan = find(sim, by->router, change->entry.up.ifindex);

	if (!macvlan)
		return -ENODEV;
	if (!macvlan->marked)
		check_fail(sim, "M", "%s sets somebody else's macvlan %s", node_name(by->router),
			   change->add ? "up" : "down");
	if (change->add && m->all[OTHER].exists && m->all[OTHER].up)
		return -EADDRINUSE;
	if (change->add && m->hushed != macvlan->ifindex && !m->hush_refused)
		check_fail(sim, "M", "%s has its macvlan up before its kernel is silent there",
			   node_name(by->router));
	macvlan->up = change->add;
	tell(sim, by->router, macvlan, false);
	return 0;
}

/* One that is there is made what it was, and as wide as the interface below. */
static int renew(struct sim *sim, struct sim_process *by, const struct kern_macvlan *wanted)
{
	struct sim_macvlan *macvlan = find(sim, by->router, wanted->own_ifindex);

	if (!macvlan)
		return -ENODEV;
	if (!macvlan->marked)
		check_fail(sim, "M", "%s alters somebody else's macvlan", node_name(by->router));
	if (wanted->mtu > kernel_mtu(&sim->routers[by->router].kernel))
		return -EINVAL;
	macvlan->mtu = wanted->mtu;
	tell(sim, by->router, macvlan, false);
	return 0;
}

int macvlan_change(struct sim *sim, struct sim_process *by, const struct kern_change *change)
{
	if (change->kind == KERN_KIND_UP)
		return set_up(sim, by, change);
	if (change->add && change->renew)
		return renew(sim, by, &change->entry.macvlan);
	if (change->add)
		return create(sim, by, &change->entry.macvlan);
	if (change->gathering)
		return remove_gathered(sim, by, change);
	return take_away(sim, by, find(sim, by->router, change->entry.macvlan.own_ifindex));
}

int macvlan_silence(struct sim *sim, struct sim_process *by, const struct kern_change *change)
{
	struct sim_macvlans *m = &sim->routers[by->router].kernel.macvlans;
	unsigned k = family_virtual_number(4, change->entry.filter.bytes);

	if (k >= SIM_ADDRESSES_MAX || !m->used) {
		check_fail(sim, "M", "%s silences an address that is not virtual",
			   node_name(by->router));
		return -EINVAL;
	}
	if (!change->add && !m->arps[k])
		return -ENOENT;
	m->arps[k] = change->add ? change->entry.filter.ifindex : 0;
	m->arps_refused &= ~(1u << k);
	return 0;
}

/* It is to be silent for as long as there is one; one that is down is. */
int macvlan_hush(struct sim *sim, struct sim_process *by, const struct kern_change *change)
{
	struct sim_macvlans *m = &sim->routers[by->router].kernel.macvlans;
	int ifindex = change->entry.filter.ifindex;
	const struct sim_macvlan *macvlan = find(sim, by->router, ifindex);

	if (!m->used || (change->add ? !ifindex : m->hushed != ifindex)) {
		if (!change->add)
			return -ENOENT;
		check_fail(sim, "M", "%s keeps its kernel silent on no macvlan",
			   node_name(by->router));
		return -EINVAL;
	}
	if (!change->add && macvlan && macvlan->marked && macvlan->up)
		check_fail(sim, "M", "%s lets its kernel report groups on its macvlan",
			   node_name(by->router));
	m->hushed = change->add ? ifindex : 0;
	m->hush_refused = false;
	return 0;
}

/* Somebody has that MAC since before the agent made its own, and by that is in the way. */
static bool is_rival_first(const struct sim_macvlans *m)
{
	const struct sim_macvlan *ours = &m->all[OURS], *other = &m->all[OTHER];

	return other->exists && (!ours->exists || other->ifindex < ours->ifindex);
}

/* ---- what befalls them ---- */

static const char *const says[SIM_MACVLAN_FAULTS] = {
	[SIM_MACVLAN_REFUSED] = "can have no macvlan",
	[SIM_MACVLAN_REMOVED] = "loses its macvlan",
	[SIM_MACVLAN_RENAMED] = "has its macvlan renamed",
	[SIM_MACVLAN_DOWN] = "has its macvlan set down",
	[SIM_MACVLAN_TAKEN] = "has somebody else's macvlan of that name",
	[SIM_MACVLAN_RIVAL] = "has somebody else's macvlan of that MAC",
};

static void befall(struct sim *sim, unsigned i, enum sim_macvlan_fault fault)
{
	struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;
	struct sim_macvlan *ours = &m->all[OURS];

	switch (fault) {
	case SIM_MACVLAN_REFUSED:
		m->refusals++;
		break;
	case SIM_MACVLAN_REMOVED:
		remove_one(sim, i, ours);
		break;
	case SIM_MACVLAN_RENAMED:
		strcpy(ours->name, "other");
		if (ours->exists)
			tell(sim, i, ours, false);
		break;
	case SIM_MACVLAN_DOWN:
		ours->up = false;
		if (ours->exists)
			tell(sim, i, ours, false);
		break;
	case SIM_MACVLAN_TAKEN:
	case SIM_MACVLAN_RIVAL:
		if (m->all[OTHER].exists || !sim->routers[i].kernel.link.exists ||
		    (fault == SIM_MACVLAN_TAKEN && ours->exists &&
		     strcmp(ours->name, SIM_MACVLAN_NAME) == 0))
			break;
		make_one(sim, i, OTHER, fault == SIM_MACVLAN_TAKEN ? SIM_MACVLAN_NAME : "rival",
			 false);
		break;
	case SIM_MACVLAN_FAULTS:
		break;
	}
}

static void begin_trouble(struct sim *sim, unsigned i, int64_t until_ns)
{
	struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;

	check_shaken(sim, i);
	kernel_disturb(sim, i);
	m->trouble_ns = until_ns;
}

void macvlan_begin(struct sim *sim, const struct sim_episode *e)
{
	enum sim_macvlan_fault fault = (enum sim_macvlan_fault)(e->amount % SIM_MACVLAN_FAULTS);
	struct sim_macvlans *m = &sim->routers[e->node].kernel.macvlans;

	trace(sim, "%s %s", node_name(e->node), says[fault]);
	if (fault != SIM_MACVLAN_RIVAL) {
		m->faults_n++;
		begin_trouble(sim, e->node, VRRP_NEVER / 2);
	}
	befall(sim, e->node, fault);
}

void macvlan_end(struct sim *sim, const struct sim_episode *e)
{
	enum sim_macvlan_fault fault = (enum sim_macvlan_fault)(e->amount % SIM_MACVLAN_FAULTS);
	struct sim_macvlans *m = &sim->routers[e->node].kernel.macvlans;

	bool harms;

	trace(sim, "%s is left alone", node_name(e->node));
	if (fault == SIM_MACVLAN_REFUSED)
		m->refusals--;
	harms = is_rival_first(m);
	if (fault == SIM_MACVLAN_TAKEN || fault == SIM_MACVLAN_RIVAL)
		remove_one(sim, e->node, &m->all[OTHER]);
	if (fault == SIM_MACVLAN_RIVAL && harms && !m->faults_n)
		begin_trouble(sim, e->node, sim->now_ns);
	if (fault != SIM_MACVLAN_RIVAL && --m->faults_n == 0)
		begin_trouble(sim, e->node, sim->now_ns);
}

bool macvlan_in_trouble(const struct sim *sim, unsigned i)
{
	const struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;
	const struct sim_gateway *r = &sim->routers[i];
	int64_t late_ns = 2 * (sim->latency_ns + r->stall_ns) + 1;

	return m->used &&
	       (is_rival_first(m) || sim->now_ns <= m->trouble_ns + TROUBLE_NS + late_ns ||
		sim->now_ns <= m->settled_ns + late_ns);
}

void macvlan_resumed(struct sim *sim, unsigned i)
{
	struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;
	int64_t frozen_ns = sim->routers[i].frozen_at_ns;

	if (m->used && !m->faults_n && frozen_ns < m->trouble_ns + TROUBLE_NS)
		m->trouble_ns = sim->now_ns;
}

int64_t macvlan_late_ns(const struct sim *sim)
{
	int64_t retry_ns = RETRY_NS + RETRY_NS * SIM_DRIFT_PPM / 1000000 + 2 * sim->latency_ns + 1;
	int64_t late_ns = 0;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;
		int64_t left_ns = m->trouble_ns + retry_ns - sim->now_ns;

		if (m->used && left_ns > late_ns)
			late_ns = left_ns;
	}
	return late_ns;
}

/* ---- what must hold ---- */

/* As with other filters: one whose removal was refused when its interface went stays. */
static bool is_left(const struct sim_kernel *kernel, unsigned k)
{
	return kernel->macvlans.arps_refused >> k & 1 &&
	       (!kernel->link.exists || kernel->macvlans.arps[k] != kernel->link.ifindex);
}

static void check_arps(struct sim *sim, unsigned i, bool active)
{
	const struct sim_gateway *r = &sim->routers[i];

	bool holds = !active && check_is_serving(sim, i);
	bool wanted = active || holds;

	if (holds && !kernel_ours(&r->kernel)) /* perhaps it waits for nothing any more */
		return;
	for (unsigned k = 0; k < r->addresses_n; k++) {
		if (r->kernel.macvlans.arps[k] != (wanted ? r->kernel.link.ifindex : 0) &&
		    (wanted || !is_left(&r->kernel, k)))
			check_fail(sim, "M",
				   "%s is %sActive and the interface below %s of address %u",
				   node_name(i), active ? "" : "not ",
				   wanted ? "speaks" : "is silent", k);
	}
}

void macvlan_turn(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	const struct sim_macvlan *ours = &r->kernel.macvlans.all[OURS];
	bool active = r->vr.election.state == VRRP_STATE_ACTIVE;
	bool wanted = process_router(process) && r->kernel.link.exists && !process->stops;
	bool serves = active || check_is_serving(sim, i);

	if (!r->kernel.macvlans.used || check_in_trouble(sim, i)) {
		r->kernel.macvlans.odd_ns = 0;
		return;
	}
	if (wanted && !ours->exists)
		check_fail(sim, "M", "%s has no macvlan", node_name(i));
	if (wanted && r->kernel.macvlans.hushed != ours->ifindex)
		check_fail(sim, "M", "the kernel of %s reports groups on its macvlan",
			   node_name(i));
	if (ours->up == active || (ours->up && serves) || !ours->exists)
		r->kernel.macvlans.odd_ns = 0;
	else if (!active && !r->kernel.macvlans.odd_ns) /* to set it down takes a turn of its own */
		r->kernel.macvlans.odd_ns = sim->now_ns;
	else if (active ||
		 sim->now_ns > r->kernel.macvlans.odd_ns + sim->latency_ns + r->stall_ns + 1)
		check_fail(sim, "M", "%s is %s and its macvlan is %s", node_name(i),
			   vrrp_state_name(r->vr.election.state), ours->up ? "up" : "down");
	if (process_router(process))
		check_arps(sim, i, active);
}

void macvlan_left(struct sim *sim, unsigned i)
{
	const struct sim_macvlans *m = &sim->routers[i].kernel.macvlans;

	if (m->used && m->all[OURS].exists && !check_in_trouble(sim, i))
		check_fail(sim, "M", "%s has left its macvlan behind", node_name(i));
}
