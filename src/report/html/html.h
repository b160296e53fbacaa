// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the files of the HTML report share and nobody else sees: the page under construction, the
 * run's pictures' data in arrays, and the only ways by which text gets into the page (html_put
 * escapes).
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cpulist.h"
#include "evidence/record.h"
#include "report/internal.h"

struct html_packet {
	int64_t sent, back; /* back -1: never */
	int copies;
};

struct html_gap {
	int64_t from, to;
	int cpu, act; /* act 0: none */
};

/* Interrupts that were counted on a CPU between two readings. */
struct html_arrival {
	int64_t from, to;
	int cpu, act;
	long irq, count;
	const char *name;
};

struct html_log {
	int64_t t;
	int level; /* 0 emergency ... 7 debug */
	bool is_bad;
	char *text;
};

/* An act, what it cost, and the window of time that its picture shows. */
struct html_act {
	const struct record_act *rec;
	int64_t began, ended; /* of the write; ended: the last thing known when it never returned */
	int64_t from, to;
	size_t first_packet, n_packets;   /* sent in the window */
	int n_unmet;                      /* expectations, of any claim */
	int n_known;                      /* of them explained by a known defect */
	bool is_drawn;                    /* its large picture is on the page */
	const struct html_gap *worst_gap; /* NULL: none seen */
	int n_sent, n_lost, n_twice;      /* datagrams from the write to the end of the window */
	int64_t silence_ns; /* longest time without an answer from outside around the write */
	int64_t rtt_median, rtt_max; /* -1: no packet */
	int64_t witnesses_ns;        /* what the witnesses took before and after the write */
};

struct html_page {
	FILE *out;
	const struct record *rec;
	struct record expects,
		observes; /* views of rec that hold such lines only: a run has far more datagrams */
	const json_t *results;              /* the whole document */
	const struct latency_table *before; /* earlier runs of the box, or NULL */
	const json_t *list;                 /* its "results" */
	int64_t began, ended;               /* of the run */
	struct cpulist cpus, first_online;
	struct html_packet *packets; /* ordered by `sent` */
	size_t n_packets;
	struct html_gap *gaps;
	size_t n_gaps;
	struct html_arrival *arrivals;
	size_t n_arrivals;
	struct html_log *logs; /* ordered by time */
	size_t n_logs;
	int64_t log_ahead_ns,
		log_doubt_ns; /* by how much its clock was put back, and give or take */
	struct html_act *acts;
	size_t n_acts;
};

/* data.c, logs.c, cpus.c, acts_data.c */
_must_check_ int html_page_load(struct html_page *p);
_must_check_ int html_acts_load(struct html_page *p);
_must_check_ int html_logs_load(struct html_page *p);
void html_cpus_find(struct html_page *p);
void html_page_free(struct html_page *p);
/* Index of the first packet sent at or after t. */
size_t html_packet_at(const struct html_page *p, int64_t t);
struct html_act *html_act_find(struct html_page *p, int id);

enum html_cpu_state { HTML_ONLINE, HTML_GOING, HTML_OFFLINE, HTML_COMING };

/*
 * Walks the states of a CPU: *cursor starts as 0. Each call gives the next state and the time until
 * which it lasts (INT64_MAX: the last one). False: no more.
 */
struct html_span {
	enum html_cpu_state state;
	int64_t from, to;
};
bool html_cpu_next(const struct html_page *p, int cpu, size_t *cursor, struct html_span *span);

/* text.c: %s is escaped; also known: %d %ld %zu %c %.Nf %%. Markup itself goes out with fputs. */
void html_put(FILE *out, const char *fmt, ...) _printf_(2, 3);
void html_text(FILE *out, const char *s, size_t len);
/* An id or the name part of a link made of "a-b": prefix, then parts with what is unsafe replaced.
 */
void html_anchor(FILE *out, const char *prefix, const char *a, const char *b);
/* "83.2 ms" or "1.24 s"; the next 8 calls leave it alone. */
const char *html_ms(int64_t ns);
/* "s", unless n is 1. */
const char *html_s(int n);
/* markdown.c: paragraphs, fenced and inline code, lists, emphasis, links. */
void html_markdown(FILE *out, const char *text);

/* Verdicts as they are shown. `kind` may be "". */
struct html_mark {
	const char *css, *symbol, *word;
};
struct html_mark html_mark_of(const json_t *result);
/* How bad: 5 broken, 4 crashed or not judged, 3 known, 2 passed, 1 not tried. */
int html_rank(const json_t *result);
const json_t *html_result_find(const struct html_page *p, const char *scenario, const char *claim);
/* Of several results of one claim: is this the first? */
bool html_claim_is_first(const struct html_page *p, size_t at);
bool html_scenario_is_judged(const struct html_page *p, const char *scenario);
const char *html_claim_summary(const struct html_page *p, const char *claim);

/* style.c */
void html_begin(struct html_page *p);
void html_end(struct html_page *p);

/* The sections, each in the file of its name. */
void html_head(struct html_page *p);
void html_broken(struct html_page *p);
void html_strip(struct html_page *p);
void html_table(struct html_page *p);
void html_claims(struct html_page *p);
/* The known defect (an object, or null: nothing is put) that explains a failure. */
void html_known(FILE *out, const json_t *known);
void html_claim_explain(struct html_page *p, const char *claim);
void html_failures(struct html_page *p);
void html_aborted(struct html_page *p);
/* The command that repeats just this; claim NULL: all of the scenario. */
void html_repeat_command(struct html_page *p, const char *scenario, const char *claim);
void html_act_section(struct html_page *p);
void html_notes(struct html_page *p);
void html_untried(struct html_page *p);
void html_disruption(struct html_page *p);
void html_cost(struct html_page *p);
void html_repeat(struct html_page *p);

/* evidence.c */
void html_evidence(struct html_page *p, const json_t *result);
void html_log_lines(struct html_page *p, int64_t from, int64_t to, int64_t zero);

/* act.c: "cpu2 offline", and its large picture; once a page, a second call is a link. */
void html_act_name(FILE *out, const struct record_act *act);
void html_act_figure(struct html_page *p, struct html_act *act);

/* timeline.c, lanes.c, packets.c: parts of a picture */
struct html_chart {
	struct html_page *page;
	FILE *out;
	int64_t zero, from, to; /* ns */
	double left, right;     /* of the time axis, in units of the picture */
	int64_t known;          /* nothing is known of the box after this time; 0: all is */
};
double html_x(const struct html_chart *c, int64_t t);
#define HTML_LANE_HEIGHT 24
struct cpulist html_lanes_choose(const struct html_chart *c, const struct html_act *act);
/* All lanes from y on; returns the y below them. */
double html_lanes(const struct html_chart *c, const struct html_act *act, double y);
void html_lane_states(const struct html_chart *c, int cpu, double y, double height,
		      bool is_labelled);
void html_lane_gaps(const struct html_chart *c, int cpu, double y, double height, bool is_labelled);
void html_timeline(struct html_page *p, const struct html_act *act);
void html_timeline_mini(struct html_page *p, const struct html_act *act);
/* Round trips of the chart's window, between y and y + height. */
void html_packets(const struct html_chart *c, double y, double height);
/* Bars without a scale. */
void html_packets_mini(const struct html_chart *c, double y, double height);
