/* SPDX-License-Identifier: MIT */
/* What the keys do while a line is typed. */
#include "action.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "find.h"
#include "screen_words.h"

/* The keys that only edit. */
static const struct {
    enum action action;
    bool erases;
    enum edit_goal goal;
} action_edits[] = {
    { ACTION_CURSOR_LEFT, false, EDIT_LEFT },    { ACTION_CURSOR_RIGHT, false, EDIT_RIGHT },
    { ACTION_WORD_LEFT, false, EDIT_WORD_LEFT }, { ACTION_WORD_RIGHT, false, EDIT_WORD_RIGHT },
    { ACTION_LINE_START, false, EDIT_HOME },     { ACTION_LINE_END, false, EDIT_END },
    { ACTION_ERASE, true, EDIT_LEFT },           { ACTION_ERASE_NEXT, true, EDIT_RIGHT },
    { ACTION_ERASE_WORD, true, EDIT_WORD_LEFT }, { ACTION_ERASE_REST, true, EDIT_END },
};

static void action_explain(struct ui *ui)
{
    struct prompt *prompt = &ui->prompt;

    if (prompt->kind == PROMPT_FILTER) {
        trial_explain(ui);
        return;
    }
    prompt->status[0] = '\0';
    if (prompt->kind == PROMPT_COMMAND)
        command_explain(prompt->edit.text, prompt->status, sizeof(prompt->status));
    if (prompt->status[0] == '\0')
        snprintf(prompt->status, sizeof(prompt->status),
                 "Tab shows the commands, Enter runs one, Esc leaves");
}

void action_prompt_changed(struct ui *ui, uint64_t now_ns)
{
    ui->prompt.problem.text[0] = '\0';
    action_explain(ui);
    if (ui->prompt.kind == PROMPT_FILTER)
        trial_typed(ui, now_ns);
}

/* The words for the place of the cursor. */
static void action_collect(struct ui *ui)
{
    struct prompt *prompt = &ui->prompt;

    completion_start(&prompt->completion, &prompt->edit, prompt->edit.cursor);
    if (prompt->kind == PROMPT_COMMAND)
        command_complete(ui, &prompt->edit, &prompt->completion);
    else if (prompt->kind == PROMPT_FILTER)
        screen_words_complete(ui, &prompt->edit, 0, &prompt->completion);
}

static void action_complete(struct ui *ui, int step)
{
    struct prompt *prompt = &ui->prompt;

    if (prompt->completion.open) {
        completion_walk(&prompt->completion, step, &prompt->edit);
        return;
    }
    action_collect(ui);
    if (completion_finish(&prompt->completion, &prompt->edit))
        return;
    snprintf(prompt->status, sizeof(prompt->status), "no word is known that fits here");
    prompt->warns = false;
}

static bool action_run_edit(struct ui *ui, enum action action)
{
    struct prompt *prompt = &ui->prompt;

    for (size_t i = 0; i < sizeof(action_edits) / sizeof(action_edits[0]); i++) {
        if (action_edits[i].action != action)
            continue;
        if (action_edits[i].erases)
            edit_erase(&prompt->edit, action_edits[i].goal);
        else
            edit_move(&prompt->edit, action_edits[i].goal);
        if (prompt->completion.open && action == ACTION_ERASE) {
            action_collect(ui);
            completion_narrow(&prompt->completion);
        } else {
            completion_close(&prompt->completion, &prompt->edit, false);
        }
        return true;
    }
    return false;
}

static void action_type(struct ui *ui, const struct screen_event *event)
{
    struct prompt *prompt = &ui->prompt;
    bool listed = prompt->completion.open, room;

    if (event->named)
        return;
    completion_close(&prompt->completion, &prompt->edit, false);
    if (event->pasted && prompt->kind == PROMPT_FILTER)
        room = edit_paste(&prompt->edit, (wchar_t)event->code);
    else
        room = edit_type(&prompt->edit,
                         event->pasted && event->code < ' ' ? L' ' : (wchar_t)event->code);
    if (!room && event->code >= ' ') {
        prompt->cut = true;
        prompt_is_cut(prompt);
    }
    if (!listed || event->pasted)
        return;
    action_collect(ui);
    completion_narrow(&prompt->completion);
}

/* Enter: the line is meant. A prompt whose line is wrong stays open. */
static void action_accept(struct ui *ui)
{
    struct prompt *prompt = &ui->prompt;

    if (prompt->completion.open && prompt->completion.chosen < prompt->completion.count) {
        completion_close(&prompt->completion, &prompt->edit, false);
        return;
    }
    switch (prompt->kind) {
    case PROMPT_FIND:
        memcpy(ui->needle, prompt->edit.text, sizeof(ui->needle));
        prompt_close(prompt, true);
        find_step(ui, 1);
        break;
    case PROMPT_COMMAND:
        if (prompt_is_cut(prompt))
            break;
        if (prompt->edit.text[strspn(prompt->edit.text, " ")] == '\0')
            prompt_close(prompt, false);
        else if (command_run(ui, prompt->edit.text, &prompt->problem))
            prompt_close(prompt, true);
        break;
    case PROMPT_FILTER:
        if (trial_accept(ui))
            prompt_close(prompt, true);
        break;
    case PROMPT_KINDS:
        break;
    }
}

static void action_cancel(struct ui *ui)
{
    struct prompt *prompt = &ui->prompt;

    if (prompt->completion.open) {
        completion_close(&prompt->completion, &prompt->edit, true);
        return;
    }
    if (prompt->kind == PROMPT_FILTER)
        trial_cancel(ui);
    prompt_close(prompt, false);
}

static void action_edit(struct ui *ui, const struct screen_event *event, enum action action)
{
    struct prompt *prompt = &ui->prompt;

    switch (action) {
    case ACTION_ERASE_ALL:
        completion_close(&prompt->completion, &prompt->edit, false);
        edit_set(&prompt->edit, "");
        break;
    case ACTION_OLDER:
    case ACTION_NEWER:
        prompt_step_history(prompt, action == ACTION_OLDER ? -1 : 1);
        break;
    case ACTION_COMPLETE:
    case ACTION_COMPLETE_BACK:
        action_complete(ui, action == ACTION_COMPLETE ? 1 : -1);
        break;
    case ACTION_COUNT:
        action_type(ui, event);
        break;
    default:
        if (!action_run_edit(ui, action))
            action_run_view(ui, action);
        break;
    }
}

/* Enter behind a backslash goes on in the next line, as in a shell: so commands also come in whole
 * from terminals that do not mark what is pasted. */
static bool action_continue(struct prompt *prompt)
{
    struct edit *edit = &prompt->edit;

    return prompt->kind == PROMPT_FILTER && !prompt->completion.open && edit->length > 0 &&
           edit->cursor == edit->length && edit->text[edit->length - 1] == '\\' &&
           edit_paste(edit, L'\n');
}

void action_prompt_click(struct ui *ui, const struct screen_event *event, uint64_t now_ns)
{
    char before[EDIT_SIZE];

    memcpy(before, ui->prompt.edit.text, sizeof(before));
    if (prompt_click(&ui->prompt, &ui->canvas, &ui->layout.footer, event->y, event->x) &&
        strcmp(before, ui->prompt.edit.text) != 0)
        action_prompt_changed(ui, now_ns);
}

void action_prompt(struct ui *ui, const struct screen_event *event, enum action action,
                   uint64_t now_ns)
{
    char before[EDIT_SIZE];

    if (action == ACTION_ACCEPT) {
        if (action_continue(&ui->prompt))
            action_prompt_changed(ui, now_ns);
        else
            action_accept(ui);
        return;
    }
    memcpy(before, ui->prompt.edit.text, sizeof(before));
    if (action == ACTION_CANCEL)
        action_cancel(ui);
    else
        action_edit(ui, event, action);
    if (ui->prompt.open && strcmp(before, ui->prompt.edit.text) != 0) {
        ui->prompt.cut = ui->prompt.cut && event->pasted;
        action_prompt_changed(ui, now_ns);
    }
}
