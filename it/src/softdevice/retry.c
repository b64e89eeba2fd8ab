/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that tries again what could not be done: send queues that wait, each until its time has come. Nobody wakes it before. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <time.h>
#include "soft.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static struct soft_qp *waiting;
static bool running;

uint64_t now_nanos(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Takes out the one that is due first; NULL: none is. *until is when to look again. */
static struct soft_qp *due(uint64_t *until)
{
    struct soft_qp **first = NULL;
    for (struct soft_qp **at = &waiting; *at; at = &(*at)->next_waiting)
        if (!first || (*at)->due < (*first)->due)
            first = at;
    *until = first ? (*first)->due : UINT64_MAX;
    if (!first || *until > now_nanos())
        return NULL;
    struct soft_qp *qp = *first;
    *first = qp->next_waiting;
    qp->busy = true;
    return qp;
}

static void *run(void *nothing)
{
    (void)nothing;
    pthread_mutex_lock(&lock);
    for (;;) {
        uint64_t until;
        struct soft_qp *qp = due(&until);
        if (qp) {
            pthread_mutex_unlock(&lock);
            pthread_mutex_lock(&qp->lock);
            qp->due = 0;
            sq_run(qp);
            pthread_mutex_unlock(&qp->lock);
            pthread_mutex_lock(&lock);
            qp->busy = false;
            pthread_cond_broadcast(&idle);
        } else if (until == UINT64_MAX) {
            pthread_cond_wait(&changed, &lock);
        } else {
            struct timespec at = { until / 1000000000, until % 1000000000 };
            pthread_cond_timedwait(&changed, &lock, &at);
        }
    }
    return NULL;
}

/* Starts a thread that takes none of the program's signals: 0 or an errno value. */
int thread_start(void *(*body)(void *))
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int problem = pthread_create(&thread, NULL, body, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!problem)
        pthread_detach(thread);
    return problem;
}

int retry_start(void)
{
    int problem = 0;
    pthread_mutex_lock(&lock);
    if (!running) {
        pthread_condattr_t attr;
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_cond_init(&changed, &attr);
        pthread_condattr_destroy(&attr);
        problem = thread_start(run);
        running = problem == 0;
    }
    pthread_mutex_unlock(&lock);
    return problem;
}

/* Under the send queue's lock. */
void retry_later(struct soft_qp *qp, uint64_t at)
{
    pthread_mutex_lock(&lock);
    bool listed = qp->due != 0;
    qp->due = at;
    if (!listed) {
        qp->next_waiting = waiting;
        waiting = qp;
    }
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

/* When it returns, nothing is done with the queue pair here, nor will be. */
void retry_forget(struct soft_qp *qp)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        struct soft_qp **at = &waiting;
        while (*at && *at != qp)
            at = &(*at)->next_waiting;
        if (*at)
            *at = qp->next_waiting;
        if (!qp->busy)
            break;
        pthread_cond_wait(&idle, &lock);
    }
    pthread_mutex_unlock(&lock);
}
