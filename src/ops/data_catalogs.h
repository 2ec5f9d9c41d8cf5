/* Data catalogs: AwsDataCatalog, which is always there, and rows that name others. */
#pragma once

#include "ops/op.h"

#define CATALOG_OWN "AwsDataCatalog"

/* Case does not count in this name, as dbt and others write it in lower case. */
static inline bool data_catalog_is_own(struct str name)
{
    return str_eq_nocase(name, STR(CATALOG_OWN));
}

/* arn:aws:athena:<region>:<account>:datacatalog/<name> */
struct str data_catalog_arn(struct op_call *call, struct str name);
