/* SPDX-License-Identifier: MIT */
#include "sample.h"

#ifndef SAMPLE_FILE
#error "SAMPLE_FILE names the capture to build in; the Makefile sets it"
#endif

/* The assembler reads the file itself: no generated source, and no time lost compiling it. */
__asm__(".pushsection .rodata, \"a\", %progbits\n"
        ".globl sample_data, sample_size\n"
        ".balign 8\n"
        ".type sample_data, %object\n"
        "sample_data:\n"
        ".incbin \"" SAMPLE_FILE "\"\n"
        "sample_end:\n"
        ".size sample_data, sample_end - sample_data\n"
        ".balign 8\n"
        ".type sample_size, %object\n"
        ".size sample_size, 8\n"
        "sample_size:\n"
        ".quad sample_end - sample_data\n"
        ".popsection\n");

_Static_assert(sizeof(size_t) == 8, "sample_size is written as eight bytes");
