#include "core/internal.h"

enum { SNAPSHOT_MAX = 4 * 1024 * 1024 };

static void copy(struct arena *a, struct str *s)
{
    *s = arena_str(a, *s);
}

struct session_snapshot *session_snapshot_new(const struct session_record *r)
{
    struct session_snapshot *s = mem_new(sizeof *s);
    s->arena = arena_new(SNAPSHOT_MAX);
    s->record = *r;
    struct str *const texts[] = {
        &s->record.id,        &s->record.workgroup, &s->record.description, &s->record.engine_version,
        &s->record.principal, &s->record.detail,    &s->record.state,       &s->record.reason,
        &s->record.end_kind};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        copy(s->arena, texts[i]);
    return s;
}

void session_snapshot_free(struct session_snapshot *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    free(s);
}

struct calculation_snapshot *calculation_snapshot_new(const struct calculation_record *r)
{
    struct calculation_snapshot *s = mem_new(sizeof *s);
    s->arena = arena_new(SNAPSHOT_MAX);
    s->record = *r;
    struct str *const texts[] = {
        &s->record.id,          &s->record.session_id,        &s->record.workgroup,
        &s->record.description, &s->record.working_directory, &s->record.state,
        &s->record.reason,      &s->record.progress,          &s->record.result_type};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        copy(s->arena, texts[i]);
    return s;
}

void calculation_snapshot_free(struct calculation_snapshot *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    free(s);
}

void text_set(char **to, const char *text)
{
    char *copied = mem_strdup(text);
    free(*to);
    *to = copied;
}

void text_set_str(char **to, struct str text)
{
    free(*to);
    *to = NULL;
    if (!text.p)
        return;
    *to = mem_new(text.n + 1);
    if (text.n)
        memcpy(*to, text.p, text.n);
}
