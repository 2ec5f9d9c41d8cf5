#include "main/settings/remote_settings.h"

void remote_settings_fill(const struct settings_remote *s, struct remote_config *ret)
{
    *ret = (struct remote_config){
        .name = s->name,
        .endpoint = s->endpoint,
        .region = s->region,
        .buckets = s->buckets,
        .path_style = s->path_style,
        .credentials = s->credentials,
        .profile = s->profile,
        .access_key_id = s->access_key_id,
        .secret = s->secret_access_key,
        .token = s->session_token,
        .ca_file = s->ca_file,
        .connect_ms = s->connect_timeout,
        .stall_ms = s->stall_timeout,
        .total_ms = s->total_timeout,
        .retries = (unsigned)s->retries,
        .connections = (size_t)s->connections,
        .part_bytes = s->part_size,
        .trailers = strcmp(s->trailers, "true") == 0,
    };
}
