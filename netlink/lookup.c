/* SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <linux/filter.h>
#include <string.h>

/*
 *	X = A & 31
 *	switch (A >> 5) { case k: A = words[k]; }
 *	return A >> X & 1 ? yes : no
 */
void kern_lookup_put(struct sock_filter *code, const struct kern_bytes *set, uint32_t yes,
		     uint32_t no)
{
	enum {
		HEAD = 5,
		ARM = 3,
		ARMS = 8,
		TAIL = 4
	};
	const struct sock_filter head[HEAD] = {
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 31),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 5),
	};
	const struct sock_filter tail[TAIL] = {
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, yes),
		BPF_STMT(BPF_RET | BPF_K, no),
	};

	_Static_assert(HEAD + ARMS * ARM + TAIL == KERN_LOOKUP_LEN, "its length");
	memcpy(code, head, sizeof(head));
	for (unsigned k = 0; k < ARMS; k++) {
		const struct sock_filter arm[ARM] = {
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, ARM - 1),
			BPF_STMT(BPF_LD | BPF_IMM, set->words[k]),
			BPF_STMT(BPF_JMP | BPF_JA, (ARMS - 1 - k) * ARM),
		};

		memcpy(code + HEAD + k * ARM, arm, sizeof(arm));
	}
	memcpy(code + HEAD + ARMS * ARM, tail, sizeof(tail));
}
