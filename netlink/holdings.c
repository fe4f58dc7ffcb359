/* SPDX-License-Identifier: MIT */
#include "holdings.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_NS INT64_C(1000000000)

struct holding {
	struct kern_address address; /* ifindex of its link, 0 when there is none */
	unsigned link;
	uint32_t lease_s; /* 0: none */
	bool renew;       /* the lease shall start anew */
	bool leased;      /* as the kernel shows it */
	bool wanted;
	bool present;
	bool ours;      /* present because vipd added it, in this life or an earlier one */
	bool stolen;    /* by somebody else, since the last reconcile */
	bool abandoned; /* until it is wanted anew */
	uint16_t told;  /* 1 << news: was told and still holds */
	bool expired;   /* its lease ended, since the last reconcile */
	bool in_dump_doubled;
	bool doubled; /* the same address with another prefix length is there: not ours */
	bool dirty;   /* in the list of those to look at */
	bool in_dump;
	bool promotes;          /* its link; see struct kern_change */
	uint8_t restored_n;     /* in the window */
	int64_t restored_since; /* start of the window */
	int64_t retry_ns;       /* not before; the kernel refused the last change */
};

struct kern_holdings {
	struct kern_changer *changer; /* borrowed */
	kern_holding_fn news;
	kern_holdings_pause_fn pause;
	void *arg; /* borrowed, for both */
	unsigned holdings_n, holdings_max;
	struct holding *holdings;
	uint32_t *table; /* by (link, bytes): number + 1; a power of two of them */
	uint32_t table_mask;
	unsigned dirty_n;
	uint32_t *dirty, *dirty_next; /* of now, and of the reconcile that runs */
	struct kern_change *changes;  /* of one reconcile */
	uint32_t *changing;           /* the holding of each */
	bool marks;                   /* the kernel has shown one, so it keeps them */
	int64_t retry_ns;             /* the earliest of theirs */
};

int kern_holdings_new(unsigned holdings_max, struct kern_changer *changer, kern_holding_fn news,
		      kern_holdings_pause_fn pause, void *arg, struct kern_holdings **ret_holdings)
{
	struct kern_holdings *h = calloc(1, sizeof(*h));
	uint32_t table_n = 16;

	if (!h)
		return -ENOMEM;
	while (table_n < holdings_max * 2)
		table_n *= 2;
	*h = (struct kern_holdings){
		.changer = changer,
		.news = news,
		.pause = pause,
		.arg = arg,
		.holdings_max = holdings_max,
		.holdings = calloc(holdings_max + 1, sizeof(*h->holdings)),
		.table = calloc(table_n, sizeof(*h->table)),
		.table_mask = table_n - 1,
		.dirty = calloc(holdings_max + 1, sizeof(*h->dirty)),
		.dirty_next = calloc(holdings_max + 1, sizeof(*h->dirty)),
		.changes = calloc(holdings_max + 1, sizeof(*h->changes)),
		.changing = calloc(holdings_max + 1, sizeof(*h->changing)),
		.retry_ns = KERN_NEVER,
	};
	if (!h->holdings || !h->table || !h->dirty || !h->dirty_next || !h->changes ||
	    !h->changing) {
		kern_holdings_free(h);
		return -ENOMEM;
	}
	*ret_holdings = h;
	return 0;
}

void kern_holdings_free(struct kern_holdings *holdings)
{
	if (!holdings)
		return;
	free(holdings->holdings);
	free(holdings->table);
	free(holdings->dirty);
	free(holdings->dirty_next);
	free(holdings->changes);
	free(holdings->changing);
	free(holdings);
}

/* FNV-1a over what makes a holding unique; its prefix length does not. */
static uint32_t hash(unsigned link, const struct kern_address *address)
{
	uint32_t h = 2166136261u;

	h = (h ^ link) * 16777619u;
	for (unsigned i = 0; i < sizeof(address->bytes); i++)
		h = (h ^ address->bytes[i]) * 16777619u;
	return h ^ h >> 15;
}

/* The slot of a holding, or the empty one where it would be. */
static uint32_t *slot_of(const struct kern_holdings *h, unsigned link,
			 const struct kern_address *address)
{
	uint32_t i = hash(link, address);
	const struct holding *holding;

	for (;; i++) {
		i &= h->table_mask;
		if (!h->table[i])
			return &h->table[i];
		holding = &h->holdings[h->table[i] - 1];
		if (holding->link == link &&
		    memcmp(holding->address.bytes, address->bytes, sizeof(address->bytes)) == 0)
			return &h->table[i];
	}
}

unsigned kern_holdings_add(struct kern_holdings *holdings, unsigned link,
			   const struct kern_address *address, uint32_t lease_s)
{
	uint32_t *slot = slot_of(holdings, link, address);
	unsigned i = holdings->holdings_n++;

	assert(i < holdings->holdings_max && !*slot);
	*slot = i + 1;
	holdings->holdings[i] =
		(struct holding){ .link = link, .address = *address, .lease_s = lease_s };
	holdings->holdings[i].address.ifindex = 0;
	return i;
}

static void look_at(struct kern_holdings *h, struct holding *holding)
{
	if (holding->dirty)
		return;
	holding->dirty = true;
	h->dirty[h->dirty_n++] = (uint32_t)(holding - h->holdings);
}

static void set_absent(struct kern_holdings *h, struct holding *holding)
{
	holding->present = false;
	holding->renew = false;
	holding->ours = false;
	holding->told &= 1u << KERN_HOLDING_DOUBLE;
	holding->retry_ns = 0;
	look_at(h, holding);
}

/* What is ours on an interface that is renamed away would stay there for good. */
static void drop_from(struct kern_holdings *h, unsigned link)
{
	const struct holding *holding = h->holdings;
	unsigned changes_n = 0;

	for (unsigned i = 0; i < h->holdings_n; i++, holding++)
		if (holding->link == link && holding->present && holding->ours)
			h->changes[changes_n++] =
				(struct kern_change){ .promote = !holding->promotes,
						      .address = holding->address };
	/* When the interface is gone, so are its addresses, and the kernel says -ENODEV. */
	(void)kern_changer_apply(h->changer, h->changes, changes_n);
}

void kern_holdings_link(struct kern_holdings *holdings, unsigned link, int ifindex, bool promotes)
{
	struct holding *holding = holdings->holdings;
	bool dropped = false;

	for (unsigned i = 0; i < holdings->holdings_n; i++, holding++) {
		if (holding->link != link)
			continue;
		holding->promotes = promotes;
		if (holding->address.ifindex == ifindex)
			continue;
		if (!dropped)
			drop_from(holdings, link);
		dropped = true;
		holding->address.ifindex = ifindex;
		holding->stolen = holding->expired = false; /* it went with its interface */
		holding->doubled = false;
		set_absent(holdings, holding);
	}
}

void kern_holdings_want(struct kern_holdings *holdings, unsigned i, bool wanted)
{
	struct holding *holding = &holdings->holdings[i];

	if (holding->wanted == wanted)
		return;
	holding->wanted = wanted;
	holding->stolen = holding->expired = false;
	holding->renew &= wanted; /* given up and claimed at once, it may be due all the same */
	holding->abandoned = false;
	holding->restored_n = 0;
	holding->told &= 1u << KERN_HOLDING_DOUBLE;
	holding->retry_ns = 0;
	look_at(holdings, holding);
}

void kern_holdings_renew(struct kern_holdings *holdings, unsigned i)
{
	struct holding *holding = &holdings->holdings[i];

	if (holding->present ? !holding->ours : !holding->expired)
		return;
	holding->renew = true;
	look_at(holdings, holding);
}

int kern_holdings_see(struct kern_holdings *holdings, unsigned link,
		      const struct kern_object *object)
{
	uint32_t number = *slot_of(holdings, link, &object->address);
	struct holding *holding;

	if (!number)
		return -1;
	holding = &holdings->holdings[number - 1];
	if (object->address.prefix_len != holding->address.prefix_len) {
		/* Of another configuration of ours it goes by itself. */
		holding->doubled = holding->in_dump_doubled =
			!object->gone && object->address.mark != KERN_ADDRESS_MARK;
		if (object->gone)
			holding->told &= (uint16_t) ~(1u << KERN_HOLDING_DOUBLE);
		look_at(holdings, holding);
		return (int)number - 1;
	}
	if (object->gone) {
		/* Our own removal of a subnet's first address may take its others along. */
		if (holding->present && object->by_kernel && holding->leased)
			holding->expired = true;
		else if (holding->present && !object->by_us)
			holding->stolen = true;
		set_absent(holdings, holding);
		return (int)number - 1;
	}
	holdings->marks |= object->address.mark == KERN_ADDRESS_MARK;
	/* A kernel without marks shows ours unmarked: what was ours stays ours. */
	if (object->address.mark == KERN_ADDRESS_MARK || object->by_us)
		holding->ours = true;
	else if (holdings->marks)
		holding->ours = false;
	holding->present = true;
	holding->expired = false;
	holding->leased = object->address.leased;
	holding->in_dump = true;
	look_at(holdings, holding);
	return (int)number - 1;
}

int kern_holdings_find(const struct kern_holdings *holdings, unsigned link,
		       const struct kern_address *address)
{
	uint32_t number = *slot_of(holdings, link, address);

	if (!number || holdings->holdings[number - 1].address.prefix_len != address->prefix_len)
		return -1;
	return (int)number - 1;
}

void kern_holdings_dump_begin(struct kern_holdings *holdings)
{
	for (unsigned i = 0; i < holdings->holdings_n; i++)
		holdings->holdings[i].in_dump = holdings->holdings[i].in_dump_doubled = false;
}

void kern_holdings_dump_end(struct kern_holdings *holdings)
{
	struct holding *holding = holdings->holdings;

	for (unsigned i = 0; i < holdings->holdings_n; i++, holding++) {
		holding->doubled = holding->in_dump_doubled;
		if (holding->in_dump || !holding->present)
			continue;
		holding->stolen = true;
		set_absent(holdings, holding);
	}
}

static void tell(struct kern_holdings *h, struct holding *holding, enum kern_holding_news news,
		 int error)
{
	h->news((unsigned)(holding - h->holdings), news, error, h->arg);
}

static void tell_once(struct kern_holdings *h, struct holding *holding, enum kern_holding_news news,
		      int error)
{
	if (holding->told >> news & 1)
		return;
	holding->told |= (uint16_t)(1u << news);
	tell(h, holding, news, error);
}

/* Whether a stolen address may come back once more; after too many times in a row it may not. */
static bool may_restore(struct kern_holdings *h, struct holding *holding, int64_t now_ns)
{
	if (now_ns - holding->restored_since >= KERN_RESTORE_WINDOW_NS) {
		holding->restored_since = now_ns;
		holding->restored_n = 0;
	}
	if (holding->restored_n < KERN_RESTORE_MAX)
		return true;
	holding->abandoned = true;
	tell(h, holding, KERN_HOLDING_ABANDONED, 0);
	return false;
}

/* Look at a refused change again, but not in every turn. */
static void wait_until(struct kern_holdings *h, struct holding *holding, int64_t retry_ns)
{
	holding->retry_ns = retry_ns;
	if (retry_ns < h->retry_ns)
		h->retry_ns = retry_ns;
	look_at(h, holding);
}

/* A lease that is due, or one that the configuration has changed into none, or the reverse. */
static bool plan_renewal(struct holding *holding, struct kern_change *ret_change)
{
	if (!holding->renew && holding->leased == (holding->lease_s != 0))
		return false;
	holding->renew = false;
	*ret_change = (struct kern_change){ .add = true,
					    .renew = true,
					    .lifetime_s = holding->lease_s,
					    .address = holding->address };
	return true;
}

/* What is to be done for one holding. Return: whether @ret_change was filled. */
static bool plan(struct kern_holdings *h, struct holding *holding, int64_t now_ns,
		 struct kern_change *ret_change)
{
	if (holding->doubled)
		tell_once(h, holding, KERN_HOLDING_DOUBLE, 0);
	if (holding->present && holding->wanted) {
		holding->stolen = false;
		holding->abandoned = false;
		if (!holding->ours)
			tell_once(h, holding, KERN_HOLDING_FOREIGN, 0);
		return holding->ours && plan_renewal(holding, ret_change);
	}
	if (holding->present && !holding->ours)
		tell_once(h, holding, KERN_HOLDING_KEPT, 0);
	if (holding->present ? !holding->ours : !holding->wanted)
		return false;
	/* The kernel took it since nobody renewed it. */
	if (!holding->present && holding->expired && !holding->renew) {
		tell_once(h, holding, KERN_HOLDING_ENDED, 0);
		return false;
	}
	if (holding->address.ifindex == 0 || holding->abandoned)
		return false;
	if (now_ns < holding->retry_ns) {
		wait_until(h, holding, holding->retry_ns);
		return false;
	}
	if (holding->wanted && holding->stolen && !may_restore(h, holding, now_ns))
		return false;
	*ret_change = (struct kern_change){ .add = holding->wanted,
					    .promote = !holding->promotes,
					    .lifetime_s = holding->lease_s,
					    .address = holding->address };
	return true;
}

static void added(struct kern_holdings *h, struct holding *holding)
{
	/* What our own removal of a subnet's first address took along was not stolen. */
	enum kern_holding_news news = holding->stolen    ? KERN_HOLDING_RESTORED
				      : holding->expired ? KERN_HOLDING_EXPIRED
							 : KERN_HOLDING_ADDED;

	holding->restored_n += holding->stolen;
	holding->present = holding->ours = true;
	holding->leased = holding->lease_s != 0;
	holding->stolen = holding->expired = holding->renew = false;
	holding->told &= 1u << KERN_HOLDING_DOUBLE;
	tell(h, holding, news, 0);
}

/* Return: whether the answer contradicts what was known. */
static bool note_result(struct kern_holdings *h, struct holding *holding,
			const struct kern_change *change, int64_t now_ns)
{
	if (change->result == 0 && change->renew) {
		holding->leased = holding->lease_s != 0;
		return false;
	}
	if (change->result == 0 && change->add) {
		added(h, holding);
		return false;
	}
	if (change->result == 0) {
		holding->present = holding->ours = false;
		tell(h, holding, KERN_HOLDING_REMOVED, 0);
		return false;
	}
	if (change->add ? change->result == -EEXIST : change->result == -EADDRNOTAVAIL) {
		look_at(h, holding); /* the dump may fail, or come too late */
		return true;
	}
	holding->renew |= change->renew;
	tell_once(h, holding, KERN_HOLDING_FAILED, -change->result);
	wait_until(h, holding, now_ns + RETRY_NS);
	return change->result == -EINPROGRESS;
}

/*
 * Plan for those of the list that are wanted, or those that are not. What cannot be done now is put
 * into the list again.
 */
static unsigned plan_some(struct kern_holdings *h, const uint32_t *list, unsigned list_n,
			  bool wanted, unsigned changes_n, int64_t now_ns)
{
	for (unsigned i = 0; i < list_n; i++) {
		/* Last ones go first: a subnet's first address takes the others along. */
		uint32_t number = list[wanted ? i : list_n - 1 - i];
		struct holding *holding = &h->holdings[number];

		if (holding->wanted != wanted)
			continue;
		if (changes_n == KERN_CHANGES_MAX)
			wait_until(h, holding, now_ns);
		else if (plan(h, holding, now_ns, &h->changes[changes_n]))
			h->changing[changes_n++] = number;
	}
	return changes_n;
}

bool kern_holdings_reconcile(struct kern_holdings *holdings, int64_t now_ns)
{
	struct kern_holdings *h = holdings;
	unsigned list_n = h->dirty_n, changes_n;
	uint32_t *list = h->dirty;
	bool doubt = false;

	if (list_n == 0)
		return false;
	h->dirty = h->dirty_next;
	h->dirty_next = list;
	h->dirty_n = 0;
	h->retry_ns = KERN_NEVER;
	for (unsigned i = 0; i < list_n; i++)
		h->holdings[list[i]].dirty = false;
	changes_n = plan_some(h, list, list_n, false, 0, now_ns);
	changes_n = plan_some(h, list, list_n, true, changes_n, now_ns);
	if (changes_n == 0)
		return false;
	for (unsigned done = 0; done < changes_n; done += KERN_BATCH_MAX) {
		unsigned end =
			done + KERN_BATCH_MAX < changes_n ? done + KERN_BATCH_MAX : changes_n;

		/* A broken exchange shows in the results. */
		(void)kern_changer_apply(h->changer, h->changes + done, end - done);
		for (unsigned i = done; i < end; i++)
			doubt |= note_result(h, &h->holdings[h->changing[i]], &h->changes[i],
					     now_ns);
		h->pause(h->arg);
	}
	return doubt;
}

int64_t kern_holdings_deadline(const struct kern_holdings *holdings)
{
	return holdings->retry_ns;
}

bool kern_holdings_has(const struct kern_holdings *holdings, unsigned holding)
{
	return holdings->holdings[holding].present;
}
