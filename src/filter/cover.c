/* SPDX-License-Identifier: MIT */
#include "cover.h"

#include <stdlib.h>

/* At most so many pieces are left of a meeting while another one is looked at. Pieces on the
 * stack stem from meetings with different parts, since each goes on behind the part that it was
 * cut at. */
enum { PIECES_A_CUT = 2 * BOX_DIMENSIONS + 1 };

/* A piece of the box in question, and the part that it meets next. */
struct cover_piece {
    struct box box;
    size_t at;
};

bool cover_init(struct cover *cover, size_t parts)
{
    *cover = (struct cover){
        .parts = calloc(parts + 1, sizeof(*cover->parts)),
        .stack = calloc(PIECES_A_CUT * parts + 1, sizeof(*cover->stack)),
    };
    if (cover->parts && cover->stack)
        return true;
    cover_free(cover);
    return false;
}

void cover_free(struct cover *cover)
{
    free(cover->parts);
    free(cover->stack);
    *cover = (struct cover){ .count = 0 };
}

static bool boxes_meet(const struct box *a, const struct box *b)
{
    for (size_t d = 0; d < BOX_DIMENSIONS; d++)
        if (a->to[d] < b->from[d] || b->to[d] < a->from[d])
            return false;
    return true;
}

bool box_contains(const struct box *outer, const struct box *inner)
{
    for (size_t d = 0; d < BOX_DIMENSIONS; d++)
        if (inner->from[d] < outer->from[d] || inner->to[d] > outer->to[d])
            return false;
    return true;
}

/* Pushes what of `piece` lies outside of `box`; `piece` becomes what lies inside. */
static size_t cut(struct cover *cover, size_t height, struct cover_piece *piece,
                  const struct box *box)
{
    for (size_t d = 0; d < BOX_DIMENSIONS; d++) {
        if (piece->box.from[d] < box->from[d]) {
            struct cover_piece *below = &cover->stack[height++];

            *below = (struct cover_piece){ .box = piece->box, .at = piece->at + 1 };
            below->box.to[d] = box->from[d] - 1;
            piece->box.from[d] = box->from[d];
        }
        if (piece->box.to[d] > box->to[d]) {
            struct cover_piece *above = &cover->stack[height++];

            *above = (struct cover_piece){ .box = piece->box, .at = piece->at + 1 };
            above->box.from[d] = box->to[d] + 1;
            piece->box.to[d] = box->to[d];
        }
    }
    return height;
}

/* The next part that the piece meets, or the count; false: no steps are left. */
static bool advance(struct cover *cover, struct cover_piece *piece)
{
    for (; piece->at < cover->count; piece->at++) {
        const struct cover_part *part = &cover->parts[piece->at];

        if (cover->steps == 0 || cover->all_steps == 0)
            return false;
        cover->steps--;
        cover->all_steps--;
        if (!part->off && boxes_meet(&piece->box, part->box))
            return true;
    }
    return true;
}

enum cover_result cover_check(struct cover *cover, const struct box *box)
{
    size_t height = 1;

    cover->stack[0] = (struct cover_piece){ .box = *box };
    while (height > 0) {
        struct cover_piece piece = cover->stack[--height];
        struct cover_part *part;

        if (!advance(cover, &piece))
            return COVER_UNKNOWN;
        if (piece.at >= cover->count) {
            if (!cover->end_covers)
                return COVER_NOT_ALL;
            continue;
        }
        part = &cover->parts[piece.at];
        if (part->effect == PART_FAILS)
            return COVER_NOT_ALL;
        height = cut(cover, height, &piece, part->box);
        if (part->effect == PART_COVERS) {
            part->used = true;
            continue;
        }
        if (part->effect == PART_MAY_JUMP)
            cover->stack[height++] = (struct cover_piece){ .box = piece.box, .at = piece.at + 1 };
        piece.at = part->next;
        cover->stack[height++] = piece;
    }
    return COVER_ALL;
}

static void set_range(struct box *box, size_t dimension, filter_value from, filter_value to)
{
    box->from[dimension] = from;
    box->to[dimension] = to;
}

static void set_ports(struct box *box, size_t dimension, const struct filter_ports *ports)
{
    if (ports->given)
        set_range(box, dimension, (filter_value)ports->from + 1, (filter_value)ports->to + 1);
    else
        set_range(box, dimension, 0, UINT16_MAX + 1);
}

struct box box_of_rule(const struct filter_rule *rule)
{
    struct box box;

    if (rule->protocol == FILTER_PROTOCOL_ANY)
        set_range(&box, BOX_PROTOCOL, 0, UINT8_MAX);
    else
        set_range(&box, BOX_PROTOCOL, (filter_value)rule->protocol, (filter_value)rule->protocol);
    filter_cidr_bounds(&rule->src, &box.from[BOX_SRC], &box.to[BOX_SRC]);
    filter_cidr_bounds(&rule->dst, &box.from[BOX_DST], &box.to[BOX_DST]);
    set_ports(&box, BOX_SRC_PORT, &rule->src_ports);
    set_ports(&box, BOX_DST_PORT, &rule->dst_ports);
    return box;
}
