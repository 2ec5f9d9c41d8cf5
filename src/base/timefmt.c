#include "base/timefmt.h"

#include "base/mem.h"

#include <stdio.h>
#include <time.h>

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void split(int64_t ms, struct tm *ret)
{
    time_t seconds = (time_t)((ms - ((ms % 1000) + 1000) % 1000) / 1000);
    gmtime_r(&seconds, ret);
}

static bool digits(struct str s, size_t from, size_t n, int *ret)
{
    uint64_t v;
    if (!str_to_u64(str_sub(s, from, from + n), &v))
        return false;
    *ret = (int)v;
    return true;
}

/* Refuses dates that timegm would carry over, such as 31 February. */
static bool join(struct tm t, int64_t *ret_ms)
{
    struct tm check = t;
    time_t seconds = timegm(&check);
    if (check.tm_mday != t.tm_mday || check.tm_mon != t.tm_mon || check.tm_hour != t.tm_hour ||
        check.tm_min != t.tm_min || check.tm_sec != t.tm_sec)
        return false;
    *ret_ms = (int64_t)seconds * 1000;
    return true;
}

bool time_parse_amz(struct str s, int64_t *ret_ms)
{
    struct tm t = {0};
    if (s.n != 16 || s.p[8] != 'T' || s.p[15] != 'Z')
        return false;
    if (!digits(s, 0, 4, &t.tm_year) || !digits(s, 4, 2, &t.tm_mon) || !digits(s, 6, 2, &t.tm_mday) ||
        !digits(s, 9, 2, &t.tm_hour) || !digits(s, 11, 2, &t.tm_min) || !digits(s, 13, 2, &t.tm_sec))
        return false;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return join(t, ret_ms);
}

bool time_parse_iso(struct str s, int64_t *ret_ms)
{
    static const char form[] = "####-##-##T##:##:##";
    struct tm t = {0};
    struct str rest = str_sub(s, sizeof form - 1, s.n);
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (i >= s.n || (form[i] != '#' && form[i] != s.p[i]))
            return false;
    if (!rest.n || rest.p[rest.n - 1] != 'Z' || (rest.n > 1 && rest.p[0] != '.'))
        return false;
    if (!digits(s, 0, 4, &t.tm_year) || !digits(s, 5, 2, &t.tm_mon) || !digits(s, 8, 2, &t.tm_mday) ||
        !digits(s, 11, 2, &t.tm_hour) || !digits(s, 14, 2, &t.tm_min) || !digits(s, 17, 2, &t.tm_sec))
        return false;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return join(t, ret_ms);
}

bool time_parse_http(struct str s, int64_t *ret_ms)
{
    struct tm t = {.tm_mon = -1};
    static const char form[] = "###, ## ### #### ##:##:## GMT";
    if (s.n != sizeof form - 1)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (form[i] != '#' && form[i] != s.p[i])
            return false;
    for (int i = 0; i < 12; i++)
        if (str_eq(str_sub(s, 8, 11), str_from(months[i])))
            t.tm_mon = i;
    if (t.tm_mon < 0 || !digits(s, 5, 2, &t.tm_mday) || !digits(s, 12, 4, &t.tm_year) ||
        !digits(s, 17, 2, &t.tm_hour) || !digits(s, 20, 2, &t.tm_min) || !digits(s, 23, 2, &t.tm_sec))
        return false;
    t.tm_year -= 1900;
    return join(t, ret_ms);
}

void time_format_amz(int64_t ms, char ret[TIME_TEXT_MAX])
{
    struct tm t;
    split(ms, &t);
    strftime(ret, TIME_TEXT_MAX, "%Y%m%dT%H%M%SZ", &t);
}

void time_format_http(int64_t ms, char ret[TIME_TEXT_MAX])
{
    struct tm t;
    split(ms, &t);
    snprintf(ret, TIME_TEXT_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday], t.tm_mday,
             months[t.tm_mon], (t.tm_year + 1900) % 10000, t.tm_hour, t.tm_min, t.tm_sec);
}

void time_format_iso(int64_t ms, char ret[TIME_TEXT_MAX])
{
    struct tm t;
    split(ms, &t);
    char seconds[24];
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(ret, TIME_TEXT_MAX, "%s.%03dZ", seconds, (int)(((ms % 1000) + 1000) % 1000));
}
