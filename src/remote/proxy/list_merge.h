/* A page of a list, of what lives elsewhere and of what waits here for it: both are in the order of their
 * names, and so is the page. */
#pragma once

#include "objects/s3/list.h"
#include "objects/s3/xml_read.h"

/* A line of a page: an object, or a common prefix. */
struct listed {
    struct str name; /* the key, or the prefix with its delimiter */
    bool is_prefix;
    const struct object_record *here; /* an object that waits here */
    const struct xml_node *there;     /* an object elsewhere, as its store tells of it */
};

/* The keys as the list shows them: those that share a prefix up to the delimiter as one line. At most `max`
 * lines, in the arena with all that they point to. `keys` are in order and behind q->from. */
size_t list_roll_up(struct arena *a, const struct s3_list *q, const struct object_record *keys, size_t n,
                    size_t max, struct listed **ret);

struct list_side {
    const struct listed *items;
    size_t count;
    bool truncated; /* there is more behind the last item; not with no item at all */
};

struct merged_list {
    struct listed *items;
    size_t count; /* at most q->max_keys */
    bool truncated;
    struct str next; /* where the page ends, as s3_list's `from`; absent: it is the last one */
};

/* What has the same name is one line: what waits here is the newer one. In the arena. */
void list_merge(struct arena *a, const struct s3_list *q, const struct list_side *here,
                const struct list_side *there, struct merged_list *ret);
