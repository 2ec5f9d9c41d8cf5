#include "base/random.h"

#include "base/mem.h"

#include <errno.h>
#include <sys/random.h>

enum { POOL_BYTES = 512 };

/* A system call for each request id would cost more than the rest of the id. Bytes handed out are wiped. */
static _Thread_local struct {
    unsigned char bytes[POOL_BYTES];
    size_t left; /* at the end of `bytes` */
} pool;

static void from_kernel(void *p, size_t n)
{
    unsigned char *at = p;
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        REQUIRE(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

void random_bytes(void *p, size_t n)
{
    if (n == 0)
        return;
    if (n > POOL_BYTES / 4) {
        from_kernel(p, n);
        return;
    }
    if (pool.left < n) {
        from_kernel(pool.bytes, POOL_BYTES);
        pool.left = POOL_BYTES;
    }
    unsigned char *from = pool.bytes + POOL_BYTES - pool.left;
    memcpy(p, from, n);
    explicit_bzero(from, n);
    pool.left -= n;
}

void random_uuid(char ret[UUID_TEXT_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char b[16];
    random_bytes(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof b; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *ret++ = '-';
        *ret++ = digits[b[i] >> 4];
        *ret++ = digits[b[i] & 15];
    }
    *ret = '\0';
}

void random_text(char *ret, size_t n, const char *alphabet)
{
    size_t letters = strlen(alphabet);
    size_t fair = 256 - 256 % letters; /* bytes above would favour the first letters */
    for (size_t i = 0; i < n;) {
        unsigned char b;
        random_bytes(&b, 1);
        if (b < fair)
            ret[i++] = alphabet[b % letters];
    }
    ret[n] = '\0';
}

bool uuid_valid(struct str s)
{
    if (s.n != UUID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f');
        if (dash ? s.p[i] != '-' : !hex)
            return false;
    }
    return true;
}
