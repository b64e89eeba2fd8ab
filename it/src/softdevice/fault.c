/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults that tests ask for, by the variable SOFTDEVICE_FAULTS or by softdevice_faults(): rules with semicolons between them, each a point and what happens there,
 * with colons between.
 *
 *   create_qp:errno=12:after=2:times=1   a call fails, here the third one only; errno is 12 (ENOMEM) if it is not given
 *   like_rxe                             it has the vendor of soft RoCE, with whose faults programs deal
 *   share_memory                         memory is registered, but peers reach it only with system calls
 *   send:status=10                       a request ends with that status (also write, read, bind, invalidate)
 *   read:late=20000                      a request is carried out so many microseconds late, and what is behind it too
 *   return-send:late=20000               post_send returns late, when all is done: its thread has lost the processor
 *   lose-completion                      an event does not come (also lose-async, lose-cm)
 *
 * Without `times` a rule holds until the next rules are set.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "soft.h"

struct rule { char point[32]; int code, status; unsigned after, times; uint64_t late; bool counted; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[32];
static _Atomic int count;

/* Replaces all rules: 0, or -1 when one is not understood; then there are none. */
int softdevice_faults(const char *text)
{
    char copy[2048], *end, *part, *inside;
    int n = 0;
    if (strlen(text) >= sizeof copy)
        return -1;
    strcpy(copy, text);
    pthread_mutex_lock(&lock);
    for (char *one = strtok_r(copy, ";", &end); one && n >= 0; one = strtok_r(NULL, ";", &end)) {
        char *word = strtok_r(one, ":", &inside);
        if (!word || strlen(word) >= sizeof rules->point || n == sizeof rules / sizeof *rules) {
            n = -1;
            break;
        }
        struct rule *rule = &rules[n++];
        *rule = (struct rule){ .code = 12 };
        strcpy(rule->point, word);
        while ((part = strtok_r(NULL, ":", &inside))) {
            char *value = strchr(part, '=');
            unsigned long number = value ? strtoul(value + 1, NULL, 10) : 0;
            if (value && strncmp(part, "errno=", 6) == 0)
                rule->code = number;
            else if (value && strncmp(part, "status=", 7) == 0)
                rule->status = number;
            else if (value && strncmp(part, "after=", 6) == 0)
                rule->after = number;
            else if (value && strncmp(part, "late=", 5) == 0)
                rule->late = number * 1000;
            else if (value && strncmp(part, "times=", 6) == 0)
                rule->times = number, rule->counted = true;
            else
                n = -1;
            if (n < 0)
                break;
        }
    }
    atomic_store(&count, n < 0 ? 0 : n);
    pthread_mutex_unlock(&lock);
    return n < 0 ? -1 : 0;
}

static void __attribute__((constructor)) from_environment(void)
{
    const char *text = getenv("SOFTDEVICE_FAULTS");
    if (text && softdevice_faults(text) != 0)
        fprintf(stderr, "SOFTDEVICE_FAULTS is not understood, there are no faults: %s\n", text);
}

/* The rule that holds at this point now; its counters go on. */
static bool holds(const char *point, struct rule *copy)
{
    bool found = false;
    if (atomic_load_explicit(&count, memory_order_relaxed) == 0)
        return false;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < atomic_load(&count) && !found; i++) {
        struct rule *rule = &rules[i];
        if (strcmp(rule->point, point) != 0 || (rule->counted && rule->times == 0))
            continue;
        if (rule->after > 0) {
            rule->after--;
            continue;
        }
        if (rule->counted)
            rule->times--;
        *copy = *rule;
        found = true;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* Whether a call fails: 0 or an errno value. */
int fault(const char *call)
{
    struct rule rule;
    return holds(call, &rule) ? rule.code : 0;
}

void fault_pause(const char *point)
{
    struct rule rule;
    if (holds(point, &rule))
        usleep(rule.late / 1000);
}

/* What becomes of a request: WC_SUCCESS, its status, or RETRY at *not_before. */
int fault_status(int opcode, uint64_t *not_before)
{
    static const char *const names[] = { [WR_RDMA_WRITE] = "write", [WR_SEND] = "send", [WR_RDMA_READ] = "read", [WR_LOCAL_INV] = "invalidate",
        [WR_BIND_MW] = "bind", [WR_SEND_WITH_INV] = "send" };
    struct rule rule;
    if (atomic_load_explicit(&count, memory_order_relaxed) == 0 && *not_before == 0)
        return WC_SUCCESS;
    if (*not_before != 0)
        return now_nanos() < *not_before ? RETRY : WC_SUCCESS;
    if (opcode < 0 || opcode > WR_SEND_WITH_INV || !names[opcode] || !holds(names[opcode], &rule))
        return WC_SUCCESS;
    if (rule.late) {
        *not_before = now_nanos() + rule.late;
        return RETRY;
    }
    return rule.status;
}

bool fault_loses(const char *event)
{
    char point[32];
    struct rule rule;
    if (atomic_load_explicit(&count, memory_order_relaxed) == 0)
        return false;
    snprintf(point, sizeof point, "lose-%s", event);
    return holds(point, &rule);
}
