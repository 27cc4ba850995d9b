/* SPDX-License-Identifier: MIT */
/*
 * geo: one MaxMind DB file, asked for countries or for AS numbers.
 *
 * Part of names (names.h), which owns it. The file is mapped, and only read after geo_open(), so
 * any thread may look. https://maxmind.github.io/MaxMind-DB/
 */
#ifndef MIRRORTOP_GEO_H
#define MIRRORTOP_GEO_H

#include "names.h"

enum geo_kind { GEO_COUNTRY, GEO_ASN };

struct geo;

/* Opens `path`; NULL: the first file of the kind in the usual places that is fit for use.
 * NULL and *err for a named file that cannot be opened, is no MaxMind DB, or does not hold what
 * is asked for. NULL and err->status EXIT_OK when no file was named and none was found. */
struct geo *geo_open(enum geo_kind kind, const char *path, struct err *err);
void geo_close(struct geo *geo);

/* Sets the members of *out that the file knows for the address, and leaves the others. */
void geo_look_up(const struct geo *geo, const struct ip_addr *addr, struct names_geo *out);

#endif
