#include "cli/http_get.h"

#include <curl/curl.h>

enum { CONNECT_TIMEOUT_MS = 3000, WHOLE_TIMEOUT_MS = 10000 };

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct buf *body = ctx;
    buf_add(body, bytes, size * count);
    return body->overflow ? 0 : size * count;
}

static void free_easy(CURL **c)
{
    curl_easy_cleanup(*c);
}

int http_get(const char *url, long *ret_status, struct buf *ret_body, struct err *err)
{
    CLEANUP(free_easy) CURL *c = curl_easy_init();
    REQUIRE(c);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)WHOLE_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, ret_body);
    CURLcode code = curl_easy_perform(c);
    if (code != CURLE_OK)
        return err_set(err, ERR_UNAVAILABLE, "%s: %s", url, curl_easy_strerror(code));
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_status);
    return 0;
}
