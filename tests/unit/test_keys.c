/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ui/keys.h"

Suite *make_keys_suite(void);

START_TEST(test_no_key_twice_in_a_context)
{
    for (size_t a = 0; a < keys_count; a++) {
        for (size_t b = a + 1; b < keys_count; b++) {
            char name[KEYS_NAMES];

            if (keys_table[a].code != keys_table[b].code ||
                keys_table[a].named != keys_table[b].named)
                continue;
            keys_name(name, sizeof(name), &keys_table[a]);
            ck_assert_msg((keys_table[a].contexts & keys_table[b].contexts) == 0,
                          "%s is bound twice in one context", name);
        }
    }
}
END_TEST

START_TEST(test_every_action_has_a_key_and_a_help_text)
{
    size_t rows = 0, texts = 0;

    for (size_t i = 0; i < keys_count; i++) {
        ck_assert_uint_ne(keys_table[i].contexts, 0);
        ck_assert_int_lt((int)keys_table[i].group, GROUP_COUNT);
        if (keys_table[i].action == (enum action)_i) {
            rows++;
            texts += keys_table[i].help[0] != '\0';
        }
    }
    ck_assert_msg(rows > 0, "%s has no key", keys_action_name((enum action)_i));
    ck_assert_msg(texts == 1, "%s has %zu help texts", keys_action_name((enum action)_i), texts);
}
END_TEST

START_TEST(test_help_shows_every_key)
{
    char all[8192] = "";
    size_t used = 0;
    const struct key *key;

    for (size_t i = 0; (key = keys_help(i)) != NULL; i++) {
        char names[KEYS_NAMES];

        keys_names(names, key->action, key->contexts);
        used += (size_t)snprintf(all + used, sizeof(all) - used, " %s ", names);
        ck_assert_uint_lt(used, sizeof(all));
    }
    for (size_t i = 0; i < keys_count; i++) {
        char name[20], wanted[24];

        keys_name(name, sizeof(name), &keys_table[i]);
        snprintf(wanted, sizeof(wanted), " %s ", name);
        ck_assert_msg(strstr(all, wanted), "help does not show %s", name);
    }
}
END_TEST

/* The keys that users of such tools know; moving one of them breaks their fingers. */
static const struct {
    enum key_context context;
    const char *name;
    enum action action;
} promises[] = {
    { IN_PANES, "q", ACTION_QUIT },
    { IN_PANES, "Ctrl-C", ACTION_QUIT },
    { IN_PAGE, "Ctrl-C", ACTION_QUIT },
    { IN_PROMPT, "Ctrl-C", ACTION_QUIT },
    { IN_PANES, "?", ACTION_HELP },
    { IN_PANES, "F1", ACTION_HELP },
    { IN_PANES, "j", ACTION_DOWN },
    { IN_PANES, "Down", ACTION_DOWN },
    { IN_PANES, "G", ACTION_END },
    { IN_PANES, "End", ACTION_END },
    { IN_PANES, "Space", ACTION_PAUSE },
    { IN_PANES, "p", ACTION_PAUSE },
    { IN_PANES, "s", ACTION_SORT_NEXT },
    { IN_PANES, "S", ACTION_SORT_PREVIOUS },
    { IN_PANES, ">", ACTION_SORT_NEXT },
    { IN_PANES, "<", ACTION_SORT_PREVIOUS },
    { IN_PANES, "r", ACTION_REVERSE },
    { IN_PANES, "o", ACTION_HOLD },
    { IN_PANES, "1", ACTION_PANE_1 },
    { IN_PANES, "6", ACTION_PANE_6 },
    { IN_PANES, "7", ACTION_PANE_7 },
    { IN_PANES, "Tab", ACTION_PANE_NEXT },
    { IN_PANES, "Shift-Tab", ACTION_PANE_PREVIOUS },
    { IN_PANES, "z", ACTION_ZOOM },
    { IN_PANES, "Enter", ACTION_OPEN },
    { IN_PANES, "0", ACTION_RESTART },
    { IN_PANES, "[", ACTION_SLOWER },
    { IN_PANES, "Esc", ACTION_BACK },
    { IN_PAGE, "Esc", ACTION_BACK },
    { IN_PANES, "Ctrl-L", ACTION_REDRAW },
    { IN_PANES, "Ctrl-Z", ACTION_SUSPEND },
    { IN_PANES, "u", ACTION_UNITS },
    { IN_PANES, "t", ACTION_THEME },
    { IN_PANES, "e", ACTION_EXPORT },
    { IN_PROMPT, "Enter", ACTION_ACCEPT },
    { IN_PANES, ".", ACTION_STEP },
    { IN_PANES, "x", ACTION_RESET },
    { IN_PANES, "v", ACTION_VIEW_BY },
    { IN_PANES, "y", ACTION_COUNT },
    { IN_PROMPT, "q", ACTION_COUNT },
    { IN_PANES, "8", ACTION_PANE_8 },
    { IN_PANES, ":", ACTION_COMMAND },
    { IN_PANES, "/", ACTION_FILTER },
    { IN_PANES, "!", ACTION_INVERT },
    { IN_PANES, "=", ACTION_RULE_ACCEPT },
    { IN_PANES, "-", ACTION_RULE_REJECT },
    { IN_PANES, "Backspace", ACTION_UNDO },
    { IN_PROMPT, "Backspace", ACTION_ERASE },
    { IN_PROMPT, "Tab", ACTION_COMPLETE },
    { IN_PROMPT, "Up", ACTION_OLDER },
    { IN_PROMPT, "Home", ACTION_LINE_START },
    { IN_PROMPT, "Ctrl-W", ACTION_ERASE_WORD },
    { IN_PROMPT, "Esc", ACTION_CANCEL },
};

START_TEST(test_known_keys)
{
    enum action action = ACTION_COUNT;

    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];
        char name[20];

        keys_name(name, sizeof(name), key);
        if ((key->contexts & promises[_i].context) != 0 && strcmp(name, promises[_i].name) == 0)
            action = keys_find(promises[_i].context, key->code, key->named);
    }
    ck_assert_msg(action == promises[_i].action, "%s does something else", promises[_i].name);
}
END_TEST

START_TEST(test_characters_are_not_named_keys)
{
    ck_assert_int_eq((int)keys_find(IN_PANES, 'q', false), ACTION_QUIT);
    ck_assert_int_eq((int)keys_find(IN_PANES, 'q', true), ACTION_COUNT);
    ck_assert_int_eq((int)keys_find(IN_PROMPT, 'q', false), ACTION_COUNT);
    ck_assert_int_eq((int)keys_find(IN_PANES, '\r', false), ACTION_OPEN);
    for (size_t i = 0; i < keys_count; i++) {
        if (keys_table[i].named)
            ck_assert_int_eq((int)keys_find(IN_PANES, keys_table[i].code, false), ACTION_COUNT);
    }
}
END_TEST

START_TEST(test_names)
{
    char names[KEYS_NAMES];

    keys_names(names, ACTION_QUIT, IN_PANES);
    ck_assert_str_eq(names, "q Ctrl-C");
    keys_names(names, ACTION_OPEN, IN_PANES);
    ck_assert_str_eq(names, "Enter");
    keys_names(names, ACTION_PAUSE, IN_PANES);
    ck_assert_str_eq(names, "Space p");
    keys_names(names, ACTION_BACK, IN_PANES);
    ck_assert_str_eq(names, "Esc");
}
END_TEST

START_TEST(test_listing_has_a_line_an_action)
{
    char *text = NULL;
    size_t size = 0, lines = 0;
    FILE *out = open_memstream(&text, &size);

    keys_print(out);
    fclose(out);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    ck_assert_uint_eq(lines, ACTION_COUNT + 1);
    free(text);
}
END_TEST

Suite *make_keys_suite(void)
{
    Suite *suite = suite_create("keys");
    TCase *table = tcase_create("table");

    tcase_add_test(table, test_no_key_twice_in_a_context);
    tcase_add_loop_test(table, test_every_action_has_a_key_and_a_help_text, 0, ACTION_COUNT);
    tcase_add_test(table, test_help_shows_every_key);
    tcase_add_loop_test(table, test_known_keys, 0, (int)(sizeof(promises) / sizeof(promises[0])));
    tcase_add_test(table, test_characters_are_not_named_keys);
    tcase_add_test(table, test_names);
    tcase_add_test(table, test_listing_has_a_line_an_action);
    suite_add_tcase(suite, table);
    return suite;
}
