/* SPDX-License-Identifier: MIT */
#include "timeline_svg.h"

#include <string.h>

#include "timeline_kind.h"
#include "timeline_plan.h"

#define LEGEND_COLUMNS 5
#define LEGEND_COLUMN  214

static const char style[] =
	"<style>\n"
	".tl{font:11px \"Liberation Sans\",Arial,\"DejaVu Sans\",sans-serif;fill:#1d232b;"
	"background:#fff}\n"
	".tl .name{font-size:12px;font-weight:bold}.tl .dim{fill:#5c6773}\n"
	".tl .grid{stroke:#e3e7ec;stroke-width:1}.tl .edge{stroke:#c3cad2;stroke-width:1}\n"
	".tl .active{fill:#14643c}.tl .backup{fill:#cfdcec}.tl .fault{fill:url(#tl-fault)}\n"
	".tl .initialize{fill:#fff;stroke:#9aa5b1}.tl .down{fill:url(#tl-down);stroke:#9aa5b1}\n"
	".tl .unknown{fill:url(#tl-unknown)}.tl .busy{fill:url(#tl-busy)}.tl .gone{fill:none}\n"
	".tl .assumed{fill-opacity:.5;stroke:#5c6773;stroke-dasharray:3 3}\n"
	".tl .on{fill:#fff;font-weight:bold}.tl .assumed+.on{fill:#0b3d24}\n"
	".tl .on-fault{font-weight:bold}\n"
	".tl .gap{fill:url(#tl-gap);stroke:#c4001a;stroke-width:1.5}\n"
	".tl .overlap{fill:#d3001c;stroke:#8f0013;stroke-width:1.5}\n"
	".tl .perhaps{fill-opacity:.35;stroke-dasharray:3 2}\n"
	".tl .band{fill:#d3001c;fill-opacity:.1}.tl .red{fill:#b30018;font-weight:bold}\n"
	".tl .mark{stroke-width:1}.tl .stem{stroke:#5c6773;stroke-width:1}\n"
	".tl .error{fill:#1d232b;stroke:#1d232b}.tl .warning{fill:#ffd166;stroke:#8a6100}"
	".tl .info{fill:#fff;stroke:#7b8794}\n"
	".tl .letter{font-size:10px;font-weight:bold;text-anchor:middle}.tl .on-error{fill:#fff}\n"
	"</style>\n";

static const char patterns[] =
	"<defs>\n"
	"<pattern id=\"tl-fault\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" "
	"patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" fill=\"#f3a53a\"/>"
	"<rect width=\"2\" height=\"8\" fill=\"#e08600\"/></pattern>\n"
	"<pattern id=\"tl-down\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	"patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#fff\"/>"
	"<rect width=\"1\" height=\"6\" fill=\"#b6bfc9\"/></pattern>\n"
	"<pattern id=\"tl-unknown\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
	"<rect width=\"6\" height=\"6\" fill=\"#f1f3f5\"/>"
	"<circle cx=\"3\" cy=\"3\" r=\"1\" fill=\"#9aa5b1\"/></pattern>\n"
	"<pattern id=\"tl-busy\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">"
	"<rect width=\"4\" height=\"4\" fill=\"#cfdcec\"/>"
	"<rect width=\"2\" height=\"4\" fill=\"#14643c\"/></pattern>\n"
	"<pattern id=\"tl-gap\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	"patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#fff\"/>"
	"<rect width=\"3\" height=\"6\" fill=\"#d3001c\"/></pattern>\n"
	"</defs>\n";

void timeline_svg_open(FILE *out, int height, const char *label)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tl\" role=\"img\" "
		"aria-label=\"%s\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n",
		label, TIMELINE_WIDTH, height, TIMELINE_WIDTH, height);
	fputs(style, out);
	fputs(patterns, out);
	fprintf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", TIMELINE_WIDTH, height);
}

/* ---- the legend ---- */

static double draw_sample(FILE *out, double x, const char *class, const char *text_class,
			  const char *word, double width)
{
	fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"6\" width=\"%.1f\" height=\"%d\"/>", class,
		x, width, TIMELINE_BAR);
	fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"20\">%s</text>\n", text_class, x + 6, word);
	return x + width + 10;
}

/* In two rows; what is nothing special is the last one. */
static void draw_letter(FILE *out, unsigned i)
{
	const struct timeline_class_row *row = &timeline_classes[(i + 1) % TIMELINE_CLASS_COUNT];
	const int x = 8 + (int)(i % LEGEND_COLUMNS) * LEGEND_COLUMN;
	const int y = 38 + (int)(i / LEGEND_COLUMNS) * 22;

	fprintf(out,
		"<rect class=\"mark info\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/>"
		"<text class=\"letter\" x=\"%d\" y=\"%d\">%c</text>"
		"<text x=\"%d\" y=\"%d\">%s</text>\n",
		x, y, TIMELINE_BADGE, TIMELINE_BADGE, x + TIMELINE_BADGE / 2, y + 11, row->letter,
		x + 20, y + 11, row->what);
}

void timeline_svg_legend(FILE *out)
{
	double x = 8;

	timeline_svg_open(out, 84, "legend");
	x = draw_sample(out, x, "active", "on", "ACTIVE", 70);
	x = draw_sample(out, x, "backup", "", "backup", 64);
	x = draw_sample(out, x, "fault", "on-fault", "FAULT", 64);
	x = draw_sample(out, x, "initialize", "", "initialize", 76);
	x = draw_sample(out, x, "down", "", "no vipd", 70);
	x = draw_sample(out, x, "backup assumed", "", "as last told", 96);
	fprintf(out,
		"<rect class=\"busy\" x=\"%.1f\" y=\"6\" width=\"16\" height=\"%d\"/>"
		"<text x=\"%.1f\" y=\"20\">many changes</text>\n",
		x, TIMELINE_BAR, x + 21);
	x += 128;
	fprintf(out,
		"<rect class=\"gap\" x=\"%.1f\" y=\"10\" width=\"16\" height=\"11\"/>"
		"<text class=\"red\" x=\"%.1f\" y=\"20\">gap: nobody Active</text>\n",
		x, x + 22);
	x += 168;
	fprintf(out,
		"<rect class=\"overlap\" x=\"%.1f\" y=\"10\" width=\"16\" height=\"11\"/>"
		"<text class=\"red\" x=\"%.1f\" y=\"20\">overlap: two Actives</text>\n",
		x, x + 22);
	x += 184;
	fprintf(out,
		"<rect class=\"gap perhaps\" x=\"%.1f\" y=\"10\" width=\"16\" height=\"11\"/>"
		"<text class=\"red\" x=\"%.1f\" y=\"20\">perhaps</text>\n",
		x, x + 22);
	for (unsigned i = 0; i < TIMELINE_CLASS_COUNT; i++)
		draw_letter(out, i);
	fputs("</svg>\n", out);
}
