/* What the parts of the server are given of its settings. */
#pragma once

#include "main/server.h"

/* At the start, and again when settings were read anew. */
void configure_remotes(struct server *s);
void configure_core(struct server *s);
/* At the start alone. The engine versions that engine.versions names, at least one. */
int configure_engines(struct server *s, struct err *err) MUST_CHECK;
/* Isolation is decided afterwards. */
int configure_shim(struct server *s, struct err *err) MUST_CHECK;
void configure_free(struct server *s);
