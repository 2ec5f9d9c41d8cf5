/* Lines that a POSIX shell reads. */
#pragma once

#include "base/buf.h"

/* The text as one word, quoted where the shell would see more in it. */
void shell_quote(struct buf *out, struct str text);
