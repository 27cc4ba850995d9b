/* SPDX-License-Identifier: MIT */
/*
 * The copies of themes/ that the program carries. The assembler reads the files themselves (paths
 * are relative to the directory in which the compiler runs: the top of the project), so there is
 * no second text to keep in step.
 */
#include "theme.h"

#include <string.h>

/* X(id, name): themes/NAME.theme. */
#define BUILTIN_THEMES(X)                                                                          \
    X(default, "default")                                                                          \
    X(light, "light")                                                                              \
    X(mono, "mono")                                                                                \
    X(high_contrast, "high-contrast")                                                              \
    X(dusk, "dusk")                                                                                \
    X(fjord, "fjord")                                                                              \
    X(moss, "moss")

#define X(id, name)                                                                                \
    extern const char theme_file_##id[] __asm__("mirrortop_theme_" #id);                           \
    extern const char theme_file_end_##id[] __asm__("mirrortop_theme_end_" #id);                   \
    __asm__(".pushsection .rodata\n"                                                               \
            ".globl mirrortop_theme_" #id "\n"                                                     \
            ".globl mirrortop_theme_end_" #id "\n"                                                 \
            "mirrortop_theme_" #id ":\n"                                                           \
            ".incbin \"themes/" name ".theme\"\n"                                                  \
            "mirrortop_theme_end_" #id ":\n"                                                       \
            ".byte 0\n"                                                                            \
            ".popsection\n");
BUILTIN_THEMES(X)
#undef X

static const struct {
    const char *name;
    const char *text;
    const char *end;
} builtin_themes[] = {
#define X(id, name) { (name), theme_file_##id, theme_file_end_##id },
    BUILTIN_THEMES(X)
#undef X
};

enum { BUILTIN_COUNT = sizeof(builtin_themes) / sizeof(builtin_themes[0]) };

const char *theme_builtin_find(const char *name, size_t *size)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        if (strcmp(builtin_themes[i].name, name) == 0) {
            *size = (size_t)(builtin_themes[i].end - builtin_themes[i].text);
            return builtin_themes[i].text;
        }
    }
    return NULL;
}

const char *theme_builtin_name(size_t i)
{
    return i < BUILTIN_COUNT ? builtin_themes[i].name : NULL;
}
