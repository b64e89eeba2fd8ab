#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rxe-count.sh: what rxe has done since this was called first, for users in the kernel and in processes alike, a name and a number in each line. Probes on the driver's functions count.
#   post_send        calls that bring Work Requests for a send queue, each a chain of them; a process's are system calls
#   work_requests    Work Requests of send queues that are done, signalled or not
#   completions      entries of completion queues, for both kinds of queues
#   arm              calls that ask for an event at the next completion
#   poll, post_recv  calls of users in the kernel only: a process does both in memory that it shares with the driver
set -e
tracing=/sys/kernel/tracing
mountpoint -q $tracing || mount -t tracefs tracefs $tracing
if [ ! -e $tracing/events/rxe ]; then
    for probe in post_send:rxe_post_send work_requests:do_complete completions:rxe_cq_post arm:rxe_req_notify_cq poll:rxe_poll_cq post_recv:rxe_post_recv; do
        echo "p:rxe/${probe%:*} rdma_rxe:${probe#*:}" >> $tracing/kprobe_events
    done
    # The probes count without the trace, which nobody reads.
    echo 0 > $tracing/tracing_on
    echo 1 > $tracing/events/rxe/enable
fi
awk '{print $1, $2}' $tracing/kprobe_profile
