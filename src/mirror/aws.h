/* SPDX-License-Identifier: MIT */
/*
 * aws: names for sessions, from documents that the user took from AWS.
 *
 * The documents are what `aws ec2 describe-traffic-mirror-sessions`, -filters, -targets and
 * `describe-network-interfaces` print; one may hold several of these members, other members are
 * passed over. They are read at the start and constant afterwards: after aws_documents_join(),
 * every function here can be called from any thread. AWS itself is never called.
 *
 * A mirrored packet carries no id of AWS. Its outer source address is the primary private address
 * of the mirrored interface (Traffic Mirroring guide, packet format), which the interfaces'
 * document has, and its VNI need not be unique: (outer source, VNI) is what finds a session. Where
 * the address of an interface is not known, the VNI alone does, if it leaves no doubt.
 */
#ifndef MIRRORTOP_MIRROR_AWS_H
#define MIRRORTOP_MIRROR_AWS_H

#include "../../decode/packet.h"
#include "../err.h"

#include <stddef.h>

struct aws_documents;

enum {
    AWS_FILE_BYTES = 64 << 20, /* of one document */
    AWS_ENTRIES = 100000,      /* of one kind, over all documents */
    AWS_TEXT = 1024,           /* bytes of a name or an id */
    AWS_ENI_ID = 22,           /* eni-0 and 16 hexadecimal digits, with the NUL */
};

/* A mirror session of the documents. Texts are never NULL; "" is unknown. */
struct aws_session {
    const char *id;
    size_t order; /* of reading */
    const char *eni;
    const char *name;       /* the session's tag Name, else the interface's */
    const char *filter;     /* its tag Name, else its id */
    struct ip_addr source;  /* the interface's primary address; family 0: unknown */
    uint64_t vni, number;   /* number: VALUE_UNKNOWN when the document does not tell */
    uint64_t packet_length; /* VALUE_UNKNOWN: whole packets */
};

/* NULL: no memory. */
struct aws_documents *aws_documents_new(void);
void aws_documents_free(struct aws_documents *documents);

/* Adds a document. What a later one says of the same id wins. false and *err (EXIT_INPUT):
 * "NAME:LINE:COLUMN: reason" for what is no JSON, "NAME: MEMBER: expected ..." for a member that is
 * used and has another type; the documents must then be freed. */
bool aws_documents_read(struct aws_documents *documents, const char *path, struct err *err);
bool aws_documents_parse(struct aws_documents *documents, const char *text, size_t size,
                         const char *name, struct err *err);

/* After the last document: makes the look-ups below possible. */
bool aws_documents_join(struct aws_documents *documents, struct err *err);

/* What the user should know of the documents, one line each: NULL beyond the last one. */
const char *aws_documents_warning(const struct aws_documents *documents, size_t number);

/* Whether any document had a list of sessions, even an empty one. */
bool aws_has_sessions(const struct aws_documents *documents);
/* In the order of their VNIs, then ids. */
size_t aws_session_count(const struct aws_documents *documents);
const struct aws_session *aws_session_at(const struct aws_documents *documents, size_t number);

/* An interface of the documents. */
struct aws_interface {
    const char *id;
    size_t order;
    const char *name;       /* its tag Name, or "" */
    struct ip_addr primary; /* IPv4, else its first IPv6 address; family 0: none */
};

/* The one interface with this address; NULL when there is none, or several. */
const struct aws_interface *aws_interface_by_addr(const struct aws_documents *documents,
                                                  const struct ip_addr *addr);

/* Writes "eni-0..." for the id that a Gateway Load Balancer endpoint puts into its packets. false:
 * no interface of the documents is called so; that the number is an ENI id is not documented. */
bool aws_endpoint_id(const struct aws_documents *documents, uint64_t gwlbe_id, char id[AWS_ENI_ID]);

/* ---- what arrives, beside the documents ------------------------------------------------------ */

struct aws_arrival {
    struct ip_addr source; /* outer */
    uint64_t vni;
};

enum aws_match {
    AWS_NOT_IN_FILE,
    AWS_AMBIGUOUS, /* several sessions of the documents, or several sources, and nothing to tell */
    AWS_FOUND,
};

struct aws_matches {
    struct aws_result {
        enum aws_match match;
        size_t session; /* when found: a number for aws_session_at() */
    } * results;        /* one for each arrival */
    bool *arrived;      /* one for each session: may have sent something of what arrived */
};

/* All arrivals at a time: a VNI that comes from several sources names none of them when it is all
 * that there is to go by. NULL: no memory. */
struct aws_matches *aws_matches_new(const struct aws_documents *documents,
                                    const struct aws_arrival *arrivals, size_t count);
void aws_matches_free(struct aws_matches *matches);

#endif
