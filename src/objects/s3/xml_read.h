/* Reads the small XML documents that clients send: a tree of elements. Attributes are skipped, name-space
 * prefixes cut off; document types and entities of one's own are refused. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { XML_READ_ARENA_BYTES = 16 * 1024 * 1024, XML_READ_NODES_MAX = 60000, XML_READ_DEPTH_MAX = 16 };

struct xml_node {
    struct str name;
    struct str text; /* of an element without children, entities resolved; empty otherwise */
    struct xml_node *first;
    struct xml_node *next;
};

/* The root, in the arena, or NULL with ERR_SERIALIZATION. The arena takes a document of up to 4 MiB if it has
 * XML_READ_ARENA_BYTES. */
const struct xml_node *xml_read(struct arena *arena, struct str text, struct err *err) MUST_CHECK;
/* -1 with the error of a document that xml_read took and that is not what it should be. */
int xml_malformed(struct err *err);
/* The first child of that name, or NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
/* The element as text again, with all below it. */
void xml_write(struct buf *out, const struct xml_node *node);
