/* SPDX-License-Identifier: MIT */
/*
 * rule_text: rules as a narrow place of the screen has them.
 */
#ifndef MIRRORTOP_UI_RULE_TEXT_H
#define MIRRORTOP_UI_RULE_TEXT_H

#include <stdbool.h>

/* Takes out, as far as the first quote, what is any address at all: of "tcp src 0.0.0.0/0 dst
 * 0.0.0.0/0 dport 443" a cut would take the end, which is what matters. With `six` that is also
 * done to IPv6; true: there was some of it. */
bool rule_text_shorten(char *text, bool six);

#endif
