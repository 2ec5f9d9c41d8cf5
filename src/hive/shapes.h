/* Shapes of Hive's request and answer structs beside the catalog's records. Each request struct is a view of
 * struct hive_request with field ids of its own. */
#pragma once

#include "hive/call.h"

extern const struct shape environment_shape;
extern const struct shape table_request;
extern const struct shape tables_request;
extern const struct shape add_request;
extern const struct shape drop_request;
extern const struct shape set_statistics_request;
extern const struct shape table_statistics_request;
extern const struct shape partition_statistics_request;
extern const struct shape lock_request;
extern const struct shape id_request;
extern const struct shape heartbeat_request;
extern const struct shape statistics_shape;
extern const struct shape table_meta_shape;
extern const struct shape named_statistics_shape;
extern const struct shape lock_answer_shape;
extern const struct shape lock_row_shape;
