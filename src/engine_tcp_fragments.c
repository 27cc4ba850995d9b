/* SPDX-License-Identifier: MIT */
/*
 * A segment in several IP fragments (RFC 791 section 3.2): the first one has the header and some of
 * the bytes, and how many the others have comes to light with them. What came in the others was
 * carried. When none of them did, nobody knows how far the segment went: what is missing behind it
 * need not be the mirror's.
 */
#include "engine_tcp.h"

enum { DATAGRAM_MOST = 65535 };

void engine_tcp_first_fragment(const struct tcp_look *look)
{
    uint32_t end = look->packet->tcp.seq + look->length;
    struct flow_trouble *trouble;

    if (end != flow_side(look->entry, look->side)->seq_high)
        return;
    trouble = flow_trouble(look->entry);
    trouble->fragment_low[look->side] = look->packet->tcp.seq;
    trouble->fragment_end[look->side] = end;
    trouble->fragment_id[look->side] = look->packet->ip_id;
    trouble->fragment_more[look->side] = 0;
    trouble->has_fragment[look->side] = 1;
}

/* Whether what the side carried last was the first fragment of a segment. */
static bool is_open(struct flow_entry entry, unsigned side)
{
    return flow_has(entry, FLOW_HAS_TROUBLE) && entry_trouble(entry)->has_fragment[side] &&
           entry_trouble(entry)->fragment_end[side] == flow_side(entry, side)->seq_high;
}

void engine_tcp_later_fragment(struct flow_entry entry, unsigned side, const struct packet *packet)
{
    uint32_t *more = &entry_trouble(entry)->fragment_more[side];

    if (is_open(entry, side) && entry_trouble(entry)->fragment_id[side] == packet->ip_id &&
        *more + packet->payload_bytes <= DATAGRAM_MOST)
        *more += packet->payload_bytes;
}

void engine_tcp_take_fragments(const struct tcp_look *look, unsigned side, uint32_t seq)
{
    struct flow_side *s = flow_side(look->entry, side);
    uint32_t gap = seq - s->seq_high, more;

    if (!is_open(look->entry, side) || !tcp_is_left(s->seq_high, seq))
        return;
    more = entry_trouble(look->entry)->fragment_more[side];
    s->seq_high += gap < more ? gap : more;
    tcp_note_largest(&look->entry.tcp->side[side],
                     s->seq_high - entry_trouble(look->entry)->fragment_low[side]);
}

bool engine_tcp_may_be_fragments(const struct tcp_look *look, unsigned side, uint32_t seq)
{
    return is_open(look->entry, side) &&
           seq - flow_side(look->entry, side)->seq_high <= DATAGRAM_MOST;
}
