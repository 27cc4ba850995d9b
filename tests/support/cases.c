/* SPDX-License-Identifier: MIT */
#include "cases.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct mirror cases_mirror(struct capture *capture, const char *source, uint32_t vni)
{
    return (struct mirror){
        .capture = capture,
        .source = source,
        .vni = vni,
        .mac = "02:00:00:00:01:10",
        .router_mac = "02:00:00:00:01:01",
    };
}

static void write_capture(const struct golden_case *c, const struct capture *capture,
                          const char *directory)
{
    struct capture_pcap format = c->format;
    size_t count = 0;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s/capture.%s", directory, c->name,
             c->interfaces ? "pcapng" : "pcap");
    while (c->interfaces && c->interfaces[count].link_type)
        count++;
    if (!format.link_type)
        format.link_type = 1;
    if (c->interfaces)
        capture_write_pcapng(capture, path, c->interfaces, count);
    else
        capture_write_pcap(capture, path, &format);
}

int cases_main(int argc, char **argv, const struct golden_case *cases, size_t count)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        struct capture capture = { 0 };
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", argv[1], cases[i].name);
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            fprintf(stderr, "%s: %s: %s\n", argv[0], path, strerror(errno));
            return 1;
        }
        cases[i].make(&capture);
        if (!cases[i].as_made)
            capture_sort(&capture);
        write_capture(&cases[i], &capture, argv[1]);
        capture_release(&capture);
    }
    return 0;
}
