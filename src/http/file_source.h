/* A file on its way into a connection: one piece is read on a pool thread while the one before it is written.
 */
#pragma once

#include "http/request.h"

struct file_source;

/* Owns `fd`. Reading starts at once; `length` is above 0. */
struct file_source *file_source_new(struct request *r, int fd, uint64_t offset, uint64_t length);
/* The first piece is there: the head can leave together with it. */
bool file_source_ready(const struct file_source *f);
/* Moves a piece into the output if there is one and nothing is being written, and has the next one read. True
 * when the last byte is in the output. A file that ends too early closes the connection, and `f` with it. */
bool file_source_step(struct file_source *f, struct http_conn *c);
/* Frees it, now or when the read under way has ended. */
void file_source_abandon(struct file_source *f);
