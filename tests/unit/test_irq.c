// SPDX-License-Identifier: GPL-2.0-or-later
/* box/irq and the rules of witnesses/irq/judge: recorded files, garbage, made-up facts. The witness
 * as a whole is in test_irq_witness.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "box/irq.h"
#include "witnesses/irq/choose.h"
#include "witnesses/irq/judge.h"
#include "witnesses/irq/ping.h"
#include "witnesses/packet/drops.h"

/* CPU 1 is off. Three architectures' ways of laying out the right side. */
static const char table_text[] =
	"           CPU0       CPU2       CPU3       \n"
	"  0:         89          0          0   IO-APIC   2-edge      timer\n"
	"  9:          0          0          0   IO-APIC   9-fasteoi   acpi\n"
	" 27:          0          1          7   PCI-MSI 49153-edge      virtio0-input.0\n"
	" 28:          0          0          2  PCI-MSIX-0000:00:03.0   2-edge      virtio0-output.0, other one\n"
	" 13:       1021          3          0     GICv3  27 Level     arch_timer\n"
	"  5:         12          0          0  RISC-V INTC   5 Edge      riscv-timer\n"
	" 44:          0          0          0   dummy\n"
	"NMI:          0          0          0   Non-maskable interrupts\n"
	"LOC:        704        582        507   Local timer interrupts\n"
	"IPI0:      2904         12          1       Rescheduling interrupts\n"
	"ERR:          4\n";

static void table_is_read(void **state)
{
	_cleanup_(cleanup_irq_table) struct irq_table *t = NULL;
	const struct irq_row *row;
	struct error err = {};

	(void)state;
	assert_int_equal(irq_table_parse(table_text, &t, &err), 0);
	assert_string_equal(cpulist_str(&t->cpus), "0,2-3");
	assert_int_equal(t->n_rows, 11);
	row = irq_table_find(t, 27);
	assert_non_null(row);
	assert_string_equal(row->actions, "virtio0-input.0");
	assert_string_equal(row->chip, "PCI-MSI");
	assert_string_equal(row->hwirq, "49153-edge");
	assert_int_equal(irq_row_on(t, row, 3), 7);
	assert_int_equal(irq_row_on(t, row, 1), 0);
	assert_int_equal(irq_row_sum(t, row), 8);
	assert_string_equal(irq_table_find(t, 28)->actions, "virtio0-output.0, other one");
	assert_string_equal(irq_table_find(t, 13)->actions, "arch_timer");
	assert_string_equal(irq_table_find(t, 5)->chip, "RISC-V INTC");
	assert_string_equal(irq_table_find(t, 5)->actions, "riscv-timer");
	assert_string_equal(irq_table_find(t, 44)->actions, "");
	assert_null(irq_table_find(t, IRQ_ARCH));
	assert_int_equal(t->rows[8].irq, IRQ_ARCH);
	assert_string_equal(t->rows[8].label, "LOC");
	assert_string_equal(t->rows[8].chip, "Local timer interrupts");
	assert_int_equal(t->rows[8].counts[2], 507);
}

static void garbage_is_no_table(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"garbage\n",
		"  CPU0 CPUx\n",
		"  CPU1 CPU0\n",
		"  CPU0 CPU99999\n",
		"  CPU0 CPU1\n 27\n",
		"  CPU0 CPU1\n 27: 1\n",           /* torn: a CPU went meanwhile */
		"  CPU0 CPU1\n 27: 1 x PCI-MSI\n", /* no count */
		"  CPU0 CPU1\n : 1 2\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct irq_table *t = NULL;
		struct error err = {};

		assert_int_equal(irq_table_parse(bad[i], &t, &err), -EBADMSG);
		assert_null(t);
		assert_true(strlen(err.text) > 10);
	}
}

static void counts_of_all_cpus_are_read(void **state)
{
	struct cpulist possible;
	struct irq_counts c = {};

	(void)state;
	assert_int_equal(cpulist_parse("0-2,4", &possible), 0);
	assert_int_equal(irq_counts_parse("5,0,17,2\n", &possible, &c), 0);
	assert_int_equal(c.total, 24);
	assert_int_equal(irq_counts_on(&c, 2), 17);
	assert_int_equal(irq_counts_on(&c, 3), 0);
	assert_int_equal(irq_counts_on(&c, 4), 2);
	assert_int_equal(irq_counts_on(&c, 99), 0);
	irq_counts_done(&c);
	assert_int_equal(irq_counts_parse("5,0,17", &possible, &c), -EBADMSG);
	assert_int_equal(irq_counts_parse("5,0,17,2,1", &possible, &c), -EBADMSG);
	assert_int_equal(irq_counts_parse("5,0,x,2", &possible, &c), -EBADMSG);
	assert_int_equal(irq_counts_parse("", &possible, &c), -EBADMSG);
}

static struct cpulist list(const char *s)
{
	struct cpulist l;

	assert_int_equal(cpulist_parse(s, &l), 0);
	return l;
}

static void rerouted_is_judged(void **state)
{
	const struct judge_rerouted good = {
		.cpu = 2,
		.irq = 27,
		.name = "nic-rx",
		.online = list("0-1,3"),
		.affinity = { .mask = list("0-1,3"),
			      .effective = list("3"),
			      .has_effective = true },
		.arrivals = 4,
		.arrived_on = 3,
	};
	struct judge_rerouted f = good;
	struct judgement j;

	(void)state;
	judge_rerouted(&f, &j);
	assert_int_equal(j.result, JUDGE_MET);
	f.affinity.mask = list("2");
	judge_rerouted(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	f = good;
	f.affinity.effective = list("2");
	judge_rerouted(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	f.affinity.effective = list("");
	judge_rerouted(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	f = good;
	f.arrivals = 0;
	judge_rerouted(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	/* A driver may narrow the mask, or leave the dead CPU in it: both are legal. */
	f = good;
	f.affinity.mask = list("0-3");
	judge_rerouted(&f, &j);
	assert_int_equal(j.result, JUDGE_MET);
	f.affinity.has_effective = false;
	judge_rerouted(&f, &j);
	assert_int_equal(j.result, JUDGE_MET);
}

#define CPUS 4

struct made_up {
	struct scan scan;
	struct scan_irq irqs[3];
	uint64_t on[3][CPUS];
};

static void make_up(struct made_up *m, const char *online)
{
	static const char *const names[] = { "nic-rx", "disk-req.2", "acpi" };

	*m = (struct made_up){ .scan = { .online = list(online), .n_irqs = 3, .irqs = m->irqs } };
	for (int i = 0; i < 3; i++) {
		m->irqs[i] = (struct scan_irq){ .irq = 27 + i, .has_counts = true };
		m->irqs[i].counts = (struct irq_counts){ .on = m->on[i], .n_cpus = CPUS };
		m->irqs[i].affinity = (struct irq_affinity){ .mask = list("0-3"),
							     .effective = list("0"),
							     .has_effective = true };
		strcpy(m->irqs[i].name, names[i]);
	}
}

static void count(struct made_up *m, int i, int cpu, uint64_t n)
{
	m->on[i][cpu] += n;
	m->irqs[i].counts.total += n;
}

static void frozen_is_judged(void **state)
{
	struct cpulist dead = list("2");
	struct made_up a, b;
	struct judgement j;

	(void)state;
	make_up(&a, "0-1,3");
	make_up(&b, "0-1,3");
	judge_frozen(&a.scan, &b.scan, &dead, &j);
	assert_int_equal(j.result, JUDGE_UNEXERCISED);
	count(&a, 0, 2, 10);
	count(&b, 0, 2, 10);
	judge_frozen(&a.scan, &b.scan, &dead, &j);
	assert_int_equal(j.result, JUDGE_UNEXERCISED);
	count(&b, 0, 3, 5);
	judge_frozen(&a.scan, &b.scan, &dead, &j);
	assert_int_equal(j.result, JUDGE_MET);
	count(&b, 1, 2, 1);
	judge_frozen(&a.scan, &b.scan, &dead, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	assert_int_equal(j.irq, 28);
	/* The number went to somebody else meanwhile. */
	strcpy(b.irqs[1].name, "new");
	judge_frozen(&a.scan, &b.scan, &dead, &j);
	assert_int_equal(j.result, JUDGE_MET);
	for (int i = 0; i < 3; i++)
		a.irqs[i].has_counts = false;
	judge_frozen(&a.scan, &b.scan, &dead, &j);
	assert_int_equal(j.result, JUDGE_UNEXERCISED);
}

static void column_kept_is_judged(void **state)
{
	struct made_up a, b;
	struct judgement j;

	(void)state;
	make_up(&a, "0-3");
	make_up(&b, "0-3");
	judge_column_kept(&a.scan, &b.scan, 2, &j);
	assert_int_equal(j.result, JUDGE_UNEXERCISED);
	count(&a, 0, 2, 10);
	count(&a, 0, 1, 7);
	count(&b, 0, 2, 12);
	count(&b, 0, 1, 7);
	judge_column_kept(&a.scan, &b.scan, 2, &j);
	assert_int_equal(j.result, JUDGE_MET);
	b.on[0][2] = 1;
	judge_column_kept(&a.scan, &b.scan, 2, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	/* All columns began anew: freed and asked for again. */
	b.on[0][1] = 0;
	judge_column_kept(&a.scan, &b.scan, 2, &j);
	assert_int_not_equal(j.result, JUDGE_UNMET);
}

static bool only_28_is_managed(void *arg, int irq)
{
	(void)arg;
	return irq == 28;
}

static void none_on_dead_is_judged(void **state)
{
	struct made_up a, b;
	struct judgement j;

	(void)state;
	make_up(&a, "0-3");
	make_up(&b, "0-1,3");
	judge_none_on_dead(&a.scan, &b.scan, 2, only_28_is_managed, NULL, &j);
	assert_int_equal(j.result, JUDGE_UNEXERCISED);
	count(&a, 0, 2, 3);
	count(&b, 0, 2, 3);
	a.irqs[0].affinity.effective = list("2");
	judge_none_on_dead(&a.scan, &b.scan, 2, only_28_is_managed, NULL, &j);
	assert_int_equal(j.result, JUDGE_MET);
	/* Never came: whether it was ever started cannot be told. */
	b.irqs[2].affinity.effective = list("2");
	judge_none_on_dead(&a.scan, &b.scan, 2, only_28_is_managed, NULL, &j);
	assert_int_equal(j.result, JUDGE_MET);
	count(&b, 2, 0, 1);
	judge_none_on_dead(&a.scan, &b.scan, 2, only_28_is_managed, NULL, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	assert_int_equal(j.irq, 29);
	b.irqs[2].affinity.effective = list("0");
	/* Managed and shut down; architectures differ in what they show then. */
	count(&b, 1, 2, 5);
	b.irqs[1].affinity.mask = b.irqs[1].affinity.effective = list("2");
	judge_none_on_dead(&a.scan, &b.scan, 2, only_28_is_managed, NULL, &j);
	assert_int_equal(j.result, JUDGE_MET);
	b.irqs[0].affinity.mask = b.irqs[0].affinity.effective = list("2");
	judge_none_on_dead(&a.scan, &b.scan, 2, only_28_is_managed, NULL, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	assert_int_equal(j.irq, 27);
}

static void managed_is_judged(void **state)
{
	const struct judge_managed off = { .cpu = 2,
					   .irq = 28,
					   .name = "disk-req.2",
					   .mask = list("2"),
					   .effective =
						   list("0"), /* x86 shows the first online CPU */
					   .has_effective = true,
					   .reads = 3 };
	struct judge_managed f = off;
	struct judgement j;

	(void)state;
	judge_managed_off(&f, &j);
	assert_int_equal(j.result, JUDGE_MET);
	f.mask = list("0-1,3");
	judge_managed_off(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	f = off;
	f.arrivals = 1;
	judge_managed_off(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	f = off;
	f.reads = 0;
	judge_managed_off(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	f = off;
	f.read_error = EIO;
	judge_managed_off(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);

	f = off;
	f.effective = list("2");
	f.arrivals = 1;
	judge_managed_back(&f, &j);
	assert_int_equal(j.result, JUDGE_MET);
	f.arrivals = 0;
	judge_managed_back(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	f.arrivals = 1;
	f.effective = list("0");
	judge_managed_back(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
	f.effective = list("2");
	f.mask = list("0-3");
	judge_managed_back(&f, &j);
	assert_int_equal(j.result, JUDGE_UNMET);
}

static void gateway_is_found(void **state)
{
	static const char routes[] =
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
		"eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n"
		"eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\n";
	uint32_t address = 0;

	(void)state;
	assert_int_equal(ping_source_gateway(routes, &address), 1);
	assert_int_equal(address, 0x0202000A);
	assert_int_equal(ping_source_gateway("Iface\n", &address), 0);
	assert_int_equal(ping_source_gateway("", &address), 0);
	assert_true(choose_rank_name("virtio0-input.0") > choose_rank_name("virtio0-output.0"));
	assert_true(choose_rank_name("eth0-TxRx-1") > choose_rank_name("eth0"));
	assert_true(choose_rank_name("eth0") > choose_rank_name("eth0-tx-0"));
}

static void drops_are_counted(void **state)
{
	static const char udp[] =
		"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid timeout inode ref pointer drops\n"
		"  120: 00000000:0007 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 881 2 0000000000000000 5\n"
		"  121: 00000000:0008 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 882 2 0000000000000000 9\n";
	struct drops a = {}, b = {};
	json_t *o;

	(void)state;
	drops_parse_sockets(udp, 7, &b);
	assert_int_equal(b.socket, 5);
	drops_parse_snmp(
		"Ip: a\nIp: 1\nUdp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\nUdp: 10 1 2 3 4\n",
		&b);
	assert_int_equal(b.udp_no_ports, 1);
	assert_int_equal(b.udp_in_errors, 2);
	assert_int_equal(b.udp_rcvbuf, 4);
	drops_parse_softnet("0 2 0 0 0 0 0 0 0 0 0 0 00000000\n0 0a 0 0 0 0 0 0 0 0 0 0 00000002\n",
			    &a);
	drops_parse_softnet("0 3 0 0 0 0 0 0 0 0 0 0 00000000\n0 1 0 0 0 0 0 0 0 0 0 0 00000001\n",
			    &b);
	o = drops_between(&a, &b);
	assert_int_equal(json_integer_value(json_object_get(o, "softnet")), 1);
	assert_int_equal(json_integer_value(json_object_get(o, "socket")), 5);
	json_decref(o);
	/* Garbage counts nothing. */
	drops_parse_softnet("x\n\n1", &a);
	drops_parse_snmp("Udp:\nUdp:", &a);
	drops_parse_sockets("", 7, &a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_read),
		cmocka_unit_test(garbage_is_no_table),
		cmocka_unit_test(counts_of_all_cpus_are_read),
		cmocka_unit_test(rerouted_is_judged),
		cmocka_unit_test(frozen_is_judged),
		cmocka_unit_test(column_kept_is_judged),
		cmocka_unit_test(none_on_dead_is_judged),
		cmocka_unit_test(managed_is_judged),
		cmocka_unit_test(gateway_is_found),
		cmocka_unit_test(drops_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
