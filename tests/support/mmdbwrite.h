/* SPDX-License-Identifier: MIT */
/*
 * mmdbwrite: small MaxMind DB files for tests, with exactly the networks that a test needs.
 *
 * Format 2.0 with 32-bit records, https://maxmind.github.io/MaxMind-DB/. Whatever goes wrong
 * aborts: only tests use it.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_MMDBWRITE_H
#define MIRRORTOP_TESTS_SUPPORT_MMDBWRITE_H

#include <stddef.h>
#include <stdint.h>

/* An encoded value. A map of n members is mmdbwrite_map(n) and then n times key and value. */
struct mmdbwrite_value {
    uint8_t bytes[512];
    size_t length;
};

void mmdbwrite_map(struct mmdbwrite_value *value, size_t members);
void mmdbwrite_text(struct mmdbwrite_value *value, const char *text);
void mmdbwrite_uint(struct mmdbwrite_value *value, uint32_t number);

struct mmdbwrite;

/* ip_version 4 or 6; IPv4 networks in a file of version 6 stand below ::/96. */
struct mmdbwrite *mmdbwrite_new(unsigned ip_version);
void mmdbwrite_free(struct mmdbwrite *writer);

/* "192.0.2.0/24", "2001:db8::/32". A longer network may be added within a shorter one. */
void mmdbwrite_add(struct mmdbwrite *writer, const char *network,
                   const struct mmdbwrite_value *value);

/* The file's bytes; the caller frees them. */
uint8_t *mmdbwrite_bytes(const struct mmdbwrite *writer, size_t *length);

#endif
