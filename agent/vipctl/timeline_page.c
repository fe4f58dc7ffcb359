/* SPDX-License-Identifier: MIT */
#include "timeline_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_svg.h"
#include "timeline_words.h"

#define MINUTE    INT64_C(60000000000)
#define TABLE_MAX 200 /* gaps and overlaps that have a line */

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<title>vipd timeline</title>\n"
	"<style>\n"
	"body{font:14px/1.45 \"Liberation Sans\",Arial,\"DejaVu Sans\",sans-serif;color:#1d232b;"
	"background:#fff;margin:24px auto;max-width:1200px;padding:0 16px}\n"
	"h1{font-size:20px;margin:0 0 2px}h2{font-size:15px;margin:26px 0 6px}\n"
	"p{margin:4px 0;max-width:900px}.dim{color:#5c6773}.red{color:#b30018;font-weight:bold}\n"
	"table{border-collapse:collapse;margin:8px 0}th,td{text-align:left;padding:3px 18px 3px 0;"
	"border-bottom:1px solid #e3e7ec;vertical-align:top}th{font-weight:bold;color:#5c6773;"
	"font-size:12px}td.num{font-variant-numeric:tabular-nums}#findings td,#nodes "
	"td:not(:last-child),th{white-space:nowrap}\n"
	"svg{display:block;max-width:100%;height:auto;margin:6px 0}\n"
	"</style>\n</head>\n<body>\n";

static void put_name(const struct timeline_scene *scene, unsigned node, FILE *out)
{
	timeline_escape(scene->names[node], out);
}

static void put_number(uint64_t number, const char *one, FILE *out)
{
	fprintf(out, "%" PRIu64 " %s%s", number, one, number == 1 ? "" : "s");
}

/* ---- clocks ---- */

static void put_clock(const struct timeline_scene *scene, unsigned number, FILE *out)
{
	const struct timeline_node *node = &scene->story->nodes[number];
	const char *side = node->ahead_ns < 0 ? "behind" : "ahead of";
	char ahead[TIMELINE_WORD_SIZE], within[TIMELINE_WORD_SIZE];

	if (number == 0) {
		fputs("times on this page are by its clock", out);
		return;
	}
	if (!node->is_aligned) {
		fputs("<span class=\"red\">cannot be estimated</span>: nothing that it did is told "
		      "by another one as well; it is drawn by its own clock",
		      out);
		return;
	}
	timeline_length(llabs(node->ahead_ns), ahead);
	timeline_length(node->within_ns, within);
	fputs(ahead, out);
	if (node->ahead_ns >= MINUTE || node->ahead_ns <= -MINUTE)
		fprintf(out, " (%.3f s)", (double)llabs(node->ahead_ns) / 1e9);
	fprintf(out, " %s ", side);
	put_name(scene, 0, out);
	fprintf(out, ", give or take %s: ", within);
	if (node->is_by_the_clock) {
		fputs("by the time in signed adverts", out);
		return;
	}
	fputs("from ", out);
	put_number(node->pairs_n, "pair", out);
	fputs(" of events, one the cause of the other, of it and ", out);
	put_name(scene, node->by, out);
	fputs(node->pairs_n == 1 ? ", which is little to go by" : "", out);
}

static void put_nodes(const struct timeline_scene *scene, FILE *out)
{
	char when[TIMELINE_WORD_SIZE];

	fputs("<table id=\"nodes\">\n<tr><th>Node</th><th>File</th><th>Events</th><th>From, by its "
	      "own clock</th><th>To</th><th>Clock</th></tr>\n",
	      out);
	for (unsigned i = 0; i < scene->story->nodes_n; i++) {
		const struct timeline_node *node = &scene->story->nodes[i];

		fputs("<tr><td><b>", out);
		put_name(scene, i, out);
		fputs("</b></td><td>", out);
		timeline_escape(node->file, out);
		fprintf(out, "</td><td class=\"num\">%" PRIu64 "</td>", node->events_n);
		if (!node->events_n) {
			fputs("<td colspan=\"3\">nothing is told</td></tr>\n", out);
			continue;
		}
		fprintf(out, "<td class=\"num\">%.19s</td>", timeline_moment(node->first_ns, when));
		fprintf(out, "<td class=\"num\">%.19s</td><td>",
			timeline_moment(node->last_ns, when));
		put_clock(scene, i, out);
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

/* ---- gaps and overlaps ---- */

static void put_who(const struct timeline_scene *scene, unsigned nodes, FILE *out)
{
	const char *between = "";

	for (unsigned i = 0; i < scene->story->nodes_n; i++) {
		if (!(nodes & 1u << i))
			continue;
		fputs(between, out);
		put_name(scene, i, out);
		between = ", ";
	}
}

static void put_finding(const struct timeline_scene *scene, const struct timeline_finding *finding,
			FILE *out)
{
	char from[TIMELINE_WORD_SIZE], to[TIMELINE_WORD_SIZE], length[TIMELINE_WORD_SIZE];

	fputs("<tr><td><b>", out);
	timeline_escape(finding->router, out);
	fputs("</b>", out);
	if (finding->family)
		fprintf(out, " IPv%u", finding->family);
	fprintf(out, "</td><td class=\"red\">%s%s</td>",
		finding->what == TIMELINE_GAP ? "gap" : "overlap",
		finding->is_sure ? "" : ", perhaps");
	fprintf(out, "<td class=\"num red\">%s%s</td><td class=\"num\">%s</td>",
		timeline_length(finding->end_ns - finding->begin_ns, length),
		finding->is_open ? " or more" : "", timeline_moment(finding->begin_ns, from));
	fprintf(out, "<td class=\"num\">%s</td><td>",
		finding->is_open ? "-" : timeline_moment(finding->end_ns, to));
	fputs(finding->what == TIMELINE_GAP ? "nobody; before that " : "", out);
	put_who(scene, finding->nodes, out);
	fputs("</td></tr>\n", out);
}

static void put_findings(const struct timeline_scene *scene, const struct timeline_view *view,
			 FILE *out)
{
	const struct timeline_findings *findings = scene->findings;
	size_t n = 0;

	fputs("<h2>Gaps and overlaps</h2>\n", out);
	if (scene->story->nodes_n < 2)
		fputs("<p>This is what one node tells: whether another one was Active meanwhile is "
		      "not known, so neither gaps nor overlaps are.</p>\n",
		      out);
	for (size_t i = 0; i < findings->n; i++) {
		const struct timeline_finding *finding = &findings->all[i];

		if ((finding->end_ns <= view->begin_ns && !finding->is_open) ||
		    finding->begin_ns >= view->end_ns)
			continue;
		if (n++ == 0)
			fputs("<table id=\"findings\">\n<tr><th>Router</th><th>What</th>"
			      "<th>Length</th><th>From (UTC)</th><th>To</th><th>Active</th></tr>\n",
			      out);
		if (n <= TABLE_MAX)
			put_finding(scene, finding, out);
	}
	if (n)
		fputs("</table>\n", out);
	if (n > TABLE_MAX)
		fprintf(out, "<p>%zu more have no line here.</p>\n", n - TABLE_MAX);
	if (!n && scene->story->nodes_n > 1)
		fputs("<p>None.</p>\n", out);
	fputs("<p class=\"dim\">A router is one of the same name and family, or of the same VRID "
	      "where hosts call it otherwise. Overlaps below 100 ms "
	      "are not told, as whoever yields has yet to hear the other one, nor is anything "
	      "shorter than the clocks are known.</p>\n",
	      out);
}

/* ---- pictures ---- */

static int put_closer(const struct timeline_scene *scene, const struct timeline_view *view,
		      FILE *out)
{
	struct timeline_view views[TIMELINE_VIEWS_MAX];
	char from[TIMELINE_WORD_SIZE], length[TIMELINE_WORD_SIZE];
	unsigned left, n = timeline_view_closer(view, scene->findings, views, &left);
	int err = 0;

	for (unsigned i = 0; i < n && !err; i++) {
		fprintf(out, "<h2>Closer: %s from %s</h2>\n",
			timeline_length(views[i].end_ns - views[i].begin_ns, length),
			timeline_moment(views[i].begin_ns, from));
		err = timeline_draw(scene, &views[i], true, out);
	}
	if (left)
		fprintf(out,
			"<p>%u more have no close-up here: --since and --until draw one.</p>\n",
			left);
	return err;
}

static void put_head(const struct timeline_scene *scene, const struct timeline_view *view,
		     const struct timeline_view *told, FILE *out)
{
	char from[TIMELINE_WORD_SIZE], to[TIMELINE_WORD_SIZE], length[TIMELINE_WORD_SIZE];

	fputs(head, out);
	fprintf(out, "<h1>vipd timeline</h1>\n<p>%.19s to %.19s UTC, %s</p>\n",
		timeline_moment(view->begin_ns, from), timeline_moment(view->end_ns, to),
		timeline_length(view->end_ns - view->begin_ns, length));
	if (told->end_ns < view->begin_ns || told->begin_ns > view->end_ns)
		fprintf(out,
			"<p class=\"red\">No event is in that time: those told are from %.19s to "
			"%.19s UTC.</p>\n",
			timeline_moment(told->begin_ns, from), timeline_moment(told->end_ns, to));
	put_nodes(scene, out);
}

int timeline_page(const struct timeline_scene *scene, const struct timeline_view *view,
		  const struct timeline_view *told, FILE *out)
{
	int err;

	put_head(scene, view, told, out);
	timeline_svg_legend(out);
	err = timeline_draw(scene, view, false, out);
	if (!err)
		put_findings(scene, view, out);
	if (!err)
		err = put_closer(scene, view, out);
	if (scene->story->mark_width_ns)
		fputs("<p>There are so many events that those beside one another are one mark, "
		      "with their number.</p>\n",
		      out);
	fputs("</body>\n</html>\n", out);
	return err;
}
