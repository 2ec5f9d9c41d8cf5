/* Between the files of the object store. */
#pragma once

#include "base/map.h"
#include "objects/blob.h"

struct leftovers;

struct objects {
    struct loop *loop;
    struct store *store;
    struct blob_folder folder;
    size_t refs; /* the owner, file work under way, bodies */
    bool closed; /* the store may be gone */
    bool sweeping;
    bool sweep_again;
    struct map pinned;           /* blobs that a reader still has to open */
    bool sweep_passed_pins;      /* garbage was left because of them */
    struct leftovers *leftovers; /* NULL: removed */
};

struct objects *objects_ref(struct objects *o);
void objects_unref(struct objects *o);
/* The blob's file has to stay. */
bool objects_pinned(const struct objects *o, struct str blob_id);
/* Looks for files that no row names; in the background. */
void leftovers_start(struct objects *o);
