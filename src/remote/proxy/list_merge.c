#include "remote/proxy/list_merge.h"

/* --- What waits here, as lines --- */

/* The common prefix of the key, or absent: it is shown itself. */
static struct str prefix_of(const struct s3_list *q, struct str key)
{
    struct str rest = str_sub(key, q->prefix.n, key.n);
    const char *hit =
        q->delimiter.n && rest.n ? memmem(rest.p, rest.n, q->delimiter.p, q->delimiter.n) : NULL;
    return hit ? str_sub(key, 0, q->prefix.n + (size_t)(hit - rest.p) + q->delimiter.n) : STR_NULL;
}

static struct object_record *copy(struct arena *a, const struct object_record *r)
{
    struct object_record *c = arena_alloc(a, sizeof *c);
    *c = *r;
    c->key = arena_str(a, r->key);
    c->etag = arena_str(a, r->etag);
    return c;
}

size_t list_roll_up(struct arena *a, const struct s3_list *q, const struct object_record *keys, size_t n,
                    size_t max, struct listed **ret)
{
    struct listed *items = arena_array(a, n < max ? n : max, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < n && count < max; i++) {
        struct str prefix = prefix_of(q, keys[i].key);
        struct listed *last = count ? &items[count - 1] : NULL;
        if (!prefix.p)
            items[count] = (struct listed){.here = copy(a, &keys[i])};
        else if (last && last->is_prefix && str_eq(last->name, prefix))
            continue;
        items[count].is_prefix = prefix.p != NULL;
        items[count].name = prefix.p ? arena_str(a, prefix) : items[count].here->key;
        count++;
    }
    *ret = items;
    return count;
}

/* --- Both sides --- */

struct cursor {
    const struct list_side *side;
    size_t at;
};

static const struct listed *next_of(const struct cursor *c)
{
    return c->at < c->side->count ? &c->side->items[c->at] : NULL;
}

/* Nobody knows yet what the side has behind its last line. */
static bool is_beyond(const struct list_side *side, struct str name)
{
    const struct listed *last = side->items && side->count ? &side->items[side->count - 1] : NULL;
    return side->truncated && last && str_cmp(name, last->name) > 0;
}

/* The next line of both, or NULL. */
static const struct listed *take(struct cursor *here, struct cursor *there)
{
    const struct listed *h = next_of(here), *t = next_of(there);
    int order = !h ? 1 : !t ? -1 : str_cmp(h->name, t->name);
    const struct listed *first = order <= 0 ? h : t;
    if (!first || is_beyond(here->side, first->name) || is_beyond(there->side, first->name))
        return NULL;
    here->at += order <= 0;
    there->at += order >= 0;
    return first;
}

void list_merge(struct arena *a, const struct s3_list *q, const struct list_side *here,
                const struct list_side *there, struct merged_list *ret)
{
    struct cursor h = {here, 0}, t = {there, 0};
    const struct listed *one;
    *ret = (struct merged_list){.items = arena_array(a, (size_t)q->max_keys, sizeof *ret->items)};
    while (ret->count < (size_t)q->max_keys && (one = take(&h, &t)))
        ret->items[ret->count++] = *one;
    ret->truncated = next_of(&h) || next_of(&t) || here->truncated || there->truncated;
    if (!ret->truncated || !ret->count)
        return;
    const struct listed *last = &ret->items[ret->count - 1];
    ret->next = last->is_prefix ? s3_list_behind_prefix(a, last->name) : last->name;
}
