/* SPDX-License-Identifier: MIT */
/*
 * sim: runs seeds and scenarios, tells what failed and how to see it again.
 *
 *   sim [--seeds N] [--seed0 K] [--jobs J] [--ignore P1,P4] [--first]
 *   sim --trace SEED
 *   sim --scenarios [--dir DIR]
 *   sim --print FILE
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"
#include "sim_scenario.h"
#include "sim_swarm.h"

#define JOBS_MAX   64
#define FAILED_MAX 3           /* so many failing seeds are narrated */
#define TAIL_MAX   (24 * 1024) /* of a narration */

struct options {
	const char *self, *ignored, *dir, *print;
	uint64_t seed0, trace;
	unsigned seeds, jobs;
	bool first; /* the lowest seed that fails is enough */
	bool traced, scenarios;
};

/* What the workers tell: shared memory, so that it survives a crash. */
struct job {
	pid_t pid;
	uint64_t seed; /* in the works */
	unsigned failed_n;
	uint64_t failed[FAILED_MAX];
	struct sim_tally tally;
};

static struct sim world;

const char *__lsan_default_suppressions(void);

/* Asked by the leak sanitizer where that is built in: a process that dies when it goes on takes
 * what it has allocated for it along, here it does not. */
const char *__lsan_default_suppressions(void)
{
	return "leak:routers_go\n";
}

static bool run_seed(const struct options *options, uint64_t seed, FILE *trace)
{
	swarm_begin(&world, seed);
	world.check.ignored = options->ignored;
	trace_begin(&world, trace, true);
	return swarm_run(&world);
}

/* The lowest descriptor that is free: what a run has opened it has closed. */
static int free_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* A seed below has failed, and all jobs go upwards. */
static bool is_enough(const struct options *options, const struct job *jobs, uint64_t seed)
{
	for (unsigned n = 0; options->first && n < options->jobs; n++)
		if (jobs[n].failed_n && jobs[n].failed[0] < seed)
			return true;
	return false;
}

static void add_tally(struct sim_tally *sum, const struct sim_tally *tally)
{
	sum->leaves_n += tally->leaves_n;
	sum->leaves_judged_n += tally->leaves_judged_n;
	sum->drains_n += tally->drains_n;
	sum->drains_judged_n += tally->drains_judged_n;
	sum->beliefs_n += tally->beliefs_n;
}

static void work(const struct options *options, struct job *jobs, unsigned nth)
{
	struct job *job = &jobs[nth];
	int before = free_descriptor();

	for (unsigned i = nth; i < options->seeds; i += options->jobs) {
		if (is_enough(options, jobs, options->seed0 + i))
			break;
		job->seed = options->seed0 + i;
		bool holds = run_seed(options, job->seed, NULL);

		add_tally(&job->tally, &world.tally);
		if (holds)
			continue;
		if (job->failed_n < FAILED_MAX)
			job->failed[job->failed_n] = job->seed;
		job->failed_n++;
	}
	sim_init(&world, 0);
	if (free_descriptor() == before)
		return;
	fprintf(stderr, "sim: descriptors are left open\n");
	exit(1);
}

/* The end of the story is what matters; the whole of it is one command away. */
static void narrate(const struct options *options, uint64_t seed)
{
	char *text = NULL, *tail;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	run_seed(options, seed, out);
	fclose(out);
	tail = len > TAIL_MAX ? strchr(text + len - TAIL_MAX, '\n') + 1 : text;
	printf("seed %llu FAILS %s: %s\n%s%srerun: %s --trace %llu\n\n", (unsigned long long)seed,
	       world.check.failed, world.check.message, tail == text ? "" : "...\n", tail,
	       options->self, (unsigned long long)seed);
	free(text);
}

static void start_job(const struct options *options, struct job *jobs, unsigned nth)
{
	jobs[nth].pid = fork();
	if (jobs[nth].pid < 0) {
		perror("fork");
		exit(1);
	}
	if (jobs[nth].pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	work(options, jobs, nth);
	exit(0); /* with a look for leaks, where that is built in */
}

/* Return: how many of its seeds failed; a crash counts as one, and ends the job. */
static unsigned end_job(const struct options *options, const struct job *job)
{
	int status = 0;

	while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
		;
	for (unsigned i = 0; i < job->failed_n && i < FAILED_MAX; i++)
		narrate(options, job->failed[i]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return job->failed_n;
	printf("seed %llu FAILS: the simulator ended with wait status 0x%x\nrerun: %s --trace "
	       "%llu\n\n",
	       (unsigned long long)job->seed, (unsigned)status, options->self,
	       (unsigned long long)job->seed);
	return job->failed_n + 1;
}

static int run_seeds(const struct options *options)
{
	struct job *jobs = mmap(NULL, sizeof(struct job) * JOBS_MAX, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sim_tally sum = { 0 };
	unsigned failed = 0;

	if (jobs == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	fflush(stdout);
	for (unsigned i = 0; i < options->jobs; i++)
		start_job(options, jobs, i);
	for (unsigned i = 0; i < options->jobs; i++)
		failed += end_job(options, &jobs[i]);
	for (unsigned i = 0; i < options->jobs; i++)
		add_tally(&sum, &jobs[i].tally);
	printf("leaves: %u of Actives with overlap, %u judged; drains and resumes: %u, %u judged; "
	       "checks that change: %u\n",
	       sum.leaves_n, sum.leaves_judged_n, sum.drains_n, sum.drains_judged_n, sum.beliefs_n);
	printf("seeds %llu..%llu: %u of %u hold\n", (unsigned long long)options->seed0,
	       (unsigned long long)options->seed0 + options->seeds - 1, options->seeds - failed,
	       options->seeds);
	printf("%u passed, %u failed, 0 skipped\n", !failed, !!failed);
	munmap(jobs, sizeof(struct job) * JOBS_MAX);
	return failed ? 1 : 0;
}

static int run_trace(const struct options *options)
{
	bool holds = run_seed(options, options->trace, stdout);

	if (!holds)
		printf("seed %llu FAILS %s: %s\n", (unsigned long long)options->trace,
		       world.check.failed, world.check.message);
	printf("%u passed, %u failed, 0 skipped\n", holds, !holds);
	return holds ? 0 : 1;
}

static uint64_t number(const char *text, uint64_t max)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || *end || end == text || value > max) {
		fprintf(stderr, "sim: not a number up to %llu: %s\n", (unsigned long long)max,
			text);
		exit(64);
	}
	return value;
}

static void parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "seeds", required_argument, NULL, 'n' },
		{ "seed0", required_argument, NULL, 'k' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "ignore", required_argument, NULL, 'i' },
		{ "first", no_argument, NULL, 'f' },
		{ "trace", required_argument, NULL, 't' },
		{ "scenarios", no_argument, NULL, 's' },
		{ "dir", required_argument, NULL, 'd' },
		{ "print", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'n')
			options->seeds = (unsigned)number(optarg, UINT32_MAX);
		else if (c == 'k')
			options->seed0 = number(optarg, UINT64_MAX);
		else if (c == 'j')
			options->jobs = (unsigned)number(optarg, JOBS_MAX);
		else if (c == 'i')
			options->ignored = optarg;
		else if (c == 'f')
			options->first = true;
		else if (c == 't')
			options->trace = number(optarg, UINT64_MAX), options->traced = true;
		else if (c == 's')
			options->scenarios = true;
		else if (c == 'd')
			options->dir = optarg;
		else if (c == 'p')
			options->print = optarg;
		else
			exit(64);
	}
	if (optind != argc || !options->seeds || !options->jobs) {
		fprintf(stderr,
			"usage: sim [--seeds N] [--seed0 K] [--jobs J] [--ignore P1,P4] "
			"[--first] | --trace SEED | --scenarios [--dir DIR] | --print FILE\n");
		exit(64);
	}
}

int main(int argc, char **argv)
{
	struct options options = {
		.self = argv[0], .dir = "tests/sim/scenarios", .seeds = 1000, .seed0 = 1, .jobs = 1
	};

	parse(argc, argv, &options);
	if (options.scenarios)
		return scenario_run_all(&world, options.dir);
	if (options.print)
		return scenario_print(&world, options.print);
	return options.traced ? run_trace(&options) : run_seeds(&options);
}
