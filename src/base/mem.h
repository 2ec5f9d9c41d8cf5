/* Allocation and cleanup. Memory that runs out ends the program (the process is restarted and adopts its
 * sessions); therefore every size that comes from outside is bounded before it is allocated. */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
/* Hands a pointer out of a variable that has a cleanup attribute. */
#define TAKE(ptr)                                                                                            \
    ({                                                                                                       \
        __typeof__(ptr) taken_ = (ptr);                                                                      \
        (ptr) = NULL;                                                                                        \
        taken_;                                                                                              \
    })

/* Zeroed memory; never NULL. */
void *mem_new(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_new_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *mem_grow(void *p, size_t count, size_t size) __attribute__((returns_nonnull));
/* A terminated copy; NULL for NULL. */
char *mem_strdup(const char *s);

static inline void mem_free_p(void *pp)
{
    free(*(void **)pp);
}

static inline void fd_close_p(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define CLEANUP_FREE CLEANUP(mem_free_p)
#define CLEANUP_FD CLEANUP(fd_close_p)

/* Ends the program for a broken promise inside it; never for bytes from outside. */
#define REQUIRE(condition) ((condition) ? (void)0 : require_failed(#condition, __FILE__, __LINE__))
void require_failed(const char *condition, const char *file, int line) __attribute__((noreturn, cold));
