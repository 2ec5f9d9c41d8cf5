#include "remote/proxy/answer.h"

#include "remote/refusal.h"

static const char *wrong_status = "its status is none that S3 gives to such a request";

static const char *wrong_success(const struct answer_to *to, const struct http_headers *headers)
{
    return to->stores && !http_header(headers, "etag").n ? "it has no ETag" : NULL;
}

static const char *wrong_part(const struct answer_to *to, const struct http_headers *headers)
{
    if (!to->reads || !to->ranged)
        return wrong_status;
    return http_header(headers, "content-range").n ? NULL
                                                   : "it is a part of something, and does not say which";
}

const char *answer_wrong(const struct answer_to *to, int status, const struct http_headers *headers)
{
    switch (status) {
    case 200: return wrong_success(to, headers);
    case 202: return to->restores ? NULL : wrong_status;
    case 204: return to->reads || to->stores ? wrong_status : NULL;
    case 206: return wrong_part(to, headers);
    case 304: return to->reads && to->conditional ? NULL : wrong_status;
    default: return status >= 400 && status <= 599 ? NULL : wrong_status;
    }
}

const char *answer_lacks(const char *operation, struct str body)
{
    static const struct {
        const char *operation;
        const char *element;
        const char *why;
    } wanted[] = {
        {"CreateMultipartUpload", "UploadId", "it names no upload"},
        {"CompleteMultipartUpload", "ETag", "it has no ETag"},
        {"CopyObject", "ETag", "it has no ETag"},
        {"UploadPartCopy", "ETag", "it has no ETag"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        if (strcmp(operation, wanted[i].operation) == 0 && !refusal_element(body, wanted[i].element).n)
            return wanted[i].why;
    return NULL;
}
