/* What the server keeps on the data folder's disk for others, as soon as there is room: server.json, written
 * once a start, and the reserve (base/reserve.h), made whole again after it was used. */
#pragma once

#include "main/server.h"

struct disk_keeper;

/* Writes server.json at once where there is room, also with the reserve's. A disk that has none is logged. */
struct disk_keeper *disk_keeper_start(struct server *s);
/* NULL is allowed. What is under way ends by itself. */
void disk_keeper_stop(struct disk_keeper *k);
