/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <stdlib.h>
#include <string.h>

#include "doctor_rules.h"

const char *const doctor_blind_spots[] = {
    "Packets that the mirror source's security group or network ACL refused are never mirrored: no "
    "scan seen here does not mean that there was none.",
    "Packets that the mirror skipped because the source instance was busy leave no trace here; ask "
    "CloudWatch: aws cloudwatch get-metric-statistics --namespace AWS/EC2 --metric-name "
    "NetworkPacketsSkipMirrorOut --dimensions Name=InstanceId,Value=INSTANCE --statistics Sum "
    "--period 300 --start-time START --end-time END (and NetworkPacketsSkipMirrorIn).",
    "ARP, DHCP, instance metadata, the Amazon time service and Windows activation are never "
    "mirrored; DNS to the Amazon resolver only where the filter has the network service "
    "amazon-dns.",
    NULL,
};

struct sorted {
    struct place {
        struct finding *finding;
    } at[DOCTOR_FINDINGS];
};

/* By the field asked for; the severity counts for more than its name. Ties: in the rules' order. */
static int compare_findings(const void *a, const void *b, void *context)
{
    const struct finding *left = ((const struct place *)a)->finding;
    const struct finding *right = ((const struct place *)b)->finding;
    const struct snapshot_order *order = context;
    const struct field *field = &field_tables[TABLE_FINDINGS].fields[order->field];
    int result = order->field == table_find(&field_tables[TABLE_FINDINGS], "severity")
                     ? (int)left->severity - (int)right->severity
                     : field_compare(field, &left->record, &right->record);

    if (result != 0)
        return order->descending ? -result : result;
    return left->record.key < right->record.key ? -1 : left->record.key > right->record.key;
}

/* Their order; the findings themselves stay where their own texts are. */
static void sort_findings(struct exam *exam, struct sorted *sorted, struct snapshot_order order)
{
    for (size_t i = 0; i < exam->count; i++) {
        struct finding *finding = &exam->findings[i];

        finding->record.observed = finding->observed;
        finding->record.cause = finding->cause;
        finding->record.remedy = finding->remedy;
        sorted->at[i].finding = finding;
    }
    qsort_r(sorted->at, exam->count, sizeof(sorted->at[0]), compare_findings, &order);
}

static const char *keep(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = memcpy(*at, text, size);

    *at += size;
    return kept;
}

static void run_rule(struct exam *exam, const struct doctor_rule *rule)
{
    if (rule->feed)
        rule->feed(exam);
    for (size_t i = 0; rule->session && i < exam->snapshot->tables[TABLE_SESSIONS].count; i++)
        rule->session(exam, snapshot_row(exam->snapshot, TABLE_SESSIONS, i));
}

/* The rows as the snapshot keeps them: in one piece with their texts. */
static struct finding_record *keep_findings(const struct exam *exam, const struct sorted *sorted)
{
    size_t size = exam->count * sizeof(struct finding_record);
    struct finding_record *rows;
    char *texts;

    for (size_t i = 0; i < exam->count; i++)
        size += strlen(sorted->at[i].finding->observed) + strlen(sorted->at[i].finding->cause) +
                strlen(sorted->at[i].finding->remedy) + 3;
    rows = malloc(size + 1);
    if (!rows)
        return NULL;
    texts = (char *)(rows + exam->count);
    for (size_t i = 0; i < exam->count; i++) {
        rows[i] = sorted->at[i].finding->record;
        rows[i].observed = keep(&texts, sorted->at[i].finding->observed);
        rows[i].cause = keep(&texts, sorted->at[i].finding->cause);
        rows[i].remedy = keep(&texts, sorted->at[i].finding->remedy);
    }
    return rows;
}

bool doctor_examine(struct snapshot *snapshot, const struct doctor_facts *facts,
                    const struct snapshot_order *order)
{
    struct exam exam = { .snapshot = snapshot, .facts = facts };
    struct sorted sorted;
    struct finding_record *rows;

    exam.findings = malloc((DOCTOR_FINDINGS + 1) * sizeof(*exam.findings));
    if (!exam.findings)
        return false;
    for (exam.rule = 0; exam.rule < doctor_rule_count; exam.rule++)
        run_rule(&exam, &doctor_rules[exam.rule]);
    sort_findings(&exam, &sorted, *order);
    rows = keep_findings(&exam, &sorted);
    free(exam.findings);
    if (!rows)
        return false;
    free(snapshot->findings);
    snapshot->findings = rows;
    snapshot->tables[TABLE_FINDINGS] =
        (struct snapshot_rows){ .rows = rows, .count = exam.count, .total = exam.total };
    return true;
}

bool doctor_is_healthy(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->tables[TABLE_FINDINGS].count; i++) {
        const struct finding_record *row = snapshot_row(snapshot, TABLE_FINDINGS, i);

        if (strcmp(row->severity, "note") != 0)
            return false;
    }
    return true;
}
