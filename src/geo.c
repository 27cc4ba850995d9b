/* SPDX-License-Identifier: MIT */
#include "geo.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "utf8.h"

/* Where the values stand in a record. */
struct layout {
    const char *const value[3];    /* path of the country code, or of the AS number */
    const char *const fallback[3]; /* path of what may stand for it */
    const char *const name[2];     /* path of the AS's name */
};

struct geo {
    enum geo_kind kind;
    const struct layout *layout;
    MMDB_s file;
};

enum { LAYOUTS = 2 };

/* MaxMind's own (also DB-IP's), and the flat one of others. */
static const struct layout layouts[][LAYOUTS] = {
    [GEO_COUNTRY] = {
        { .value = { "country", "iso_code" }, .fallback = { "registered_country", "iso_code" } },
        { .value = { "country_code" } },
    },
    [GEO_ASN] = {
        { .value = { "autonomous_system_number" }, .name = { "autonomous_system_organization" } },
        { .value = { "asn" }, .name = { "as_name" } },
    },
};

static const char *const directories[] = {
    "/usr/share/GeoIP",
    "/var/lib/GeoIP",
    "/usr/local/share/GeoIP",
};

enum { USUAL_FILES = 3 };

static const char *const usual_files[][USUAL_FILES] = {
    [GEO_COUNTRY] = { "GeoLite2-Country.mmdb", "GeoLite2-City.mmdb", "dbip-country-lite.mmdb" },
    [GEO_ASN] = { "GeoLite2-ASN.mmdb", "dbip-asn-lite.mmdb" },
};

/* What the errors call the kinds, and what they miss in a file. */
static const struct {
    const char *option, *missing;
} words[] = {
    [GEO_COUNTRY] = {
        .option = "--geoip",
        .missing = "it holds no countries (neither country.iso_code nor country_code)",
    },
    [GEO_ASN] = {
        .option = "--asn",
        .missing = "it holds no AS numbers (neither autonomous_system_number nor asn)",
    },
};

static const char no_mmdb[] = "it is not a MaxMind DB file (.mmdb), or a damaged one";

static bool get_value(MMDB_entry_s *entry, const char *const *path, MMDB_entry_data_s *data)
{
    return path[0] && MMDB_aget_value(entry, data, path) == MMDB_SUCCESS && data->has_data;
}

/* Two letters, in upper case. */
static bool take_country(const MMDB_entry_data_s *data, char country[3])
{
    char code[2];

    if (data->type != MMDB_DATA_TYPE_UTF8_STRING || data->data_size != sizeof(code))
        return false;
    for (size_t i = 0; i < sizeof(code); i++) {
        code[i] = data->utf8_string[i];
        if (code[i] >= 'a' && code[i] <= 'z')
            code[i] = (char)(code[i] - 'a' + 'A');
        if (code[i] < 'A' || code[i] > 'Z')
            return false;
    }
    memcpy(country, code, sizeof(code));
    country[2] = '\0';
    return true;
}

/* A number, or a text like "AS64500". */
static bool take_asn(const MMDB_entry_data_s *data, uint64_t *asn)
{
    uint64_t number = 0;

    if (data->type == MMDB_DATA_TYPE_UINT32 || data->type == MMDB_DATA_TYPE_UINT16) {
        *asn = data->type == MMDB_DATA_TYPE_UINT32 ? data->uint32 : data->uint16;
        return true;
    }
    if (data->type != MMDB_DATA_TYPE_UTF8_STRING || data->data_size < 3 ||
        memcmp(data->utf8_string, "AS", 2) != 0)
        return false;
    for (size_t i = 2; i < data->data_size; i++) {
        char digit = data->utf8_string[i];

        if (digit < '0' || digit > '9')
            return false;
        number = number * 10 + (uint64_t)(digit - '0');
        if (number > UINT32_MAX)
            return false;
    }
    *asn = number;
    return true;
}

/* Copies a name; one that is too long is cut between two characters. */
static void take_as_name(const MMDB_entry_data_s *data, char name[NAMES_AS_NAME])
{
    size_t length = data->data_size;

    if (data->type != MMDB_DATA_TYPE_UTF8_STRING)
        return;
    if (length >= NAMES_AS_NAME)
        length = utf8_begin(data->utf8_string, NAMES_AS_NAME - 1);
    memcpy(name, data->utf8_string, length);
    name[length] = '\0';
}

/* What one record says, read by one layout; false: nothing. */
static bool read_entry(enum geo_kind kind, const struct layout *layout, MMDB_entry_s *entry,
                       struct names_geo *out)
{
    MMDB_entry_data_s data;

    if (kind == GEO_COUNTRY)
        return (get_value(entry, layout->value, &data) && take_country(&data, out->country)) ||
               (get_value(entry, layout->fallback, &data) && take_country(&data, out->country));
    if (!get_value(entry, layout->value, &data) || !take_asn(&data, &out->asn))
        return false;
    if (get_value(entry, layout->name, &data))
        take_as_name(&data, out->as_name);
    return true;
}

static const struct layout *layout_of(enum geo_kind kind, MMDB_entry_s *entry)
{
    struct names_geo ignored;

    for (size_t i = 0; i < LAYOUTS; i++) {
        if (read_entry(kind, &layouts[kind][i], entry, &ignored))
            return &layouts[kind][i];
    }
    return NULL;
}

/* A walk through the search tree, depth first, that has not been everywhere yet. */
struct walk {
    uint32_t nodes[128 + 1]; /* the tree is at most as deep as an address has bits */
    size_t count;
};

static const struct layout *try_record(const struct geo *geo, struct walk *walk, uint64_t record,
                                       uint8_t type, MMDB_entry_s *entry)
{
    if (type == MMDB_RECORD_TYPE_DATA)
        return layout_of(geo->kind, entry);
    if (type == MMDB_RECORD_TYPE_SEARCH_NODE &&
        walk->count < sizeof(walk->nodes) / sizeof(walk->nodes[0]))
        walk->nodes[walk->count++] = (uint32_t)record;
    return NULL;
}

/* The layout of the first records that fit one. Some records hold other things only, so a good
 * number of them are tried; a bound keeps a damaged tree that turns in circles from holding us. */
static const struct layout *find_layout(const struct geo *geo)
{
    enum { NODES_MAX = 20000 };
    struct walk walk = { .nodes = { 0 }, .count = 1 };

    for (size_t visited = 0; visited < NODES_MAX && walk.count > 0; visited++) {
        MMDB_search_node_s node;
        const struct layout *layout;

        if (MMDB_read_node(&geo->file, walk.nodes[--walk.count], &node) != MMDB_SUCCESS)
            continue;
        layout = try_record(geo, &walk, node.right_record, node.right_record_type,
                            &node.right_record_entry);
        if (!layout)
            layout = try_record(geo, &walk, node.left_record, node.left_record_type,
                                &node.left_record_entry);
        if (layout)
            return layout;
    }
    return NULL;
}

/* Why the file is not even opened; NULL: it is. A pipe would keep the program waiting. */
static const char *refusal(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return strerror(errno);
    if (S_ISDIR(status.st_mode))
        return "it is a directory";
    if (!S_ISREG(status.st_mode))
        return "it is not a regular file";
    return status.st_size == 0 ? "it is empty" : NULL;
}

static struct geo *open_file(enum geo_kind kind, const char *path, struct err *err)
{
    const char *reason = refusal(path);
    struct geo *geo = NULL;
    int status;

    if (reason)
        goto fail;
    geo = calloc(1, sizeof(*geo));
    reason = "out of memory";
    if (!geo)
        goto fail;
    status = MMDB_open(path, MMDB_MODE_MMAP, &geo->file);
    reason = status == MMDB_FILE_OPEN_ERROR ? strerror(errno) : no_mmdb;
    if (status != MMDB_SUCCESS)
        goto fail;
    geo->kind = kind;
    geo->layout = find_layout(geo);
    reason = words[kind].missing;
    if (geo->layout)
        return geo;
    MMDB_close(&geo->file);
fail:
    free(geo);
    err_set(err, EXIT_INPUT, "cannot use %s for %s: %s", path, words[kind].option, reason);
    return NULL;
}

struct geo *geo_open(enum geo_kind kind, const char *path, struct err *err)
{
    char usual[128];
    struct geo *geo;

    if (path)
        return open_file(kind, path, err);
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        for (size_t j = 0; j < USUAL_FILES && usual_files[kind][j]; j++) {
            snprintf(usual, sizeof(usual), "%s/%s", directories[i], usual_files[kind][j]);
            geo = open_file(kind, usual, err);
            if (geo)
                return geo;
        }
    }
    *err = (struct err){ .status = EXIT_OK };
    return NULL;
}

void geo_close(struct geo *geo)
{
    if (!geo)
        return;
    MMDB_close(&geo->file);
    free(geo);
}

void geo_look_up(const struct geo *geo, const struct ip_addr *addr, struct names_geo *out)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    MMDB_lookup_result_s result;
    int status;

    if (addr->family == 4) {
        memcpy(&in.sin_addr, addr->bytes, sizeof(in.sin_addr));
        result = MMDB_lookup_sockaddr(&geo->file, (const struct sockaddr *)&in, &status);
    } else if (addr->family == 6) {
        memcpy(&in6.sin6_addr, addr->bytes, sizeof(in6.sin6_addr));
        result = MMDB_lookup_sockaddr(&geo->file, (const struct sockaddr *)&in6, &status);
    } else {
        return;
    }
    if (status == MMDB_SUCCESS && result.found_entry)
        read_entry(geo->kind, geo->layout, &result.entry, out);
}
