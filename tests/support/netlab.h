/* SPDX-License-Identifier: MIT */
/*
 * netlab: a network of one's own for a test, in a network namespace, and being nobody for a while.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_NETLAB_H
#define MIRRORTOP_TESTS_SUPPORT_NETLAB_H

#include <stdbool.h>

/* Enters a new network namespace with `lo` up. False: not possible here, and *why says why. */
bool netlab_enter(const char **why);

/* Back again; what was made in it is gone. */
void netlab_leave(void);

/* Runs `ip ARGUMENTS`, words separated by single blanks. False when it failed. */
bool netlab_ip(const char *arguments);

/* The same, and `text` must be among what it prints. */
bool netlab_ip_says(const char *arguments, const char *text);

/* Waits until `device` is in this state, as `ip link` names it: "UP", "DOWN", "LOWERLAYERDOWN". The
 * kernel tells a device of its other end's carrier later, and until then drops what is sent. False:
 * not within 5 seconds. */
bool netlab_wait(const char *device, const char *state);

/* A socket that sends whole Ethernet frames on a device. Aborts when there is no such device. */
int netlab_open(const char *device);

/* Root becomes nobody, without any capability in force, until netlab_be_root(). Nothing for
 * others. */
void netlab_be_nobody(void);
void netlab_be_root(void);

#endif
