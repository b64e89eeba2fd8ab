// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

/**
 * How many receives a shared queue is to hold: one for each credit of its connections, but no more than a level, which starts low and is
 * doubled, up to the depth, when the queue runs low; one more, in which a message that nobody had a credit for shows itself, where it would
 * otherwise be tried again for ever; and one for each connection that ended in doubt.
 *
 * <p>In doubt is an end of which the device did not say whether the queue pair took a receive with it (rxe copies one out of the queue when
 * a message begins, and its driver says nothing up to Linux 6.4). Unnoticed, such losses would empty the queue one by one, for all. So each
 * connection has a spare from the start, which is posted when it ends in doubt, and when the spares are given away no more connections are
 * admitted: they get another queue.
 *
 * <p>Arithmetic only, under its owner's lock.
 */
final class ReceiveBudget {

    /** The level to start with, as far as the depth allows. */
    private static final int LEAST = 16;
    /** For the message too many. */
    private static final int SENTINEL = 1;

    private final int depth;
    private final int spares;
    private int level;
    private long credits;
    private int connections;
    private int sparesPosted;

    /** @param depth receives at most for credits; the others come on top */
    ReceiveBudget(int depth) {
        this.depth = depth;
        this.spares = spares(depth);
        this.level = Math.min(depth, Math.max(LEAST, depth / 4));
    }

    /** Ends in doubt that a queue of this depth makes up for. */
    static int spares(int depth) {
        return Math.max(LEAST, depth / 4);
    }

    /** All that a queue of this depth must be able to hold. */
    static int capacity(int depth) {
        return depth + SENTINEL + spares(depth);
    }

    int capacity() {
        return capacity(depth);
    }

    /** @return false when there is no spare for one more */
    boolean admit() {
        if (connections + sparesPosted >= spares) {
            return false;
        }
        connections++;
        return true;
    }

    /** More messages may come. */
    void grant(int count) {
        credits += count;
    }

    /** A message came that there was a credit for. */
    void use() {
        credits--;
    }

    /** @param left credits that it did not use */
    void leave(long left, boolean inDoubt) {
        connections--;
        credits -= left;
        if (inDoubt) {
            sparesPosted++;
        }
    }

    int connections() {
        return connections;
    }

    /** How many to post where so many are. */
    int missing(int posted) {
        return missingWith(0, posted);
    }

    /** The same with so many more credits. */
    int missingWith(int more, int posted) {
        return Math.max(0, (int) Math.min(credits + more, level) + SENTINEL + sparesPosted - posted);
    }

    /** Whether the queue may run low, and can be given more when it does. */
    boolean canRunLow() {
        return credits > level && level < depth;
    }

    /** The count of receives below which the queue is low. */
    int low() {
        return Math.max(1, level / 4);
    }

    /** It ran low. @return false when it is at its depth */
    boolean grow() {
        if (level == depth) {
            return false;
        }
        level = Math.min(depth, 2 * level);
        return true;
    }

    /** The device cannot say when the queue runs low. */
    void growFully() {
        level = depth;
    }
}
