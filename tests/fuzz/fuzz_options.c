/* SPDX-License-Identifier: MIT */
/* The config file parser on any text: what it accepts lies within the documented bounds. */
#include <stdlib.h>
#include <string.h>

#include "../../src/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void check_text(const char *text)
{
    require(!text || (text[0] != '\0' && strlen(text) < 65536));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options options;
    struct err err = { .status = EXIT_OK };

    options_default(&options);
    if (!options_parse_config(&options, (const char *)data, size, "config", &err)) {
        require(err.status == EXIT_USAGE && strncmp(err.text, "config:", 7) == 0);
        require(!strchr(err.text, '\n') && !strchr(err.text, '\x1b'));
    }
    require(options.mode == MODE_RUN);
    require(options.max_flows >= 16 && options.max_flows <= 16777216);
    require(options.top >= 1 && options.top <= 100000);
    require(options.interval_s >= 0.1 && options.interval_s <= 3600);
    require(options.speed >= 0 && options.speed <= 1e6);
    require(options.duration_s >= 0 && options.duration_s <= 1e9);
    require(options.decode.vxlan_ports[0] != 0 && options.decode.geneve_port != 0);
    require(options.export_count <= OPTIONS_MAX_EXPORTS);
    for (size_t i = 0; i < options.export_count; i++)
        check_text(options.exports[i]);
    require(options.filter_count <= OPTIONS_MAX_FILTERS);
    for (size_t i = 0; i < options.filter_count; i++)
        check_text(options.filters[i].value);
    check_text(options.read_path);
    check_text(options.geoip);
    check_text(options.asn);
    check_text(options.theme);
    options_free(&options);
    return 0;
}
