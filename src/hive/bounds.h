/* What one call may ask of the catalog's thread, which serves all: each name and each partition is a
 * query of its own or several, and a pattern is tried on every name. */
#pragma once

#include "hive/call.h"

enum { HIVE_NAMES_MAX = 100000, HIVE_PATTERN_MAX = 4096 };

int hive_check_bounds(const struct hive_args *a, struct err *err) MUST_CHECK;
