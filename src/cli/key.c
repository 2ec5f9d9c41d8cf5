/* glaux key: the access keys of a data folder. */
#include "aws/key_file.h"
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/timefmt.h"
#include "cli/commands.h"
#include "cli/table.h"

enum { KEY_OUTPUT_MAX = 4 * 1024 * 1024 };

/* The members have IAM's names. */
static void add_key(struct jsonw *w, const struct access_key *key, bool with_secret)
{
    char created[TIME_TEXT_MAX];
    time_format_iso(key->created_ms, created);
    jsonw_object(w);
    jsonw_member_str(w, "UserName", str_from(key->user));
    jsonw_member_str(w, "AccessKeyId", str_from(key->id));
    jsonw_member_str(w, "Status", str_from(key_status_name(key->status)));
    if (with_secret)
        jsonw_member_str(w, "SecretAccessKey", str_from(key->secret));
    jsonw_member_str(w, "CreateDate", str_from(created));
    jsonw_member_str(w, "Description", str_from(key->description));
    jsonw_end_object(w);
}

static int create(const struct invocation *v, struct err *err)
{
    struct access_key key;
    struct jsonw w;
    CLEANUP_BUF struct buf out;
    buf_init(&out, KEY_OUTPUT_MAX);
    jsonw_init(&w, &out);
    const char *user = v->args.user ? v->args.user : "admin";
    const char *description = v->args.description ? v->args.description : "";
    if (key_file_create(v->data, user, description, clock_wall_ms(&clock_system), &key, err) < 0)
        return EXIT_FAILED;
    if (v->args.json) {
        add_key(&w, &key, true);
        buf_add_char(&out, '\n');
    } else {
        buf_printf(&out, "Access key ID      %s\nSecret access key  %s\nUser               %s\n", key.id,
                   key.secret, key.user);
    }
    invocation_print(&out);
    return EXIT_OK;
}

static void print_json(const struct key_list *list)
{
    struct jsonw w;
    CLEANUP_BUF struct buf out;
    buf_init(&out, KEY_OUTPUT_MAX);
    jsonw_init(&w, &out);
    jsonw_array(&w);
    for (size_t i = 0; i < list->count; i++)
        add_key(&w, &list->items[i], false);
    jsonw_end_array(&w);
    buf_add_char(&out, '\n');
    invocation_print(&out);
}

static void print_table(const struct key_list *list)
{
    CLEANUP_TABLE struct table *t =
        table_new((const char *[]){"ACCESS KEY ID", "STATUS", "USER", "CREATED", "DESCRIPTION", NULL});
    for (size_t i = 0; i < list->count; i++) {
        const struct access_key *key = &list->items[i];
        char created[TIME_TEXT_MAX];
        time_format_iso(key->created_ms, created);
        table_add(
            t, (const char *[]){key->id, key_status_name(key->status), key->user, created, key->description});
    }
    table_print(t);
}

static int print_list(const struct invocation *v, struct err *err)
{
    CLEANUP_KEYS struct key_list list = {0};
    if (key_file_load(v->data, &list, err) < 0)
        return EXIT_FAILED;
    (v->args.json ? print_json : print_table)(&list);
    return EXIT_OK;
}

static void warn_if_none_is_active(const char *dir)
{
    CLEANUP_KEYS struct key_list list = {0};
    struct err ignored; /* the change itself was reported */
    if (key_file_load(dir, &list, &ignored) < 0)
        return;
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].status == KEY_ACTIVE)
            return;
    invocation_warn("no access key is active now, so no client can sign in (glaux key create makes one)");
}

static int disable(const struct invocation *v, struct err *err)
{
    if (key_file_set_status(v->data, v->args.operands[1], KEY_DISABLED, err) < 0)
        return EXIT_FAILED;
    warn_if_none_is_active(v->data);
    return EXIT_OK;
}

static int enable(const struct invocation *v, struct err *err)
{
    return key_file_set_status(v->data, v->args.operands[1], KEY_ACTIVE, err) < 0 ? EXIT_FAILED : EXIT_OK;
}

static int delete (const struct invocation *v, struct err *err)
{
    if (key_file_delete(v->data, v->args.operands[1], err) < 0)
        return EXIT_FAILED;
    warn_if_none_is_active(v->data);
    return EXIT_OK;
}

static const struct action {
    const char *name;
    size_t operands; /* with its name */
    int (*run)(const struct invocation *v, struct err *err);
} actions[] = {
    {"create", 1, create}, {"list", 1, print_list}, {"disable", 2, disable},
    {"enable", 2, enable}, {"delete", 2, delete},
};

int key_run(const struct invocation *v, struct err *err)
{
    const struct arguments *a = &v->args;
    if (a->count == 0)
        return invocation_misused(err, "create, list, disable, enable or delete? (glaux help key)");
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        if (strcmp(actions[i].name, a->operands[0]) != 0)
            continue;
        if (a->count != actions[i].operands)
            return invocation_misused(err,
                                      actions[i].operands == 2 ? "glaux key %s wants the ID of an access key"
                                                               : "glaux key %s takes no further argument",
                                      a->operands[0]);
        return actions[i].run(v, err);
    }
    return invocation_misused(err, "glaux key cannot '%s' (glaux help key)", a->operands[0]);
}
