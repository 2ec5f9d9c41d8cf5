#include "store/missing.h"

int no_such_bucket(struct err *err)
{
    return err_set(err, ERR_NO_SUCH_BUCKET, "The specified bucket does not exist");
}

int no_such_key(struct err *err)
{
    return err_set(err, ERR_NO_SUCH_KEY, "The specified key does not exist.");
}
