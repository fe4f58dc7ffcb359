/* SPDX-License-Identifier: MIT */
#include "wants_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int kern_wants_new(unsigned wants_max, unsigned interfaces_max, struct kern_changer *changer,
		   struct kern_dump *dump, struct kern_wants **ret_wants)
{
	struct kern_wants *w = calloc(1, sizeof(*w));
	uint32_t table_n = 16;

	if (!w)
		return -ENOMEM;
	while (table_n < wants_max * 2)
		table_n *= 2;
	w->changer = changer;
	w->dump = dump;
	w->wants_max = wants_max;
	w->interfaces_max = interfaces_max;
	w->all = calloc(wants_max + 1, sizeof(*w->all));
	w->interfaces = calloc(interfaces_max + 1, sizeof(*w->interfaces));
	w->table = calloc(table_n, sizeof(*w->table));
	w->table_mask = table_n - 1;
	w->list.numbers = calloc(wants_max + 1, sizeof(uint32_t));
	w->pass.list.numbers = calloc(wants_max + 1, sizeof(uint32_t));
	w->retry_ns = KERN_NEVER;
	if (!w->all || !w->interfaces || !w->table || !w->list.numbers || !w->pass.list.numbers) {
		kern_wants_free(w);
		return -ENOMEM;
	}
	*ret_wants = w;
	return 0;
}

void kern_wants_free(struct kern_wants *wants)
{
	if (!wants)
		return;
	free(wants->all);
	free(wants->interfaces);
	free(wants->table);
	free(wants->list.numbers);
	free(wants->pass.list.numbers);
	free(wants);
}

/* The slot of a want, or the empty one where it would be. */
static uint32_t *slot_of(const struct kern_wants *w, unsigned interface, enum kern_kind kind,
			 const union kern_entry *entry)
{
	uint32_t i = kern_kinds[kind]->hash(entry);
	const struct want *want;

	i = (i ^ interface ^ (uint32_t)kind << 24) * 16777619u;
	i ^= i >> 15;
	for (;; i++) {
		i &= w->table_mask;
		if (!w->table[i])
			return &w->table[i];
		want = &w->all[w->table[i] - 1];
		if (want->spec.interface == interface && want->spec.kind == kind &&
		    kern_kinds[kind]->same(&want->spec.entry, entry))
			return &w->table[i];
	}
}

unsigned kern_wants_add(struct kern_wants *wants, const struct kern_want *want)
{
	uint32_t *slot = slot_of(wants, want->interface, want->kind, &want->entry);
	struct interface *interface = &wants->interfaces[want->interface];
	unsigned i = wants->wants_n++;

	assert(i < wants->wants_max && want->interface < wants->interfaces_max);
	assert(!*slot && interface->ifindex == 0);
	*slot = i + 1;
	wants->all[i] = (struct want){ .spec = *want, .refused_ns = KERN_NEVER };
	kern_kinds[want->kind]->set_ifindex(&wants->all[i].spec.entry, 0);
	wants->kinds_n[want->kind]++;
	if (interface->last)
		wants->all[interface->last - 1].next = i + 1;
	else
		interface->first = i + 1;
	interface->last = i + 1;
	return i;
}

void kern_wants_need(struct kern_wants *wants, unsigned want, unsigned needed)
{
	assert(want < wants->wants_n && needed < wants->wants_n);
	assert(!wants->all[want].needs && !wants->all[needed].needed_by);
	wants->all[want].needs = needed + 1;
	wants->all[needed].needed_by = want + 1;
}

bool kern_wants_has_kind(const struct kern_wants *wants, enum kern_kind kind)
{
	return wants->kinds_n[kind] > 0;
}

const struct kern_want *kern_wants_get(const struct kern_wants *wants, unsigned i)
{
	assert(i < wants->wants_n);
	return &wants->all[i].spec;
}

/* ---- what the kernel has ---- */

void kern_wants_look_at(struct kern_wants *w, struct want *want)
{
	if (want->listed)
		return;
	want->listed = true;
	w->list.numbers[w->list.n++] = (uint32_t)(want - w->all);
}

static void set_absent(struct kern_wants *w, struct want *want)
{
	want->present = false;
	want->renew = false;
	want->ours = false;
	want->placed = want->leading = false;
	want->unanswered = false;
	want->told &= TOLD_FOR_GOOD;
	want->retry_ns = 0;
	kern_wants_look_at(w, want);
}

/* The same object with other attributes. With our mark, it is of another configuration of ours, and
 * goes by itself. */
static void see_double(struct kern_wants *w, struct want *want, const struct kern_object *object)
{
	bool before = want->doubled;

	want->doubled = !object->gone && !kern_want_ops(want)->is_marked(&object->entry);
	if (want->doubled)
		want->shown_doubled = w->dumps;
	if (object->gone)
		want->told &= (uint16_t) ~(1u << KERN_WANT_DOUBLE);
	if (want->doubled != before)
		kern_wants_look_at(w, want);
}

static void see_gone(struct kern_wants *w, struct want *want, const struct kern_object *object)
{
	bool due = want->renew; /* on evidence, and refused */

	/* Our own removal of a subnet's first address may take its others along. */
	if (want->present && want->ours && object->by_kernel && want->leased)
		want->expired = true;
	else if (want->present && !object->by_us)
		want->stolen = true;
	set_absent(w, want);
	want->renew = due && want->expired;
}

/*
 * What is ours or not. A kernel without marks shows ours unmarked: what was ours stays ours. And
 * when ours goes, the kernel may tell us in our name that another one leads now.
 */
static bool is_ours(const struct kern_wants *w, const struct want *want,
		    const struct kern_object *object)
{
	if (kern_want_ops(want)->is_marked(&object->entry))
		return true;
	if (w->marks[want->spec.kind])
		return false;
	return want->ours || (object->by_us && !want->present);
}

/* What falls with ours is to be looked for. */
static void set_unclear(struct kern_wants *w, struct want *want)
{
	kern_want_interface(w, want)->unclear = true;
	kern_wants_look_at(w, want);
}

/* Where it stands now. Of what stood behind a leader that is gone, nothing is told. */
static void see_place(struct kern_wants *w, struct want *want, const struct kern_object *object)
{
	const struct kern_ops *ops = kern_want_ops(want);
	bool follows = want->placed && ops->falls_with && !ops->leads(&want->spec.entry);

	if (follows && want->ours && ops->leads(&object->entry) &&
	    !kern_want_interface(w, want)->promotes)
		set_unclear(w, want);
	if (ops->learn)
		ops->learn(&want->spec.entry, &object->entry);
	want->placed = true;
}

static void see_there(struct kern_wants *w, struct want *want, const struct kern_object *object)
{
	bool present = want->present, ours = want->ours, leased = want->leased;

	w->marks[want->spec.kind] |= kern_want_ops(want)->is_marked(&object->entry);
	want->ours = is_ours(w, want, object);
	want->hosts = want->spec.is_hosts && !want->ours;
	want->present = true;
	want->refused_ns = KERN_NEVER;
	want->expired = false;
	want->leased = kern_want_ops(want)->is_leased(&object->entry);
	see_place(w, want, object);
	want->shown = w->dumps;
	if (present != want->present || ours != want->ours || leased != want->leased)
		kern_wants_look_at(w, want);
}

/* The first of ours on an interface, from number @from on, that something of others' falls with. */
static struct want *next_above(struct kern_wants *w, uint32_t from,
			       const struct kern_object *object)
{
	const struct kern_ops *ops = kern_kinds[object->kind];

	for (uint32_t number = from; number; number = w->all[number - 1].next) {
		struct want *want = &w->all[number - 1];

		if (want->spec.kind == object->kind && want->present && want->ours &&
		    ops->falls_with(&object->entry, &want->spec.entry))
			return want;
	}
	return NULL;
}

static void set_leading(struct kern_wants *w, struct want *want)
{
	want->leading = true;
	kern_wants_look_at(w, want);
}

/*
 * Something of others' that falls with ours, when its lease ends or somebody removes it. All of
 * ours shall stand behind it then: the next one would lead otherwise. Where ours stand that we
 * added, only a look can tell.
 */
static void see_below(struct kern_wants *w, unsigned i, const struct kern_object *object)
{
	const struct kern_ops *ops = kern_kinds[object->kind];
	const struct interface *interface = &w->interfaces[i];
	struct want *want;
	bool led = false;

	if (!ops->falls_with || ops->leads(&object->entry) || interface->promotes ||
	    ops->is_marked(&object->entry))
		return;
	for (want = next_above(w, interface->first, object); want;
	     want = next_above(w, want->next, object)) {
		if (!want->placed) {
			set_unclear(w, want);
			return;
		}
		led |= ops->leads(&want->spec.entry);
	}
	for (want = next_above(w, interface->first, object); want && led;
	     want = next_above(w, want->next, object))
		set_leading(w, want);
}

/* The host's own, which is a duplicate, or may be one yet. */
static bool is_useless(const struct want *want, const struct kern_object *object)
{
	const struct kern_ops *ops = kern_want_ops(want);

	return want->spec.is_hosts && !object->gone && !ops->is_marked(&object->entry) &&
	       ops->is_usable && !ops->is_usable(&object->entry);
}

static void see_useless(struct kern_wants *w, struct want *want)
{
	want->hosts = true;
	if (want->present)
		set_absent(w, want);
}

/* Ours is there whatever comes and goes beside it. */
static bool is_rival(const struct want *want, const struct kern_object *object)
{
	const struct kern_ops *ops = kern_want_ops(want);

	return want->present && want->ours && ops->is_rival &&
	       ops->is_rival(&object->entry, &want->spec.entry);
}

int kern_wants_see(struct kern_wants *wants, unsigned interface, const struct kern_object *object)
{
	uint32_t number = *slot_of(wants, interface, object->kind, &object->entry);
	struct want *want = number ? &wants->all[number - 1] : NULL;

	if (want && is_rival(want, object))
		return (int)number - 1;
	if (want && !kern_want_ops(want)->collide(&object->entry, &want->spec.entry))
		see_double(wants, want, object);
	else if (want && is_useless(want, object))
		see_useless(wants, want);
	else if (want && object->gone)
		see_gone(wants, want, object);
	else if (want)
		see_there(wants, want, object);
	if (!object->gone && !(want && want->present && want->ours))
		see_below(wants, interface, object);
	return (int)number - 1;
}

int kern_wants_find_same(const struct kern_wants *wants, unsigned interface, enum kern_kind kind,
			 const union kern_entry *entry)
{
	return (int)*slot_of(wants, interface, kind, entry) - 1;
}

int kern_wants_find(const struct kern_wants *wants, unsigned interface, enum kern_kind kind,
		    const union kern_entry *entry)
{
	int number = kern_wants_find_same(wants, interface, kind, entry);

	if (number < 0 || !kern_kinds[kind]->equal(&wants->all[number].spec.entry, entry))
		return -1;
	return number;
}

void kern_wants_dump_begin(struct kern_wants *wants)
{
	wants->begun = ++wants->dumps;
}

static void end_dump_of(struct kern_wants *w, struct want *want)
{
	if (want->doubled && want->shown_doubled < w->begun)
		want->doubled = false;
	if (!want->present || want->shown >= w->begun)
		return;
	want->stolen = true;
	set_absent(w, want);
}

void kern_wants_dump_end(struct kern_wants *wants, int interface)
{
	uint32_t number;

	if (interface == KERN_EVERY_INTERFACE) {
		for (unsigned i = 0; i < wants->wants_n; i++)
			end_dump_of(wants, &wants->all[i]);
		wants->doubt = false;
		return;
	}
	for (number = wants->interfaces[interface].first; number;
	     number = wants->all[number - 1].next)
		end_dump_of(wants, &wants->all[number - 1]);
}

void kern_wants_unsee(struct kern_wants *wants, enum kern_kind kind)
{
	for (unsigned i = 0; i < wants->wants_n; i++) {
		struct want *want = &wants->all[i];

		if (want->spec.kind != kind || !want->present)
			continue;
		want->present = want->ours = false;
		kern_wants_look_at(wants, want);
	}
}

/* ---- doubt ---- */

void kern_wants_doubt(struct kern_wants *wants)
{
	wants->doubt = true;
}

struct look {
	struct kern_wants *wants;
	unsigned interface;
};

static void on_object(const struct kern_object *object, void *arg)
{
	const struct look *look = arg;

	(void)kern_wants_see(look->wants, look->interface, object);
}

/*
 * What the kernel shows is true, also when it then breaks off; what it does not show is unknown.
 * It may be within a dump of all, to which what was shown before counts, too.
 * Return: whether it showed everything.
 */
static bool look_at_interface(struct kern_wants *w, unsigned interface)
{
	struct look look = { w, interface };
	int ifindex = w->interfaces[interface].ifindex;
	uint32_t begun = w->begun;
	int err = 0;

	kern_wants_dump_begin(w);
	for (unsigned kind = 0; kind < KERN_KIND_COUNT && err == 0; kind++)
		if (w->kinds_n[kind] && kern_kinds[kind]->of_host == (ifindex == KERN_HOST))
			err = kern_dump_interface(w->dump, (enum kern_kind)kind, ifindex, on_object,
						  &look);
	if (err == 0) {
		kern_wants_dump_end(w, (int)interface);
		w->interfaces[interface].unclear = false;
	}
	w->begun = begun;
	return err == 0;
}

void kern_wants_make_sure(struct kern_wants *w, const struct want *want)
{
	struct interface *interface = kern_want_interface(w, want);

	if (!(w->doubt || interface->unclear) || !want->present || !want->ours ||
	    interface->ifindex == 0 || interface->looked == w->pass.number)
		return;
	interface->looked = w->pass.number;
	if (!look_at_interface(w, want->spec.interface) && interface->unclear)
		w->pass.contradicted = w->doubt = true;
}

static void on_link(const struct kern_object *object, void *arg)
{
	struct interface *interface = arg;

	if (object->type == KERN_OBJECT_LINK && object->link.ifindex == interface->ifindex)
		interface->promotes = object->link.promotes;
}

bool kern_wants_promotes(struct kern_wants *w, const struct want *want)
{
	struct interface *interface = kern_want_interface(w, want);

	if (interface->asked != w->pass.number)
		(void)kern_dump_link(w->dump, interface->ifindex, on_link, interface);
	interface->asked = w->pass.number;
	return interface->promotes;
}

/* ---- what is wanted ---- */

/* What is ours on an interface that is renamed away would stay there for good. */
static void drop_all(struct kern_wants *w, struct interface *interface)
{
	unsigned n = 0;

	for (uint32_t number = interface->first; number; number = w->all[number - 1].next) {
		const struct want *want = &w->all[number - 1];

		if (want->present && want->ours)
			w->changes[n++] = (struct kern_change){ .kind = want->spec.kind,
								.promote = !interface->promotes,
								.entry = want->spec.entry };
		if (n < KERN_BATCH_MAX && want->next)
			continue;
		/* When the interface is gone, so are its objects, and the kernel says -ENODEV. */
		(void)kern_changer_apply(w->changer, w->changes, n);
		n = 0;
	}
}

void kern_wants_interface(struct kern_wants *wants, unsigned i, int ifindex, bool promotes)
{
	struct interface *interface = &wants->interfaces[i];

	if (interface->ifindex != ifindex && interface->ifindex) {
		if (wants->doubt)
			(void)look_at_interface(wants, i);
		drop_all(wants, interface);
	}
	interface->promotes = promotes;
	if (interface->ifindex == ifindex)
		return;
	interface->ifindex = ifindex;
	interface->looked = 0;
	for (uint32_t number = interface->first; number; number = wants->all[number - 1].next) {
		struct want *want = &wants->all[number - 1];

		kern_want_ops(want)->set_ifindex(&want->spec.entry, ifindex);
		want->stolen = want->expired = false; /* it went with its interface */
		want->refused_ns = KERN_NEVER;
		want->doubled = false;
		set_absent(wants, want);
	}
}

void kern_wants_want(struct kern_wants *wants, unsigned i, bool wanted)
{
	struct want *want = &wants->all[i];

	if (want->wanted == wanted)
		return;
	want->wanted = wanted;
	want->stolen = want->expired = false;
	want->renew = want->unanswered = false;
	want->abandoned = false;
	want->paused_ns = 0;
	want->restored_n = 0;
	want->refused_ns = KERN_NEVER;
	want->told &= TOLD_FOR_GOOD;
	want->retry_ns = 0;
	kern_wants_look_at(wants, want);
}

void kern_wants_alter(struct kern_wants *wants, unsigned i, const union kern_entry *entry)
{
	struct want *want = &wants->all[i];

	assert(kern_want_ops(want)->same(&want->spec.entry, entry));
	want->spec.entry = *entry;
	want->retry_ns = 0;
	want->renew |= want->present && want->ours;
	kern_wants_look_at(wants, want);
}

void kern_wants_suspect(struct kern_wants *wants, unsigned i)
{
	struct interface *interface = &wants->interfaces[i];

	for (uint32_t number = interface->first; number; number = wants->all[number - 1].next) {
		struct want *want = &wants->all[number - 1];

		if (!want->present || !want->ours)
			continue;
		/* One look is about all of them. */
		if (!look_at_interface(wants, i))
			set_unclear(wants, want);
		return;
	}
}

void kern_wants_renew(struct kern_wants *wants, unsigned i, int64_t now_ns)
{
	struct want *want = &wants->all[i];
	bool fresh = want->present && want->leased && want->leased_ns == now_ns;

	if (fresh || (want->present ? !want->ours : !want->expired))
		return;
	want->renew = true;
	kern_wants_look_at(wants, want);
}

void kern_wants_amend(struct kern_wants *wants, unsigned i, const union kern_entry *entry)
{
	struct kern_want *spec = &wants->all[i].spec;

	assert(kern_kinds[spec->kind]->same(&spec->entry, entry) &&
	       kern_kinds[spec->kind]->ifindex(&spec->entry) ==
		       kern_kinds[spec->kind]->ifindex(entry));
	spec->entry = *entry;
}

void kern_wants_forgo(struct kern_wants *wants, unsigned i)
{
	wants->all[i].renew = false;
}

int64_t kern_wants_deadline(const struct kern_wants *wants)
{
	return wants->retry_ns;
}

bool kern_wants_pending(const struct kern_wants *wants)
{
	return wants->pass.running || wants->list.n > 0;
}

bool kern_wants_is_due(const struct kern_wants *wants, unsigned want)
{
	const struct want *it = &wants->all[want];

	return it->renew && it->present && it->ours;
}

void kern_wants_lend(struct kern_wants *wants, unsigned want)
{
	if (!wants->all[want].present)
		wants->all[want].hosts = wants->all[want].spec.is_hosts;
}

bool kern_wants_lacks(const struct kern_wants *wants, unsigned want)
{
	return wants->all[want].hosts && !wants->all[want].present;
}

bool kern_wants_has(const struct kern_wants *wants, unsigned want)
{
	return wants->all[want].present;
}

bool kern_wants_is_ours(const struct kern_wants *wants, unsigned want)
{
	return wants->all[want].present && wants->all[want].ours;
}

int64_t kern_wants_unheld_ns(const struct kern_wants *wants, unsigned i)
{
	const struct want *want = &wants->all[i];

	if (!want->wanted || want->present)
		return KERN_NEVER;
	return want->abandoned && want->paused_ns ? 0 : want->refused_ns;
}

bool kern_wants_is_overdue(const struct kern_wants *wants, unsigned i, int64_t now_ns)
{
	const struct want *want = &wants->all[i];

	return want->wanted && !want->present && want->retry_ns &&
	       now_ns - want->retry_ns >= KERN_RETRY_NS;
}

bool kern_wants_is_doubled(const struct kern_wants *wants, unsigned want)
{
	return wants->all[want].doubled;
}

bool kern_wants_is_unmarked(const struct kern_wants *wants, unsigned i)
{
	const struct want *want = &wants->all[i];

	return want->present && want->ours && !wants->marks[want->spec.kind];
}
