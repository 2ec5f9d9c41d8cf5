/* Reading JSON: any bytes are refused or understood; what is understood is written and read again. */
#include "fuzz.h"

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    json_auto_t *value = json_parse(str_of((const char *)data, size), &err);
    if (!value) {
        REQUIRE(err.text[0]);
        return 0;
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_auto_t *again = text ? json_parse(str_from(text), &err) : NULL;
    if (text && !strstr(text, "\\u0000"))
        REQUIRE(again && json_equal(value, again));
    free(text);
    return 0;
}
