// SPDX-License-Identifier: GPL-2.0-or-later
/* outside/: the judgement of packet windows, which must never call something lost that was not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "outside/packets.h"

#define OFFSET (5 * NS_PER_S) /* the box's clock is behind the prober's by this */
#define TRIP (2 * NS_PER_MS)
#define STEP (3 * NS_PER_MS)
#define N 1000
#define START (100 * NS_PER_S) /* prober's clock */

static struct packets_datagram datagrams[N];
static struct packets_drops drops[8];
static struct packets packets;

static int64_t box(int64_t prober_ns)
{
	return prober_ns - OFFSET;
}

/* All answered, one every 3 ms. */
static int fill(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++) {
		int64_t sent = START + i * STEP;

		datagrams[i] = (struct packets_datagram){
			.sent_ns = sent,
			.box_ns = box(sent + TRIP / 2),
			.back_ns = sent + TRIP,
			.copies = 1,
		};
	}
	for (size_t i = 0; i < ARRAY_SIZE(drops); i++)
		drops[i] = (struct packets_drops){ .at_ns = START + (int64_t)i * NS_PER_S / 2 };
	packets = (struct packets){ datagrams, N, drops, ARRAY_SIZE(drops) };
	return 0;
}

static void lose(int i)
{
	datagrams[i].back_ns = datagrams[i].box_ns = 0;
	datagrams[i].copies = 0;
}

static json_t *window(int from, int to, bool is_exercised, long dropped)
{
	return json_pack("{s:s, s:i, s:s, s:{s:I, s:I, s:b, s:s, s:{s:I, s:I, s:I, s:I}}}",
			 "scenario", "cpu.cycle", "act", 7, "what", "packet.window", "data", "from",
			 (json_int_t)box(START + from * STEP), "to",
			 (json_int_t)box(START + to * STEP), "exercised", is_exercised, "why",
			 "no interrupt came", "drops", "rx_dropped", (json_int_t)dropped, "softnet",
			 (json_int_t)dropped, "udp_in_errors", (json_int_t)0, "other",
			 (json_int_t)9);
}

/* Judges and checks the two results; returns all lines. */
static json_t *judge(json_t *w, const char *lost, const char *duplicated)
{
	_cleanup_(cleanup_packets_clock) struct packets_clock *clock = NULL;
	int r = packets_clock_new(&packets, &clock);
	json_t *lines = packets_judge(&packets, r == 0 ? clock : NULL, w), *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		const char *claim = json_string_value(json_object_get(line, "claim"));
		const char *result = json_string_value(json_object_get(line, "result"));

		assert_string_equal(json_string_value(json_object_get(line, "scenario")),
				    "cpu.cycle");
		assert_int_equal(json_integer_value(json_object_get(line, "act")), 7);
		if (claim)
			assert_string_equal(
				result, strcmp(claim, "packet.none-lost") == 0 ? lost : duplicated);
	}
	assert_int_equal(json_array_size(lines), 3);
	json_decref(w);
	return lines;
}

static void check(json_t *w, const char *lost, const char *duplicated)
{
	json_decref(judge(w, lost, duplicated));
}

static void clocks_are_matched(void **state)
{
	_cleanup_(cleanup_packets_clock) struct packets_clock *clock = NULL;

	(void)state;
	/* The box's clock runs 100 ppm faster, and one second of trips is bad and lopsided. */
	for (int i = 0; i < N; i++) {
		int64_t at = datagrams[i].sent_ns + TRIP / 2;

		datagrams[i].box_ns = box(at) + (at - START) / 10000;
		if (i >= 300 && i < 700) {
			datagrams[i].back_ns += 200 * NS_PER_MS;
		}
	}
	assert_int_equal(packets_clock_new(&packets, &clock), 0);
	for (int i = 0; i < N; i += 50) {
		int64_t at = datagrams[i].sent_ns + TRIP / 2;
		int64_t error = packets_clock_to_box(clock, at) - datagrams[i].box_ns;

		assert_true(llabs(error) < 200 * NS_PER_US);
	}
	assert_int_equal(packets_clock_error(clock), TRIP / 2);
}

static void healthy_is_met(void **state)
{
	json_t *lines, *data;

	(void)state;
	lines = judge(window(200, 400, true, 0), "met", "met");
	data = json_object_get(json_array_get(lines, 0), "data");
	assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 0), "what")),
			    "packet.seen");
	assert_true(json_integer_value(json_object_get(data, "back")) >= 200);
	assert_int_equal(json_integer_value(json_object_get(data, "lost")), 0);
	assert_int_equal(json_integer_value(json_object_get(data, "round_trip_median_ns")), TRIP);
	assert_true(json_integer_value(json_object_get(data, "gap_ns")) <= 2 * STEP);
	json_decref(lines);
}

static void lost_is_unmet(void **state)
{
	json_t *lines, *data;

	(void)state;
	lose(300);
	lose(301);
	lines = judge(window(200, 400, true, 0), "unmet", "met");
	data = json_object_get(json_array_get(lines, 0), "data");
	assert_int_equal(json_integer_value(json_object_get(data, "lost")), 2);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(data, "lost_n"), 0)),
			 301);
	json_decref(lines);
	/* Waiting for the CPU when the window began. */
	check(window(310, 400, true, 0), "unmet", "met");
	/* Long before the window, and after it. */
	check(window(400, 500, true, 0), "met", "met");
	check(window(100, 290, true, 0), "met", "met");
}

static void nothing_after_it_is_unmet(void **state)
{
	(void)state;
	/* The NIC never came back; the window stayed open for more than a second. */
	for (int i = 300; i < N; i++)
		lose(i);
	check(window(200, 700, true, 0), "unmet", "met");
	/* The echo ended with the window: what was just on its way is no loss. */
	check(window(200, 305, true, 0), "met", "met");
}

static void drops_are_a_limit(void **state)
{
	(void)state;
	lose(300);
	lose(301);
	check(window(200, 400, true, 2), "limit", "met");
	check(window(200, 400, true, 1), "unmet", "met");
	/* Counted by this host's own socket, in this window ... */
	for (size_t i = 2; i < ARRAY_SIZE(drops); i++)
		drops[i].forwarder = 2;
	check(window(200, 400, true, 0), "limit", "met");
	/* ... or long before. */
	for (size_t i = 0; i < ARRAY_SIZE(drops); i++)
		drops[i].forwarder = 2;
	check(window(200, 400, true, 0), "unmet", "met");
}

static void duplicated_is_unmet(void **state)
{
	(void)state;
	datagrams[250].copies = 2;
	check(window(200, 400, true, 0), "met", "unmet");
	check(window(300, 400, true, 0), "met", "met");
}

static void late_is_not_lost(void **state)
{
	json_t *lines;

	(void)state;
	for (int i = 300; i < 350; i++) {
		datagrams[i].back_ns = datagrams[350].back_ns;
		datagrams[i].box_ns = datagrams[350].box_ns;
	}
	lines = judge(window(200, 400, true, 0), "met", "met");
	assert_true(json_integer_value(json_object_get(
			    json_object_get(json_array_get(lines, 0), "data"), "gap_ns")) >=
		    50 * STEP);
	json_decref(lines);
}

/* Late is not lost, as long as the flow goes on; a flow that stops until the CPU is back is broken.
 */
static void stopped_flow_is_unmet(void **state)
{
	json_t *w = window(100, 700, true, 0);

	(void)state;
	for (int i = 200; i < 700; i++) {
		datagrams[i].back_ns = START + 800 * STEP;
		datagrams[i].box_ns = box(datagrams[i].back_ns);
	}
	check(json_deep_copy(w), "met", "met");
	json_object_set_new(json_object_get(w, "data"), "resumed", json_true());
	check(json_deep_copy(w), "met", "met");
	json_object_set_new(json_object_get(w, "data"), "resumed", json_false());
	check(w, "unmet", "met");
}

/* What was sent when the echo of this scenario did not listen yet cannot be lost. */
static void nobody_listened_before(void **state)
{
	json_t *w = window(100, 400, true, 0);

	(void)state;
	for (int i = 80; i < 90; i++)
		lose(i);
	check(json_deep_copy(w), "unmet", "met");
	json_object_set_new(json_object_get(w, "data"), "since",
			    json_integer((json_int_t)box(START + 92 * STEP)));
	check(w, "met", "met");
}

static void unexercised_is_said(void **state)
{
	json_t *lines;

	(void)state;
	lose(300);
	lines = judge(window(200, 400, false, 0), "unexercised", "unexercised");
	assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 1), "text")),
			    "no interrupt came");
	json_decref(lines);
}

static void starved_prober_is_said(void **state)
{
	(void)state;
	/* It slept through the window. */
	for (int i = 200; i < N; i++) {
		datagrams[i].sent_ns += NS_PER_S;
		datagrams[i].back_ns += NS_PER_S;
		datagrams[i].box_ns += NS_PER_S;
	}
	datagrams[200].late_ns = NS_PER_S;
	check(window(201, 300, true, 0), "unexercised", "unexercised");
}

static void no_answer_at_all_is_said(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++)
		lose(i);
	check(window(200, 400, true, 0), "unexercised", "unexercised");
	packets.n_datagrams = 0;
	check(window(200, 400, true, 0), "unexercised", "unexercised");
}

static void window_without_fields_is_survived(void **state)
{
	json_t *lines = packets_judge(&packets, NULL, NULL);

	(void)state;
	assert_int_equal(json_array_size(lines), 3);
	json_decref(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(clocks_are_matched, fill),
		cmocka_unit_test_setup(healthy_is_met, fill),
		cmocka_unit_test_setup(lost_is_unmet, fill),
		cmocka_unit_test_setup(nothing_after_it_is_unmet, fill),
		cmocka_unit_test_setup(drops_are_a_limit, fill),
		cmocka_unit_test_setup(duplicated_is_unmet, fill),
		cmocka_unit_test_setup(late_is_not_lost, fill),
		cmocka_unit_test_setup(stopped_flow_is_unmet, fill),
		cmocka_unit_test_setup(nobody_listened_before, fill),
		cmocka_unit_test_setup(unexercised_is_said, fill),
		cmocka_unit_test_setup(starved_prober_is_said, fill),
		cmocka_unit_test_setup(no_answer_at_all_is_said, fill),
		cmocka_unit_test_setup(window_without_fields_is_survived, fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
