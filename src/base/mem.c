#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void *checked(void *p)
{
    if (!p) {
        static const char text[] = "glaux: out of memory\n";
        (void)!write(STDERR_FILENO, text, sizeof text - 1);
        abort();
    }
    return p;
}

void *mem_new(size_t size)
{
    return checked(calloc(1, size ? size : 1));
}

void *mem_new_array(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *mem_grow(void *p, size_t count, size_t size)
{
    return checked(reallocarray(p, count ? count : 1, size ? size : 1));
}

char *mem_strdup(const char *s)
{
    return s ? checked(strdup(s)) : NULL;
}

void require_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "glaux: broken promise: %s (%s:%d)\n", condition, file, line);
    abort();
}
