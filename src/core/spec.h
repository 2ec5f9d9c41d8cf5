/* What a driver is started with: the session's own properties, taken from its stored detail. */
#pragma once

#include "core/internal.h"

enum { SPEC_ARENA_MAX = 8 * 1024 * 1024 };

/* Spark's properties of an EngineConfiguration in both of AWS's forms: SparkProperties, and Classifications
 * named "spark-defaults"; the latter win. Only names that start with "spark." count. */
int session_spec(const struct session *s, struct arena *a, struct runner_spec *ret,
                 struct err *err) MUST_CHECK;
