/* Between the files of the object store. */
#pragma once

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
    struct leftovers *leftovers; /* NULL: removed */
};

struct objects *objects_ref(struct objects *o);
void objects_unref(struct objects *o);
/* Looks for files that no row names; in the background. */
void leftovers_start(struct objects *o);
