#include "base/map.h"

#include "base/random.h"

enum { FIRST_CAPACITY = 16 };

void map_init(struct map *m)
{
    *m = (struct map){0};
    random_bytes(&m->seed, sizeof m->seed);
}

void map_done(struct map *m)
{
    free(m->slots);
    m->slots = NULL;
    m->capacity = m->count = 0;
}

/* FNV-1a over a random start, finished with a multiply and shift so that the low bits mix. */
static uint64_t hash_of(const struct map *m, struct str key)
{
    uint64_t h = m->seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

static size_t find(const struct map *m, struct str key, uint64_t hash)
{
    size_t i = hash & (m->capacity - 1);
    while (m->slots[i].value && !(m->slots[i].hash == hash && str_eq(m->slots[i].key, key)))
        i = (i + 1) & (m->capacity - 1);
    return i;
}

static void grow(struct map *m)
{
    struct map_slot *old = m->slots;
    size_t old_capacity = m->capacity;
    m->capacity = old_capacity ? old_capacity * 2 : FIRST_CAPACITY;
    m->slots = mem_new_array(m->capacity, sizeof *m->slots);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].value)
            m->slots[find(m, old[i].key, old[i].hash)] = old[i];
    free(old);
}

void *map_get(const struct map *m, struct str key)
{
    return m->count ? m->slots[find(m, key, hash_of(m, key))].value : NULL;
}

void *map_put(struct map *m, struct str key, void *value)
{
    REQUIRE(value);
    if ((m->count + 1) * 4 > m->capacity * 3)
        grow(m);
    uint64_t hash = hash_of(m, key);
    struct map_slot *slot = &m->slots[find(m, key, hash)];
    void *before = slot->value;
    *slot = (struct map_slot){key, value, hash};
    m->count += !before;
    return before;
}

/* Closes the gap that a removal leaves, so that probing needs no tombstones. */
static void close_gap(struct map *m, size_t gap)
{
    size_t mask = m->capacity - 1;
    for (size_t i = (gap + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        size_t home = m->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            m->slots[gap] = m->slots[i];
            gap = i;
        }
    }
    m->slots[gap] = (struct map_slot){0};
}

void *map_remove(struct map *m, struct str key)
{
    if (!m->count)
        return NULL;
    size_t i = find(m, key, hash_of(m, key));
    void *value = m->slots[i].value;
    if (value) {
        m->count--;
        close_gap(m, i);
    }
    return value;
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->capacity) {
        void *value = m->slots[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}
