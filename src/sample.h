/* SPDX-License-Identifier: MIT */
/*
 * sample: the built-in capture that --demo replays.
 *
 * Constant bytes of a pcap file, part of the program itself. Usable from any thread.
 */
#ifndef MIRRORTOP_SAMPLE_H
#define MIRRORTOP_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t sample_data[];
extern const size_t sample_size;

#endif
