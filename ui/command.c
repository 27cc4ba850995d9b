/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "action.h"
#include "screen_words.h"
#include "write_filter.h"

static bool command_fail(struct prompt_problem *problem, size_t length, const char *text)
{
    problem->at = 0;
    problem->length = length;
    format_escape(problem->text, sizeof(problem->text), text);
    return false;
}

static bool command_filter(struct ui *ui, const char *argument, struct prompt_problem *problem)
{
    return trial_set_text(ui, argument, problem);
}

static bool command_write(struct ui *ui, const char *argument, struct prompt_problem *problem)
{
    const struct export_directory *directory = ui->config->exports;
    struct err err;

    if (argument[0] == '\0')
        return command_fail(problem, 0,
                            "expected a file's name; Tab shows the endings it can have");
    if (!trial_is_on(&ui->trial))
        return command_fail(problem, 0, "no filter is in force that could be written");
    if (!write_filter(&ui->trial.now.filter, directory, argument, &err))
        return command_fail(problem, strlen(argument), err.text);
    ui_say(ui, ROLE_GOOD, "the filter was written to %s%s%s",
           argument[0] == '/' ? "" : directory->path, argument[0] == '/' ? "" : "/", argument);
    return true;
}

/* The name as far as it was typed, with each ending. */
static void command_complete_write(const struct ui *ui, const struct edit *edit, size_t at,
                                   struct completion *completion)
{
    const char *typed = completion->stem, *slash = strrchr(typed, '/'), *ending, *doc;
    const char *base = slash ? slash + 1 : typed, *dot = strrchr(base, '.');
    char name[COMPLETION_WORD], stem[COMPLETION_WORD];

    (void)ui;
    (void)edit;
    (void)at;
    snprintf(stem, sizeof(stem), "%.*s", dot ? (int)(dot - typed) : (int)strlen(typed), typed);
    for (size_t i = 0; (ending = write_filter_ending(i, &doc)) != NULL; i++) {
        int size =
            snprintf(name, sizeof(name), "%s%s%s", stem, base[0] != '\0' ? "" : "filter", ending);

        if (size > 0 && (size_t)size < sizeof(name))
            completion_add(completion, name, doc);
    }
}

static bool command_theme(struct ui *ui, const char *argument, struct prompt_problem *problem)
{
    struct err err;

    if (argument[0] == '\0')
        return command_fail(problem, 0, "expected the name of a theme; Tab shows those there are");
    return action_theme(ui, argument, &err) || command_fail(problem, strlen(argument), err.text);
}

static void command_complete_theme(const struct ui *ui, const struct edit *edit, size_t at,
                                   struct completion *completion)
{
    struct theme_list list;

    (void)edit;
    (void)at;
    theme_list_all(&list);
    for (size_t i = 0; i < list.count; i++)
        completion_add(completion, list.entries[i].name,
                       strcmp(list.entries[i].name, ui->theme.name) == 0 ? "in use" : "");
}

static bool command_quit(struct ui *ui, const char *argument, struct prompt_problem *problem)
{
    if (argument[0] != '\0')
        return command_fail(problem, strlen(argument), "nothing is expected here");
    ui->quit = true;
    return true;
}

const struct command commands[] = {
    { "filter", "RULES", "put a mirror filter into force; without rules: none", command_filter,
      screen_words_complete },
    { "write", "FILE", "write the filter; the ending tells the format", command_write,
      command_complete_write },
    { "theme", "NAME", "draw with another theme", command_theme, command_complete_theme },
    { "quit", "", "quit at once", command_quit, NULL },
    { .name = NULL },
};

/* The command that the line begins with, and where its argument begins; NULL: none. */
static const struct command *command_find(const char *line, size_t *argument)
{
    size_t from = strspn(line, " "), length = strcspn(line + from, " ");

    *argument = from + length + strspn(line + from + length, " ");
    for (const struct command *command = commands; length > 0 && command->name; command++) {
        if (strncmp(command->name, line + from, length) == 0)
            return command;
    }
    return NULL;
}

bool command_run(struct ui *ui, const char *line, struct prompt_problem *problem)
{
    size_t at;
    const struct command *command = command_find(line, &at);
    char argument[EDIT_SIZE];
    size_t length;

    if (!command) {
        problem->at = strspn(line, " ");
        problem->length = strcspn(line + problem->at, " ");
        snprintf(problem->text, sizeof(problem->text),
                 "no such command; Tab shows those there are");
        return false;
    }
    snprintf(argument, sizeof(argument), "%s", line + at);
    for (length = strlen(argument); length > 0 && argument[length - 1] == ' ';)
        argument[--length] = '\0';
    if (command->run(ui, argument, problem))
        return true;
    problem->at += at;
    return false;
}

void command_complete(const struct ui *ui, const struct edit *edit, struct completion *completion)
{
    char line[EDIT_SIZE];
    const struct command *command;
    size_t at, word = edit->cursor;

    snprintf(line, sizeof(line), "%.*s", (int)edit->cursor, edit->text);
    while (word > 0 && line[word - 1] != ' ')
        word--;
    completion_start(completion, edit, word);
    if (word == strspn(line, " ")) {
        for (command = commands; command->name; command++)
            completion_add(completion, command->name, command->help);
        return;
    }
    command = command_find(line, &at);
    if (command && command->complete)
        command->complete(ui, edit, at, completion);
}

void command_explain(const char *line, char *out, size_t size)
{
    size_t at;
    const struct command *command = command_find(line, &at);

    out[0] = '\0';
    if (command)
        snprintf(out, size, "%s%s%s: %s", command->name, command->argument[0] != '\0' ? " " : "",
                 command->argument, command->help);
}
