/* Reading the server's metrics (Prometheus' text form). */
#pragma once

#include "base/str.h"

/* The whole-numbered value of a series, written as the server writes it: name, or name{label="value"}. -1 if
 * there is none. */
int64_t metrics_text_value(struct str text, const char *series);
