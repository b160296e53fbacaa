// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chooses the interrupt to be led: one that comes, as seen in two readings of /proc/interrupts.
 * Changes nothing.
 */
#include "witnesses/irq/choose.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"

int choose_rank_name(const char *name)
{
	if (strcasestr(name, "input") || strcasestr(name, "rx"))
		return 2;
	return strcasestr(name, "output") || strcasestr(name, "tx") ? 0 : 1;
}

static bool is_of_network(struct box *box, int irq, const char *name)
{
	_cleanup_names_ char **interfaces = NULL;
	int virtio;

	if (sscanf(name, "virtio%d", &virtio) == 1 &&
	    box_has(box, "sys/bus/virtio/devices/virtio%d/net", virtio))
		return true;
	if (box_list(box, "sys/class/net", &interfaces) < 0)
		return false;
	for (char **i = interfaces; *i; i++) {
		_cleanup_free_ char *device = text_printf("sys/class/net/%s/device", *i);

		if (strcmp(*i, "lo") == 0 || !device)
			continue;
		if (strstr(name, *i) || irq_is_of_device(box, irq, device))
			return true;
	}
	return false;
}

struct choice {
	struct box *box;
	struct irq_table *first;
	int irq, rank, error;
	bool is_net;
	char name[128];
};

/* Network first, receiving first; then whatever comes. Written to only when it comes, since asking
 * is a write. */
static void consider(struct choice *c, const struct irq_table *now, const struct irq_row *row)
{
	const struct irq_row *was = irq_table_find(c->first, row->irq);
	bool is_net;
	int rank;

	if (!was || !row->actions[0] ||
	    irq_row_sum(now, row) < irq_row_sum(c->first, was) + CHOOSE_COUNT)
		return;
	is_net = is_of_network(c->box, row->irq, row->actions);
	rank = is_net ? 1 + choose_rank_name(row->actions) : 0;
	if (rank <= c->rank || irq_can_steer(c->box, row->irq) != 1)
		return;
	c->rank = rank;
	c->irq = row->irq;
	c->is_net = is_net;
	snprintf(c->name, sizeof(c->name), "%s", row->actions);
}

static bool has_good_choice(void *arg)
{
	_cleanup_(cleanup_irq_table) struct irq_table *now = NULL;
	struct choice *c = arg;

	c->error = irq_table_read(c->box, &now);
	if (c->error < 0)
		return true;
	for (size_t i = 0; i < now->n_rows; i++)
		if (now->rows[i].irq != IRQ_ARCH)
			consider(c, now, &now->rows[i]);
	return c->rank == 3;
}

int choose_irq(struct box *box, int64_t patience_ns, struct steer_target *target)
{
	struct choice c = { .box = box, .irq = -1, .rank = -1 };
	int r = irq_table_read(box, &c.first);

	if (r == 0)
		r = wait_until(has_good_choice, &c, wait_now_ns() + patience_ns);
	irq_table_free(c.first);
	if (r >= 0 && c.error < 0)
		r = c.error;
	if (r < 0 || c.irq < 0)
		return r < 0 ? r : 0;
	target->irq = c.irq;
	target->is_net = c.is_net;
	snprintf(target->name, sizeof(target->name), "%s", c.name);
	return 1;
}
