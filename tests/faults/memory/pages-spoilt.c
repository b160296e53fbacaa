// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates free lists of a dead CPU that are handed over with a page which is in use: one byte in
 * the first pages of a private mapping of programs called `comm` is another one when the CPU is
 * dead.
 */
#include <linux/fs.h>
#include <linux/mm.h>

#include "fault_tasks.h"

#define PAGES 16

static void spoil_pages(struct task_struct *task, unsigned long start)
{
	for (int i = 0; i < PAGES; i++) {
		unsigned long at = start + i * PAGE_SIZE + 40;
		u8 byte;

		if (access_process_vm(task, at, &byte, 1, 0) != 1)
			continue;
		byte ^= 0x40;
		access_process_vm(task, at, &byte, 1, FOLL_WRITE | FOLL_FORCE);
	}
}

static unsigned long find_mapping(struct mm_struct *mm)
{
	unsigned long start = 0;
	struct vm_area_struct *vma;
	VMA_ITERATOR(walk, mm, 0);

	mmap_read_lock(mm);
	for_each_vma(walk, vma) if (vma->vm_file && vma->anon_vma && !(vma->vm_flags & VM_SHARED) &&
				    strstr(vma->vm_file->f_path.dentry->d_iname, fault_comm))
		start = vma->vm_start;
	mmap_read_unlock(mm);
	return start;
}

static void dead(unsigned int cpu)
{
	struct task_struct *p, *t, *found = NULL;
	unsigned long start;

	rcu_read_lock();
	for_each_process_thread(p, t) if (!found && fault_is_user(t)) found = get_task_struct(t);
	rcu_read_unlock();
	if (!found)
		return;
	start = find_mapping(found->mm);
	if (start)
		spoil_pages(found, start);
	put_task_struct(found);
}

static const struct fault fault = { .dead = dead };

FAULT_MODULE(fault, NULL);
