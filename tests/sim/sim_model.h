/* SPDX-License-Identifier: MIT */
/*
 * What RFC 9568 §6.4 and the contract of vrrp_step() allow a router to do, written down a second
 * time and in other words: when a Backup may take over, when it must, whom an Active yields to and
 * when its adverts are due. It has its own arithmetic.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "sim_net.h"
#include "vrrp/fsm.h"

struct sim;

struct sim_model {
	unsigned interval_cs; /* learned from the Active */
	int64_t down_ns;      /* Backup: silence until then is a takeover */
	int64_t held_ns;      /* before the event at hand: check_held_until(), */
	int64_t lives_ns;     /* Backup: it may have waited from then on, of any process */
	int64_t lower_ns;     /* Backup: since when a weaker Active is heard, or VRRP_NEVER */
	int64_t beat_ns;      /* Active: the next advert is due */
	int64_t heard_ns;     /* Backup: the timer counts from then */
	bool left;            /* Backup: whom it heard last has left */
	bool nobody;          /* Backup: nobody was heard yet */
	bool granted;         /* Backup: a late timer was not believed once */
	bool cedes;           /* Active: has offered to leave, and does not speak for a while, */
	int64_t offered_ns;   /* since then */
	bool listens;         /* Active: stood still, and does not speak before it has listened */
	uint8_t from[SIM_ADDRESS_LEN]; /* Backup: the Active as last heard, */
	uint8_t heard;                 /* with that priority */
	/* Backup: one that it does not defer to, since the timer began */
	uint8_t lower_from[SIM_ADDRESS_LEN];
	/* Whose advert was taken for a last word, its time. Newer than those with a lower @n; 0:
	 * nobody's. */
	struct sim_doubt {
		uint8_t from[SIM_ADDRESS_LEN];
		int64_t ns;
		unsigned n;
	} doubts[VRRP_DOUBTS_MAX];
	unsigned doubted_n;
	int64_t contest_ns; /* Active: since then, or an answer, by the second */
	int64_t fell_ns;    /* Active: its priority has fallen, its time; 0: it has not */
	unsigned fell_from;
	int64_t asked_ns;  /* Active: it has made nothing of a claim then, of the world's time */
	bool weaker;       /* Backup: a weaker Active was heard since, and not respected, */
	uint8_t lower;     /* of that priority; or of who has left, what it had before */
	unsigned repeated; /* Active, over IPv6: announcements since something happened */
	bool missed;       /* adverts were lost on the host, and the router was not told */
	int64_t heard_of_link_ns; /* it was told of lost adverts last; global time */
	int ifindex; /* of the interface that it came to Backup on, or was told of since */
};

/**
 * model_missed() - how many adverts may be missed.
 */
int model_missed(const struct vrrp_config *config);

/**
 * model_down_ns() - Active_Down_Interval of a router with the Active's interval.
 */
int64_t model_down_ns(const struct vrrp_config *config, unsigned interval_cs);

/**
 * model_offer_ns() - how long an offer to leave holds: until the lowest priority would have come.
 */
int64_t model_offer_ns(const struct vrrp_config *config);

/**
 * model_patience_ns() - how long an offer to leave holds from when a rival is heard that may be one
 * of before: for an Active_Down_Interval, or until the lowest priority has come that it calls.
 */
int64_t model_patience_ns(const struct vrrp_config *config);

/**
 * model_skew_ns() - Skew_Time.
 */
int64_t model_skew_ns(const struct vrrp_config *config, unsigned interval_cs);

/**
 * model_defers() - whether a Backup lets a router of that priority be Active, preempt_delay apart.
 */
bool model_defers(const struct vrrp_config *config, unsigned priority);

/**
 * model_beats() - whether router @x, by priority and then by address, is the better one.
 */
bool model_beats(const struct sim *sim, unsigned x, unsigned y);

/**
 * model_start() - router @i has no history.
 */
void model_start(struct sim *sim, unsigned i);

/**
 * model_adopt() - router @i goes on under another configuration.
 * @old: the one until now.
 */
void model_adopt(struct sim *sim, unsigned i, const struct vrrp_config *old);

/**
 * model_step() - compare a step with the rules.
 * @before: the router before the event.
 * @out: what it answered.
 *
 * Fails property "timing" for a takeover at the wrong time or of the wrong kind, P9 for a late
 * timer that was believed at once, P12 for a broken rhythm of adverts.
 */
void model_step(struct sim *sim, unsigned i, const struct vrrp *before,
		const struct vrrp_event *event, const struct vrrp_output *out);

/**
 * model_turn() - after a wake-up nothing that was due is left undone.
 */
void model_turn(struct sim *sim, unsigned i);

#endif
