/* SPDX-License-Identifier: MIT */
#include "timeline_draw.h"

#include <inttypes.h>
#include <string.h>

#include "timeline_kind.h"
#include "timeline_plan.h"
#include "timeline_svg.h"
#include "timeline_words.h"

#define LETTER_WIDTH 7.4 /* at most, on average, of the widest fonts that may be used */
#define BAR_MIN      2.0 /* what is narrower is drawn together with what is beside it */
#define RED_MIN      3.0
#define TICKS_MAX    10

/* States as they are drawn: a class of the style, and a word in the bar. */
static const struct {
	const char *class, *word;
} states[TIMELINE_STATE_COUNT] = {
	[TIMELINE_UNKNOWN] = { "unknown", "unknown" },
	[TIMELINE_INITIALIZE] = { "initialize", "initialize" },
	[TIMELINE_BACKUP] = { "backup", "backup" },
	[TIMELINE_ACTIVE] = { "active", "ACTIVE" },
	[TIMELINE_FAULTY] = { "fault", "FAULT" },
	[TIMELINE_DOWN] = { "down", "no vipd" },
	[TIMELINE_GONE] = { "gone", "" },
	[TIMELINE_OTHER] = { "unknown", "other" },
};

static const char *const levels[] = { "error", "warning", "info" };

/* One picture while it is drawn. */
struct picture {
	const struct timeline_scene *scene;
	const struct timeline_plan *plan;
	FILE *out;
};

static void put_period(FILE *out, int64_t begin_ns, int64_t end_ns)
{
	char from[TIMELINE_WORD_SIZE], to[TIMELINE_WORD_SIZE], length[TIMELINE_WORD_SIZE];

	if (end_ns == INT64_MAX)
		fprintf(out, "from %s UTC on", timeline_moment(begin_ns, from));
	else
		fprintf(out, "%s to %s UTC, %s", timeline_moment(begin_ns, from),
			timeline_moment(end_ns, to), timeline_length(end_ns - begin_ns, length));
}

static void put_family(FILE *out, unsigned family)
{
	if (family)
		fprintf(out, " IPv%u", family);
}

/* ---- the axis ---- */

static void draw_tick(const struct picture *picture, int64_t ns, int64_t step_ns)
{
	const struct timeline_view *view = &picture->plan->view;
	const double x = timeline_x(view, ns);
	char word[TIMELINE_WORD_SIZE];
	double half;

	if (ns < view->begin_ns || ns > view->end_ns)
		return;
	timeline_tick(ns, step_ns, word);
	half = (double)strlen(word) * LETTER_WIDTH / 2;
	fprintf(picture->out,
		"<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", x, x,
		TIMELINE_AXIS - 6, picture->plan->height);
	if (x - half > TIMELINE_LEFT - 10 && x + half < TIMELINE_WIDTH)
		fprintf(picture->out,
			"<text class=\"tick dim\" x=\"%.1f\" y=\"18\" "
			"text-anchor=\"middle\">%s</text>\n",
			x, word);
}

static void draw_axis(const struct picture *picture)
{
	const struct timeline_view *view = &picture->plan->view;
	const int64_t step_ns = timeline_step(view->end_ns - view->begin_ns, TICKS_MAX);
	int64_t ns = view->begin_ns - view->begin_ns % step_ns;
	char word[TIMELINE_WORD_SIZE];

	timeline_moment(view->begin_ns, word);
	fprintf(picture->out, "<text class=\"dim\" x=\"8\" y=\"18\">%.10s UTC</text>\n", word);
	for (; ns <= view->end_ns - step_ns; ns += step_ns)
		draw_tick(picture, ns, step_ns);
	draw_tick(picture, ns, step_ns);
	fprintf(picture->out, "<line class=\"edge\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n",
		TIMELINE_LEFT, TIMELINE_RIGHT, TIMELINE_AXIS, TIMELINE_AXIS);
}

/* ---- bars ---- */

/* A part of a lane, by the first node's clock. */
struct piece {
	int64_t begin_ns, end_ns;
	const struct timeline_span *span; /* borrowed; NULL: changes that are too close together */
	unsigned changes_n;
	bool is_assumed;
};

static void put_title(const struct picture *picture, const struct timeline_lane *lane,
		      const struct piece *piece)
{
	FILE *out = picture->out;
	const struct timeline_span *span = piece->span;

	fputs("<title>", out);
	timeline_escape(picture->scene->names[lane->node], out);
	fputs(" · ", out);
	timeline_escape(lane->router, out);
	put_family(out, lane->family);
	if (!span)
		fprintf(out, ": %u changes of state, ", piece->changes_n);
	else
		fprintf(out, ": %s%s, ", states[span->state].word,
			piece->is_assumed ? ", as last told" : "");
	put_period(out, piece->begin_ns, piece->end_ns);
	if (span && span->why) {
		fputs(": ", out);
		timeline_escape(span->why, out);
	}
	fputs("</title>", out);
}

static void draw_word(const struct picture *picture, const struct piece *piece, double x,
		      double width, int y)
{
	const char *word = piece->span ? states[piece->span->state].word : "";
	bool is_dark = piece->span && piece->span->state == TIMELINE_ACTIVE;

	if (!word[0] || (double)strlen(word) * LETTER_WIDTH + 8 > width)
		return;
	fprintf(picture->out, "<text class=\"word%s\" x=\"%.1f\" y=\"%d\">%s</text>\n",
		is_dark                                 ? " on"
		: piece->span->state == TIMELINE_FAULTY ? " on-fault"
							: "",
		x + 5, y + 14, word);
}

/* What is too narrow waits for more of its kind. */
struct bars {
	const struct picture *picture;
	const struct timeline_row *row;
	struct piece narrow; /* changes_n 0: none waits */
	double end;          /* of what is drawn */
};

/* Behind what is drawn already: what is too narrow to be seen takes a bit of the next one. */
static void draw_piece(struct bars *bars, const struct piece *piece)
{
	const struct picture *picture = bars->picture;
	const struct timeline_view *view = &picture->plan->view;
	double x = timeline_x(view, piece->begin_ns), end = timeline_x(view, piece->end_ns);
	const char *class = piece->span ? states[piece->span->state].class : "busy";

	if (x < bars->end)
		x = bars->end;
	if (end < x + BAR_MIN)
		end = x + BAR_MIN;
	if (end > TIMELINE_RIGHT)
		end = TIMELINE_RIGHT;
	fprintf(picture->out,
		"<rect class=\"bar %s%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">", class,
		piece->is_assumed ? " assumed" : "", x, bars->row->y, end - x, TIMELINE_BAR);
	put_title(picture, bars->row->lane, piece);
	fputs("</rect>", picture->out);
	draw_word(picture, piece, x, end - x, bars->row->y);
	fputc('\n', picture->out);
	bars->end = end;
}

static void end_narrow(struct bars *bars)
{
	if (bars->narrow.changes_n)
		draw_piece(bars, &bars->narrow);
	bars->narrow.changes_n = 0;
}

static void add_piece(struct bars *bars, const struct piece *piece)
{
	const struct timeline_view *view = &bars->picture->plan->view;
	double begin = timeline_x(view, piece->begin_ns), end = timeline_x(view, piece->end_ns);

	if (piece->end_ns <= view->begin_ns || piece->begin_ns >= view->end_ns ||
	    piece->end_ns <= piece->begin_ns || piece->span->state == TIMELINE_GONE)
		return;
	if (end - begin >= BAR_MIN) {
		end_narrow(bars);
		draw_piece(bars, piece);
		return;
	}
	if (bars->narrow.changes_n++ == 0) {
		bars->narrow = *piece;
		bars->narrow.changes_n = 1;
		return;
	}
	bars->narrow.span = NULL;
	bars->narrow.end_ns = piece->end_ns;
}

static void draw_bars(const struct picture *picture, const struct timeline_row *row)
{
	const struct timeline_story *story = picture->scene->story;
	const struct timeline_lane *lane = row->lane;
	const struct timeline_node *node = &story->nodes[lane->node];
	const int64_t last_ns = timeline_time(story, lane->node, node->last_ns);
	struct bars bars = { .picture = picture, .row = row };

	for (size_t i = 0; i < lane->spans_n; i++) {
		const struct timeline_span *span = &lane->spans[i];
		struct piece piece = {
			.begin_ns = timeline_time(story, lane->node, span->begin_ns),
			.end_ns = timeline_time(story, lane->node, span->end_ns),
			.span = span,
			.is_assumed = !span->is_sure,
		};

		if (span->end_ns == INT64_MAX && !node->is_stopped) {
			piece.end_ns = last_ns;
			add_piece(&bars, &piece);
			piece.begin_ns = last_ns;
			piece.is_assumed = true;
		}
		if (span->end_ns == INT64_MAX)
			piece.end_ns = picture->plan->view.end_ns;
		add_piece(&bars, &piece);
	}
	end_narrow(&bars);
}

/* ---- marks ---- */

static void put_badge_title(const struct picture *picture, const struct timeline_lane *lane,
			    const struct timeline_badge *badge)
{
	const struct timeline_story *story = picture->scene->story;
	const struct timeline_mark *last = &lane->marks[badge->end - 1];
	uint64_t told = 0;
	FILE *out = picture->out;

	fputs("<title>", out);
	timeline_escape(picture->scene->names[lane->node], out);
	if (badge->count > 1)
		fprintf(out, ": %" PRIu64 " events, ", badge->count);
	else
		fputs(": ", out);
	put_period(out, timeline_time(story, lane->node, lane->marks[badge->first].first_ns),
		   timeline_time(story, lane->node, last->last_ns));
	for (size_t i = badge->first; i < badge->end && told < 2 * TIMELINE_TEXTS_MAX; i++) {
		if (!lane->marks[i].texts)
			continue;
		fputc('\n', out);
		timeline_escape(lane->marks[i].texts, out);
		told += lane->marks[i].texts_n;
	}
	if (told < badge->count)
		fprintf(out, "\nand %" PRIu64 " more", badge->count - told);
	fputs("</title>", out);
}

static void put_letter(FILE *out, const struct timeline_badge *badge)
{
	char letter = timeline_classes[badge->worst->class].letter;

	if (badge->count == 1)
		fputc(letter, out);
	else if (badge->count > 99)
		fputs("99+", out);
	else if (badge->is_mixed)
		fprintf(out, "%" PRIu64, badge->count);
	else
		fprintf(out, "%c%" PRIu64, letter, badge->count);
}

static void draw_badge(const struct picture *picture, const struct timeline_row *row,
		       const struct timeline_badge *badge)
{
	const int y = row->y + (row->lane->router[0] ? TIMELINE_BAR + 4 : 2);
	const double width = badge->count > 1 ? TIMELINE_BADGE_WIDE : TIMELINE_BADGE;
	const char *level = levels[badge->worst->level];

	if (row->lane->router[0])
		fprintf(picture->out,
			"<line class=\"stem\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
			badge->at, badge->at, row->y + TIMELINE_BAR, y);
	fprintf(picture->out,
		"<g><rect class=\"mark %s\" x=\"%.1f\" y=\"%d\" width=\"%.0f\" height=\"%d\" "
		"rx=\"3\"/><text class=\"letter on-%s\" x=\"%.1f\" y=\"%d\">",
		level, badge->x, y, width, TIMELINE_BADGE, level, badge->x + width / 2, y + 11);
	put_letter(picture->out, badge);
	fputs("</text>", picture->out);
	put_badge_title(picture, row->lane, badge);
	fputs("</g>\n", picture->out);
}

static void draw_row(const struct picture *picture, const struct timeline_row *row)
{
	struct timeline_badge badge = { 0 };

	fprintf(picture->out, "<text class=\"node\" x=\"22\" y=\"%d\">", row->y + 14);
	timeline_escape(picture->scene->names[row->lane->node], picture->out);
	fputs("</text>\n", picture->out);
	draw_bars(picture, row);
	while (timeline_next_badge(picture->scene->story, &picture->plan->view, row->lane, &badge))
		draw_badge(picture, row, &badge);
}

/* ---- gaps and overlaps ---- */

/* Findings that are drawn as one. */
struct red {
	double begin, end;
	const struct timeline_finding *first;
	unsigned gaps, overlaps;
	int64_t length_ns;
};

static void put_findings(FILE *out, const struct red *red)
{
	char length[TIMELINE_WORD_SIZE];

	timeline_length(red->length_ns, length);
	if (red->gaps + red->overlaps == 1) {
		fprintf(out, "%s%s%s", red->gaps ? "gap" : "overlap",
			red->first->is_open ? " from here on" : " ",
			red->first->is_open ? "" : length);
		fputs(red->first->is_sure ? "" : "?", out);
		return;
	}
	if (red->gaps)
		fprintf(out, "%u gap%s", red->gaps, red->gaps > 1 ? "s" : "");
	if (red->gaps && red->overlaps)
		fputs(", ", out);
	if (red->overlaps)
		fprintf(out, "%u overlap%s", red->overlaps, red->overlaps > 1 ? "s" : "");
	fprintf(out, ", %s", length);
}

/* Return: where its words end. */
static double draw_red(const struct picture *picture, const struct timeline_block *block,
		       const struct red *red, double least, double most)
{
	double width = red->end - red->begin < RED_MIN ? RED_MIN : red->end - red->begin;
	double x = red->begin + width > TIMELINE_RIGHT ? TIMELINE_RIGHT - width : red->begin;
	double end = x + width, at;
	const char *anchor = "start";
	char words[128] = "";
	FILE *to = fmemopen(words, sizeof(words), "w");
	double length;

	if (to) {
		put_findings(to, red);
		fclose(to);
	}
	length = (double)strlen(words) * LETTER_WIDTH;
	fprintf(picture->out,
		"<rect class=\"band\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>"
		"<rect class=\"%s%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"11\"><title>%s: ",
		x, block->y, width, block->end_y - block->y, red->overlaps ? "overlap" : "gap",
		red->first->is_sure ? "" : " perhaps", x, block->y + 3, width, words);
	put_period(picture->out, red->first->begin_ns,
		   red->gaps + red->overlaps == 1 && !red->first->is_open ? red->first->end_ns
									  : INT64_MAX);
	fputs("</title></rect>", picture->out);
	if (x + width + 5 + length < most) {
		end = x + width + 5 + length;
		at = x + width + 5;
	} else if (x - 5 - length > least) {
		at = x - 5;
		anchor = "end";
	} else {
		return end;
	}
	fprintf(picture->out,
		"<text class=\"red\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", at,
		block->y + 13, anchor, words);
	return end;
}

static bool is_of(const struct timeline_finding *finding, const struct timeline_block *block,
		  const struct timeline_view *view)
{
	return finding->family == block->family &&
	       (finding->is_open || finding->end_ns > view->begin_ns) &&
	       finding->begin_ns < view->end_ns && strcmp(finding->router, block->router) == 0;
}

/* All that are too close to the first one to be told apart. Return: the number of the next. */
static size_t gather(const struct picture *picture, const struct timeline_block *block, size_t i,
		     struct red *ret)
{
	const struct timeline_view *view = &picture->plan->view;
	const struct timeline_findings *findings = picture->scene->findings;

	*ret = (struct red){ 0 };
	for (; i < findings->n; i++) {
		const struct timeline_finding *finding = &findings->all[i];
		double begin = timeline_x(view, finding->begin_ns);

		if (!is_of(finding, block, view))
			continue;
		if (ret->first &&
		    begin > (ret->end > ret->begin + RED_MIN ? ret->end : ret->begin + RED_MIN))
			break;
		if (!ret->first) {
			ret->first = finding;
			ret->begin = begin;
		}
		ret->end = timeline_x(view, finding->is_open ? INT64_MAX : finding->end_ns);
		ret->gaps += finding->what == TIMELINE_GAP;
		ret->overlaps += finding->what == TIMELINE_OVERLAP;
		ret->length_ns += finding->end_ns - finding->begin_ns;
	}
	return i;
}

static void draw_findings(const struct picture *picture, const struct timeline_block *block)
{
	double least = TIMELINE_LEFT;
	struct red red, next;
	size_t i = gather(picture, block, 0, &red);

	while (red.first) {
		i = gather(picture, block, i, &next);
		least = draw_red(picture, block, &red, least,
				 next.first ? next.begin - 5 : TIMELINE_WIDTH);
		red = next;
	}
}

/* ---- all of it ---- */

static void draw_block(const struct picture *picture, const struct timeline_block *block)
{
	FILE *out = picture->out;

	fprintf(out, "<text class=\"name\" x=\"8\" y=\"%d\">", block->y + 14);
	timeline_escape(block->router[0] ? block->router : "hosts", out);
	put_family(out, block->family);
	fputs("</text>\n", out);
	for (unsigned i = 0; i < block->rows_n; i++)
		draw_row(picture, &block->rows[i]);
	if (block->router[0])
		draw_findings(picture, block);
}

int timeline_draw(const struct timeline_scene *scene, const struct timeline_view *view,
		  bool is_closer, FILE *out)
{
	struct timeline_plan plan;
	const struct picture picture = { scene, &plan, out };
	int err = timeline_plan(scene->story, scene->findings, view, is_closer, &plan);

	if (!err) {
		timeline_svg_open(out, plan.height, "states of routers by time");
		draw_axis(&picture);
		for (size_t i = 0; i < plan.n; i++)
			draw_block(&picture, &plan.blocks[i]);
		fputs("</svg>\n", out);
		if (plan.left && !is_closer)
			fprintf(out, "<p>%zu more routers are not drawn.</p>\n", plan.left);
	}
	timeline_plan_free(&plan);
	return err;
}
