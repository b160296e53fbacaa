// SPDX-License-Identifier: GPL-2.0-or-later
/* Drop counters of interfaces, per-CPU backlogs, UDP and the socket. Judges nothing. */
#include "witnesses/packet/drops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SOFTNET_CPU 12 /* the column with the CPU's number, since 5.10 */

void drops_parse_softnet(const char *text, struct drops *d)
{
	_cleanup_free_ char *copy = strdup(text);
	char *cursor = copy, *line;

	while (copy && (line = text_next_line(&cursor))) {
		unsigned long dropped = 0, cpu = DROPS_CPUS;
		char *word;

		for (int i = 0; (word = text_next_word(&line)); i++) {
			if (i == 1)
				dropped = strtoul(word, NULL, 16);
			if (i == SOFTNET_CPU)
				cpu = strtoul(word, NULL, 16);
		}
		if (cpu >= DROPS_CPUS)
			continue;
		d->softnet[cpu] = dropped;
		d->softnet_seen[cpu / 64] |= (uint64_t)1 << (cpu % 64);
	}
}

/* Two lines that begin with "Udp:": names, then numbers. */
void drops_parse_snmp(const char *text, struct drops *d)
{
	_cleanup_free_ char *copy = strdup(text);
	char *cursor = copy, *line, *names = NULL;

	while (copy && (line = text_next_line(&cursor))) {
		char *name, *value;

		if (!text_starts(line, "Udp:"))
			continue;
		if (!names) {
			names = line;
			continue;
		}
		while ((name = text_next_word(&names)) && (value = text_next_word(&line))) {
			uint64_t n = strtoull(value, NULL, 10);

			if (strcmp(name, "NoPorts") == 0)
				d->udp_no_ports = n;
			else if (strcmp(name, "InErrors") == 0)
				d->udp_in_errors = n;
			else if (strcmp(name, "RcvbufErrors") == 0)
				d->udp_rcvbuf = n;
		}
		return;
	}
}

/* "  123: 00000000:0007 00000000:0000 07 ... inode ref pointer drops" */
void drops_parse_sockets(const char *text, int port, struct drops *d)
{
	_cleanup_free_ char *copy = strdup(text);
	char *cursor = copy, *line;

	d->socket = 0;
	while (copy && (line = text_next_line(&cursor))) {
		char *word, *last = NULL;
		bool is_ours = false;

		for (int i = 0; (word = text_next_word(&line)); i++) {
			const char *colon = strchr(word, ':');

			if (i == 1)
				is_ours = colon && strtol(colon + 1, NULL, 16) == port;
			last = word;
		}
		if (is_ours && last)
			d->socket += strtoull(last, NULL, 10);
	}
}

static uint64_t interface_counter(struct box *box, const char *interface, const char *name)
{
	_cleanup_free_ char *text = NULL;

	if (box_readf(box, &text, "sys/class/net/%s/statistics/%s", interface, name) < 0)
		return 0;
	return strtoull(text, NULL, 10);
}

void drops_read(struct box *box, int port, struct drops *ret)
{
	_cleanup_free_ char *softnet = NULL, *snmp = NULL, *sockets = NULL;
	_cleanup_names_ char **interfaces = NULL;

	*ret = (struct drops){};
	if (box_list(box, "sys/class/net", &interfaces) == 0) {
		for (char **i = interfaces; *i; i++) {
			if (strcmp(*i, "lo") == 0)
				continue;
			ret->rx_dropped += interface_counter(box, *i, "rx_dropped");
			ret->rx_missed += interface_counter(box, *i, "rx_missed_errors");
		}
	}
	if (box_read(box, "proc/net/softnet_stat", &softnet) == 0)
		drops_parse_softnet(softnet, ret);
	if (box_read(box, "proc/net/snmp", &snmp) == 0)
		drops_parse_snmp(snmp, ret);
	if (box_read(box, "proc/net/udp", &sockets) == 0)
		drops_parse_sockets(sockets, port, ret);
}

static json_int_t grown(uint64_t from, uint64_t to)
{
	return to > from ? (json_int_t)(to - from) : 0;
}

json_t *drops_between(const struct drops *from, const struct drops *to)
{
	json_int_t softnet = 0;

	for (size_t cpu = 0; cpu < DROPS_CPUS; cpu++)
		if ((from->softnet_seen[cpu / 64] & to->softnet_seen[cpu / 64]) >> (cpu % 64) & 1)
			softnet += grown(from->softnet[cpu], to->softnet[cpu]);
	return json_pack("{s:I, s:I, s:I, s:I}", "rx_dropped",
			 grown(from->rx_dropped, to->rx_dropped), "rx_missed",
			 grown(from->rx_missed, to->rx_missed), "softnet", softnet, "socket",
			 grown(from->socket, to->socket));
}

json_t *drops_udp_between(const struct drops *from, const struct drops *to)
{
	return json_pack("{s:I, s:I, s:I}", "in_errors",
			 grown(from->udp_in_errors, to->udp_in_errors), "rcvbuf_errors",
			 grown(from->udp_rcvbuf, to->udp_rcvbuf), "no_ports",
			 grown(from->udp_no_ports, to->udp_no_ports));
}
