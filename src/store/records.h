/* What the store keeps, as plain data. Strings are views; times are milliseconds since the epoch, 0 where
 * there is none. `seq` orders records of a kind by creation and is given by the store at the first put. */
#pragma once

#include "base/str.h"

struct session_record {
    struct str id;
    int64_t seq;
    struct str workgroup;
    struct str description;
    struct str engine_version;
    struct str principal; /* access key id that started it */
    struct str detail;    /* JSON: the unchanging members of GetSession's answer */
    struct str state;     /* name of the Athena state */
    struct str reason;    /* StateChangeReason */
    struct str end_kind;  /* why it ended, one word; absent while it lives */
    int64_t idle_timeout_ms;
    int64_t created_ms;
    int64_t ready_ms; /* first IDLE */
    int64_t modified_ms;
    int64_t idle_since_ms;
    int64_t ended_ms;
    int64_t dpu_ms;       /* final value; while it lives core reckons it */
    int64_t memory_bytes; /* reserved on this machine */
    int64_t max_dpus;
};

struct calculation_record {
    struct str id;
    int64_t seq;
    struct str session_id;
    struct str workgroup;
    struct str description;
    struct str working_directory; /* s3://... folder of its objects */
    struct str state;
    struct str reason;
    struct str progress;
    struct str result_type; /* absent: no result objects */
    int64_t submitted_ms;
    int64_t started_ms;
    int64_t completed_ms;
    int64_t dpu_ms;
};

/* A SQL statement of StartQueryExecution. */
struct query_record {
    struct str id;
    int64_t seq;
    struct str workgroup;
    struct str detail; /* JSON: the unchanging members of GetQueryExecution's answer */
    struct str state;
    struct str reason;
    struct str calculation_id; /* that runs it, in the server's own session */
    int64_t submitted_ms;
    int64_t started_ms;
    int64_t completed_ms;
};

/* What a statement that succeeded has answered; or, under the id of a calculation of the server's own
 * session, its result document as it came from the driver, until the statement has taken it over. */
struct query_result_record {
    struct str query_id;
    struct str columns; /* JSON: list of names */
    struct str text;    /* a line a row, columns apart by tabs */
};

/* A catalog beside the one that is always there. */
struct data_catalog_record {
    struct str name;
    struct str detail; /* JSON: DataCatalog */
    int64_t created_ms;
};

struct workgroup_record {
    struct str name;
    struct str state;
    struct str description;
    struct str detail; /* JSON: WorkGroupConfiguration */
    int64_t created_ms;
};

struct tag_record {
    struct str key;
    struct str value;
};

/* A client's token (or invocation id) and what it stands for. */
struct token_record {
    struct str scope; /* operation and caller */
    struct str token;
    struct str digest;      /* of the parameters */
    struct str resource_id; /* what the first call made */
    int64_t created_ms;
};

struct bucket_record {
    struct str name;
    int64_t created_ms;
};

/* An object of a bucket that lives elsewhere: it waits here, under the same bucket and key, to be delivered.
 */
struct delivery_record {
    struct str bucket;
    struct str key;
    struct str owner_id; /* the calculation or statement whose output it is */
    struct str etag;     /* without quotes */
    int64_t size;
    int64_t created_ms;
    int64_t attempts;
    int64_t next_ms;  /* when it is tried again */
    struct str error; /* of the last attempt */
};

/* An upload in parts that this server has begun at another S3. */
struct remote_upload_record {
    struct str bucket;
    struct str key;
    struct str upload_id;
    int64_t begun_ms;
};

struct object_record {
    struct str bucket;
    struct str key;
    int64_t size;
    struct str etag; /* without quotes */
    struct str content_type;
    struct str meta;   /* JSON object: user metadata, content headers, checksums */
    struct str tags;   /* as a query: "key=value&..."; absent: none */
    struct str parts;  /* of a multipart upload, a line each (objects/s3/parts.h); absent: none */
    struct str pieces; /* its content in blobs (store/pieces.h), or absent: `body` holds the bytes */
    struct str body;
    int64_t modified_ms;
};

/* A multipart upload. Of one that is complete, what it became is kept for a while: who asks again for lack of
 * an answer gets the same one. */
struct upload_record {
    struct str id; /* ids of one key sort by time */
    struct str bucket;
    struct str key;
    struct str content_type;
    struct str meta; /* of the object that it will be, without a checksum */
    struct str tags;
    struct str checksum;      /* algorithm that the client chose ("CRC32"), or absent */
    struct str checksum_type; /* "COMPOSITE" or "FULL_OBJECT", beside an algorithm */
    struct str done_etag;     /* of the object that it became; absent: it is open */
    struct str done_checksum;
    int64_t initiated_ms;
};

struct part_record {
    struct str upload_id;
    int64_t number; /* 1 to 10000 */
    int64_t size;
    struct str etag;
    struct str
        checksum; /* base64, of the upload's algorithm, CRC64NVME where it has none; absent: not known */
    struct str pieces;
    int64_t modified_ms;
};
