/* Tokens of list operations: opaque to clients, and right even when records were added meanwhile. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* A token for the page that starts after `position` of the list `kind` (one word) within `scope`. */
struct str page_token(struct arena *a, const char *kind, struct str scope, struct str position);
/* The position of a token of that list; an absent token gives an absent position. ERR_INVALID_REQUEST for a
 * token that is not of this list. */
int page_position(struct arena *a, struct str token, const char *kind, struct str scope, struct str *ret,
                  struct err *err) MUST_CHECK;
/* The same for lists in order of a sequence number; 0: from the start. */
int page_seq(struct arena *a, struct str token, const char *kind, struct str scope, int64_t *ret,
             struct err *err) MUST_CHECK;
