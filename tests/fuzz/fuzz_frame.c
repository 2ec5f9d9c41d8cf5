/* Frames of the links between server, shim and driver: any bytes are parts, frames or the end of the link. */
#include "fuzz.h"

#include "shim/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of((const char *)data, size);
    struct str body;
    while (frame_first(rest, &body) == FRAME_WHOLE) {
        struct err err = {0};
        json_auto_t *frame = frame_parse(body, &err);
        REQUIRE(frame ? frame_kind(frame).p != NULL : err.text[0] != '\0');
        rest = str_of(body.p + body.n, rest.n - FRAME_HEADER_BYTES - body.n);
    }
    return 0;
}
