/* A body of files on its way into a connection. A large one on a plain connection is sent by another thread
 * (transfer.h); of others, some is read on a pool thread while what was read before is written. */
#pragma once

#include "http/request.h"

struct file_source;

/* Copies `pieces`. Reading starts at once; `length` is above 0. */
struct file_source *file_source_new(struct request *r, uint64_t length, const struct http_pieces *pieces);
/* The first bytes are there: the head can leave together with them. */
bool file_source_ready(const struct file_source *f);
/* It waits for the output to be empty: file_source_step will then have the file sent. */
bool file_source_due(const struct file_source *f);
/* Moves what was read into the output if nothing is being written, and has more read. True when the last byte
 * is in the output. A file that ends too early closes the connection, and `f` with it. */
bool file_source_step(struct file_source *f, struct http_conn *c);
/* Frees it, now or when the read under way has ended. */
void file_source_abandon(struct file_source *f);
