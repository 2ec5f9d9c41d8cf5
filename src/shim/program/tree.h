/* The processes below one: who they are, what memory they use, and their end. */
#pragma once

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TREE_MAX = 32768 };

struct tree {
    pid_t *pids;
    size_t count;
};

/* All descendants of `root`, without it, at most TREE_MAX. The processes may come and go meanwhile. */
void tree_read(struct tree *t, pid_t root);
void tree_done(struct tree *t);
#define CLEANUP_TREE CLEANUP(tree_done)

/* Resident memory, pages that are shared counted for each: quick, and never too low. */
int64_t tree_rss_bytes(const struct tree *t);
/* Proportional memory, shared pages counted once: exact, but walks page tables. */
int64_t tree_pss_bytes(const struct tree *t);
void tree_signal(const struct tree *t, int signal);

/* Children of a process from /proc/PID/task/.../children: the quick way, where the kernel has it. False if
 * not. */
bool tree_children(pid_t pid, struct tree *t);
/* The same by parents' ids of every process of the machine. */
void tree_children_by_scan(pid_t pid, struct tree *t);
