// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** One end of a connection in a test: records every event, and checks the rules that hold for all of them. */
public class Endpoint implements QueuePairHandler {

    /** A completion as it came. */
    public record Completion(WorkRequest request, boolean ok) {}

    /** A message as it came; the receive buffer was released. */
    public record Message(byte[] data, boolean invalidated, int invalidatedStag) {}

    private static final long PATIENCE_MILLIS = Integer.getInteger("test.patience", 20_000);

    public final CompletableFuture<QueuePair> established = new CompletableFuture<>();
    public final CompletableFuture<VerbsException> disconnected = new CompletableFuture<>();
    public final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
    public final BlockingQueue<ReceiveBuffer> held = new LinkedBlockingQueue<>();
    public final BlockingQueue<Completion> sends = new LinkedBlockingQueue<>();
    public final BlockingQueue<Completion> reads = new LinkedBlockingQueue<>();
    public final List<String> violations = new CopyOnWriteArrayList<>();

    /** Called on the loop for each message before it is recorded. */
    public volatile BiConsumer<QueuePair, ReceiveBuffer> whenReceived = (qp, buffer) -> {};
    /** Whether receive buffers are kept in {@link #held} instead of being released. */
    public volatile boolean hold;
    /** Runs where a request that has left completes. */
    public volatile Runnable whenSent = () -> {};
    /** Whether this end says that the peer owes something. */
    public volatile Awaited awaits = Awaited.SOMETHING;

    @Override
    public void onEstablished(QueuePair queuePair) {
        check(queuePair.inLoop(), "onEstablished off the loop");
        check(!disconnected.isDone(), "onEstablished after onDisconnected");
        check(established.complete(queuePair), "onEstablished twice");
    }

    @Override
    public void onReceive(QueuePair queuePair, ReceiveBuffer buffer) {
        check(queuePair.inLoop(), "onReceive off the loop");
        check(established.isDone(), "onReceive before onEstablished");
        check(!disconnected.isDone(), "onReceive after onDisconnected");
        check(buffer.data().position() == 0, "receive buffer not at 0");
        whenReceived.accept(queuePair, buffer);
        if (hold) {
            held.add(buffer);
            return;
        }
        byte[] data = new byte[buffer.data().remaining()];
        buffer.data().get(0, data);
        messages.add(new Message(data, buffer.invalidated(), buffer.invalidatedStag()));
        buffer.release();
    }

    @Override
    public void onSendCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
        whenSent.run();
        check(!ok || !disconnected.isDone(), "successful onSendCompletion after onDisconnected");
        sends.add(new Completion(request, ok));
    }

    @Override
    public void onReadCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
        check(!ok || queuePair.inLoop(), "onReadCompletion off the loop");
        check(!ok || !disconnected.isDone(), "successful onReadCompletion after onDisconnected");
        reads.add(new Completion(request, ok));
    }

    @Override
    public Awaited awaited() {
        return awaits;
    }

    @Override
    public void onDisconnected(QueuePair queuePair, VerbsException cause) {
        check(queuePair.inLoop(), "onDisconnected off the loop");
        check(!queuePair.isOpen(), "onDisconnected while isOpen");
        check(disconnected.complete(cause), "onDisconnected twice");
    }

    private void check(boolean ok, String violation) {
        if (!ok) {
            violations.add(violation);
        }
    }

    public QueuePair queuePair() {
        return get(established);
    }

    public Message message() {
        return take(messages, "message");
    }

    public ReceiveBuffer heldMessage() {
        return take(held, "message");
    }

    public Completion sendCompletion() {
        return take(sends, "send completion");
    }

    public Completion readCompletion() {
        return take(reads, "read completion");
    }

    /** The next completion of either kind. */
    public Completion anyCompletion() {
        long patience = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (System.nanoTime() < patience) {
            Completion completion = sends.poll();
            if (completion == null) {
                completion = reads.poll();
            }
            if (completion != null) {
                return completion;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("a completion is missing; connection ended with " + disconnected.getNow(null));
    }

    public VerbsException end() {
        return get(disconnected);
    }

    private <T> T take(BlockingQueue<T> queue, String what) {
        try {
            T item = queue.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            assertThat(item).as("%s; connection ended with %s", what, disconnected.getNow(null)).isNotNull();
            return item;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
