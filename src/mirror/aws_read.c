/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../record.h"
#include "aws_state.h"

enum { PATH_SIZE = 160, READ_STEP = 1 << 16 };

/* Where in which document the reader is: what an error says. */
struct reader {
    struct aws_documents *documents;
    const char *file;
    char path[PATH_SIZE];
    size_t length;
    struct err *err;
};

static bool no_memory(struct err *err)
{
    return err_set(err, EXIT_RUNTIME, "no memory for the documents of --aws-json");
}

void *aws_list_add(struct aws_list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        void *items = realloc(list->items, capacity * list->item_size);

        if (!items)
            return NULL;
        list->items = items;
        list->capacity = capacity;
    }
    return memset((char *)list->items + list->count++ * list->item_size, 0, list->item_size);
}

/* A copy that lives as long as the documents. */
static const char *keep_text(struct aws_documents *documents, const char *text)
{
    size_t size = strlen(text) + 1;
    struct aws_chunk *chunk = documents->chunks;

    if (size == 1)
        return "";
    if (!chunk || sizeof(chunk->bytes) - chunk->used < size) {
        chunk = malloc(sizeof(*chunk));
        if (!chunk)
            return NULL;
        chunk->next = documents->chunks;
        chunk->used = 0;
        documents->chunks = chunk;
    }
    chunk->used += size;
    return memcpy(chunk->bytes + chunk->used - size, text, size);
}

/* ---- members, and where they stand ----------------------------------------------------------- */

static size_t enter(struct reader *reader, const char *member)
{
    size_t before = reader->length;
    int added =
        snprintf(reader->path + before, PATH_SIZE - before, "%s%s", before ? "." : "", member);

    reader->length += (size_t)added; /* the names are ours: they fit */
    return before;
}

static size_t enter_item(struct reader *reader, size_t index)
{
    size_t before = reader->length;
    int added = snprintf(reader->path + before, PATH_SIZE - before, "[%zu]", index);

    reader->length += (size_t)added;
    return before;
}

static void leave(struct reader *reader, size_t before)
{
    reader->length = before;
    reader->path[before] = '\0';
}

static bool refuse(const struct reader *reader, const char *expected)
{
    return err_set(reader->err, EXIT_INPUT, "%.200s: %s: expected %s", reader->file, reader->path,
                   expected);
}

/* NULL when it is missing: AWS leaves out what is not set. */
static const json_t *member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_null(value) ? NULL : value;
}

enum need { OPTIONAL, REQUIRED };

static bool read_text(struct reader *reader, const json_t *object, const char *name, enum need need,
                      const char **text)
{
    const json_t *value = member(object, name);
    size_t before = enter(reader, name);
    bool fits = json_is_string(value) && json_string_length(value) < AWS_TEXT &&
                (need == OPTIONAL || json_string_length(value) > 0);

    *text = "";
    if (value || need == REQUIRED) {
        if (!fits)
            return refuse(reader, need == REQUIRED ? "a text of 1 to 1023 bytes"
                                                   : "a text of at most 1023 bytes");
        *text = keep_text(reader->documents, json_string_value(value));
        if (!*text)
            return no_memory(reader->err);
    }
    leave(reader, before);
    return true;
}

/* A whole number from 0 to `most`; VALUE_UNKNOWN when it is missing. */
static bool read_number(struct reader *reader, const json_t *object, const char *name,
                        enum need need, uint32_t most, uint64_t *number)
{
    const json_t *value = member(object, name);
    size_t before = enter(reader, name);

    *number = VALUE_UNKNOWN;
    if (value || need == REQUIRED) {
        char expected[48];

        snprintf(expected, sizeof(expected), "a whole number from 0 to %u", most);
        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
            json_integer_value(value) > most)
            return refuse(reader, expected);
        *number = (uint64_t)json_integer_value(value);
    }
    leave(reader, before);
    return true;
}

static bool read_addr(struct reader *reader, const json_t *object, const char *name, int family,
                      struct ip_addr *addr)
{
    const json_t *value = member(object, name);
    size_t before = enter(reader, name);

    *addr = (struct ip_addr){ .family = 0 };
    if (value) {
        if (!json_is_string(value) || inet_pton(family, json_string_value(value), addr->bytes) != 1)
            return refuse(reader, family == AF_INET ? "an IPv4 address" : "an IPv6 address");
        addr->family = family == AF_INET ? 4 : 6;
    }
    leave(reader, before);
    return true;
}

/* One object of a list; `into` is the caller's. */
typedef bool (*item_reader)(struct reader *reader, const json_t *item, void *into);

/* The list called `name`, which may be missing. */
static bool read_list(struct reader *reader, const json_t *object, const char *name,
                      item_reader read_item, void *into)
{
    const json_t *list = member(object, name);
    size_t before = enter(reader, name);

    if (list && !json_is_array(list))
        return refuse(reader, "a list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        size_t at = enter_item(reader, i);

        if (!json_is_object(item))
            return refuse(reader, "an object");
        if (!read_item(reader, item, into))
            return false;
        leave(reader, at);
    }
    leave(reader, before);
    return true;
}

/* ---- what the lists hold --------------------------------------------------------------------- */

static bool read_tag(struct reader *reader, const json_t *item, void *into)
{
    const char **name = into;
    const json_t *key = member(item, "Key");

    if (!json_is_string(key) || strcmp(json_string_value(key), "Name") != 0)
        return true;
    return read_text(reader, item, "Value", OPTIONAL, name);
}

/* A new entry, counted. */
static void *add_entry(struct reader *reader, struct aws_list *list)
{
    struct aws_entry *entry;

    if (list->count == AWS_ENTRIES) {
        err_set(reader->err, EXIT_INPUT, "%.200s: %s: more than %d entries of this kind",
                reader->file, reader->path, AWS_ENTRIES);
        return NULL;
    }
    entry = aws_list_add(list);
    if (entry)
        entry->order = list->count;
    else
        no_memory(reader->err);
    return entry;
}

static bool read_session(struct reader *reader, const json_t *item, void *into)
{
    struct aws_session *session = add_entry(reader, &reader->documents->sessions);

    (void)into;
    if (!session)
        return false;
    session->name = "";
    return read_text(reader, item, "TrafficMirrorSessionId", REQUIRED, &session->id) &&
           read_text(reader, item, "NetworkInterfaceId", REQUIRED, &session->eni) &&
           read_text(reader, item, "TrafficMirrorFilterId", OPTIONAL, &session->filter) &&
           read_number(reader, item, "VirtualNetworkId", REQUIRED, 0xffffff, &session->vni) &&
           read_number(reader, item, "SessionNumber", OPTIONAL, 32766, &session->number) &&
           read_number(reader, item, "PacketLength", OPTIONAL, UINT16_MAX,
                       &session->packet_length) &&
           read_list(reader, item, "Tags", read_tag, &session->name);
}

static bool read_filter(struct reader *reader, const json_t *item, void *into)
{
    struct aws_filter *filter = add_entry(reader, &reader->documents->filters);

    (void)into;
    if (!filter)
        return false;
    filter->name = "";
    return read_text(reader, item, "TrafficMirrorFilterId", REQUIRED, &filter->id) &&
           read_list(reader, item, "Tags", read_tag, &filter->name);
}

static bool add_addr(struct reader *reader, const struct aws_interface *interface,
                     const struct ip_addr *addr)
{
    struct aws_list *addrs = &reader->documents->addrs;
    struct aws_addr *entry;

    if (addrs->count == 4 * AWS_ENTRIES)
        return err_set(reader->err, EXIT_INPUT, "%.200s: %s: more than %d addresses", reader->file,
                       reader->path, 4 * AWS_ENTRIES);
    entry = aws_list_add(addrs);
    if (!entry)
        return no_memory(reader->err);
    *entry = (struct aws_addr){ .addr = *addr, .eni = interface->id, .order = interface->order };
    return true;
}

static bool read_private(struct reader *reader, const json_t *item, void *into)
{
    struct aws_interface *interface = into;
    struct ip_addr addr;

    if (!read_addr(reader, item, "PrivateIpAddress", AF_INET, &addr))
        return false;
    if (json_is_true(member(item, "Primary")) && addr.family)
        interface->primary = addr;
    return true;
}

static bool read_ipv6(struct reader *reader, const json_t *item, void *into)
{
    struct aws_interface *interface = into;
    struct ip_addr addr;

    if (!read_addr(reader, item, "Ipv6Address", AF_INET6, &addr))
        return false;
    if (interface->primary.family == 0)
        interface->primary = addr;
    return addr.family == 0 || add_addr(reader, interface, &addr);
}

static bool read_interface(struct reader *reader, const json_t *item, void *into)
{
    struct aws_interface *interface = add_entry(reader, &reader->documents->interfaces);

    (void)into;
    if (!interface)
        return false;
    interface->name = "";
    if (!read_text(reader, item, "NetworkInterfaceId", REQUIRED, &interface->id) ||
        !read_list(reader, item, "TagSet", read_tag, &interface->name) ||
        !read_addr(reader, item, "PrivateIpAddress", AF_INET, &interface->primary) ||
        !read_list(reader, item, "PrivateIpAddresses", read_private, interface))
        return false;
    if (interface->primary.family && !add_addr(reader, interface, &interface->primary))
        return false;
    return read_list(reader, item, "Ipv6Addresses", read_ipv6, interface);
}

/* ---- documents ------------------------------------------------------------------------------- */

static const struct document_list {
    const char *name;
    item_reader read_item; /* NULL: nothing of it is shown */
} lists[] = {
    { "TrafficMirrorSessions", read_session },
    { "TrafficMirrorFilters", read_filter },
    { "TrafficMirrorTargets", NULL },
    { "NetworkInterfaces", read_interface },
};

static bool add_warning(struct reader *reader, const char *text)
{
    const char **warning = aws_list_add(&reader->documents->warnings);
    char line[AWS_TEXT];

    if (!warning)
        return no_memory(reader->err);
    snprintf(line, sizeof(line), "%.200s: %s", reader->file, text);
    *warning = keep_text(reader->documents, line);
    return *warning ? true : no_memory(reader->err);
}

static bool read_document(struct reader *reader, const json_t *root)
{
    bool any = false;

    if (!json_is_object(root))
        return err_set(reader->err, EXIT_INPUT,
                       "%.200s: expected an object, as the aws program prints it", reader->file);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        any = any || member(root, lists[i].name);
        if (lists[i].read_item && !read_list(reader, root, lists[i].name, lists[i].read_item, NULL))
            return false;
    }
    if (!any)
        return err_set(reader->err, EXIT_INPUT,
                       "%.200s: expected TrafficMirrorSessions, TrafficMirrorFilters, "
                       "TrafficMirrorTargets or NetworkInterfaces in it",
                       reader->file);
    if (member(root, "TrafficMirrorSessions"))
        reader->documents->has_sessions = true;
    if (member(root, "NextToken"))
        return add_warning(reader, "the list is not complete (it has a NextToken): make it anew "
                                   "without --max-items and --no-paginate");
    return true;
}

/* The reason without the bytes that it may quote; the position says where they are. */
static bool refuse_json(struct reader *reader, json_error_t *error)
{
    char *quote = strstr(error->text, " near ");

    if (quote)
        *quote = '\0';
    for (char *at = error->text; *at; at++) {
        if (*at < ' ' || *at > '~')
            *at = '?';
    }
    return err_set(reader->err, EXIT_INPUT, "%.200s:%d:%d: %s", reader->file,
                   error->line > 0 ? error->line : 1, error->column > 0 ? error->column : 1,
                   error->text);
}

bool aws_documents_parse(struct aws_documents *documents, const char *text, size_t size,
                         const char *name, struct err *err)
{
    struct reader reader = { .documents = documents, .file = name, .err = err };
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    bool good = root ? read_document(&reader, root) : refuse_json(&reader, &error);

    json_decref(root);
    return good;
}

/* The whole file, which may be a pipe; *text is the caller's. */
static bool read_file(FILE *file, const char *path, char **text, size_t *size, struct err *err)
{
    size_t capacity = 0;

    *text = NULL;
    *size = 0;
    while (!feof(file)) {
        if (*size == capacity) {
            char *larger = realloc(*text, capacity ? 2 * capacity : READ_STEP);

            if (!larger)
                return no_memory(err);
            *text = larger;
            capacity = capacity ? 2 * capacity : READ_STEP;
        }
        *size += fread(*text + *size, 1, capacity - *size, file);
        if (ferror(file))
            return err_set(err, EXIT_INPUT, "%.200s: %s", path, strerror(errno));
        if (*size > AWS_FILE_BYTES)
            return err_set(err, EXIT_INPUT, "%.200s: more than %d MiB", path, AWS_FILE_BYTES >> 20);
    }
    return true;
}

bool aws_documents_read(struct aws_documents *documents, const char *path, struct err *err)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size;
    bool good;

    if (!file)
        return err_set(err, EXIT_INPUT, "%.200s: %s", path, strerror(errno));
    good = read_file(file, path, &text, &size, err) &&
           aws_documents_parse(documents, text, size, path, err);
    fclose(file);
    free(text);
    return good;
}

struct aws_documents *aws_documents_new(void)
{
    struct aws_documents *documents = calloc(1, sizeof(*documents));

    if (!documents)
        return NULL;
    documents->sessions.item_size = sizeof(struct aws_session);
    documents->interfaces.item_size = sizeof(struct aws_interface);
    documents->filters.item_size = sizeof(struct aws_filter);
    documents->addrs.item_size = sizeof(struct aws_addr);
    documents->ways.item_size = sizeof(struct aws_way);
    documents->warnings.item_size = sizeof(const char *);
    return documents;
}

void aws_documents_free(struct aws_documents *documents)
{
    if (!documents)
        return;
    while (documents->chunks) {
        struct aws_chunk *next = documents->chunks->next;

        free(documents->chunks);
        documents->chunks = next;
    }
    free(documents->sessions.items);
    free(documents->interfaces.items);
    free(documents->filters.items);
    free(documents->addrs.items);
    free(documents->ways.items);
    free(documents->warnings.items);
    free(documents);
}
