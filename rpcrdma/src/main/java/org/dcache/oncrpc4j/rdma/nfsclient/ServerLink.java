// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.BadXdrOncRpcException;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to one program of one server that is made when it is needed and made again when it was lost. Any thread may call; calls of
 * many threads share the connection.
 *
 * <p>A call ends with the server's answer, with its rejection (an {@link OncRpcException}, never repeated), or with {@link
 * ServerUnreachableException} when there was no answer within {@link ClientOptions#giveUpAfter}. A call whose connection breaks, or whose
 * reply does not come within {@link ClientOptions#callTimeout}, is repeated; {@link Answer#repeated} says so. One thread connects while the
 * others wait; it pauses between attempts, longer with each one. Pauses start from the shortest again only when the server has answered a
 * call, so that a server that accepts connections and breaks them is not called without pause.
 *
 * <p>A call that fails while its connection stays open, such as one that the transport does not take, is repeated on a new connection too;
 * after {@value #OPEN_FAILURES} such failures the last one is thrown.
 */
public final class ServerLink implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServerLink.class);

    /** Failures of one call on connections that stayed open, the last of which is thrown. */
    private static final int OPEN_FAILURES = 3;

    private final ClientOptions options;
    private final InetSocketAddress address;
    private final int program;
    private final int version;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition change = lock.newCondition();
    private final AtomicLong connects = new AtomicLong();
    private final AtomicLong repeats = new AtomicLong();

    // guarded by lock
    private ServerConnection current;
    private boolean connecting;
    private boolean closed;

    /** Attempts to connect since the last answer. */
    private volatile int attempts;

    ServerLink(ClientOptions options, int port, int program, int version) {
        this.options = options;
        this.address = new InetSocketAddress(options.server().getAddress(), port);
        this.program = program;
        this.version = version;
    }

    /** Connections made so far. */
    public long connects() {
        return connects.get();
    }

    /** Attempts of calls that had no answer and were repeated, so far. */
    public long repeats() {
        return repeats.get();
    }

    /** The transport of the connection at this moment; connects if there is none. */
    RpcTransport transport() throws IOException {
        return connection(System.nanoTime() + options.giveUpAfter().toNanos(), null).transport();
    }

    /**
     * Makes a call, and repeats it until it is answered or the time is up.
     *
     * @param arguments asked for each attempt, since an oncrpc4j stream may be encoded once only
     * @throws OncRpcException when the server or oncrpc4j rejected the call
     * @throws ServerUnreachableException when there was no answer in time
     * @throws InterruptedIOException when this thread was interrupted
     */
    <T> Answer<T> call(int procedure, Supplier<? extends XdrAble> arguments, Decoded.Reader<T> reader) throws IOException {
        long deadline = System.nanoTime() + options.giveUpAfter().toNanos();
        boolean lost = false;
        int openFailures = 0;
        Exception cause = null;
        while (true) {
            ServerConnection connection = connection(deadline, cause);
            Decoded<T> result = new Decoded<>(reader);
            try {
                connection.call(procedure, arguments.get(), result, options.callTimeout().toMillis());
                attempts = 0;
                return new Answer<>(result.value(), lost);
            } catch (OncRpcException | BadXdrOncRpcException e) {
                attempts = 0;
                throw e;
            } catch (IOException e) {
                if (wasInterrupted(e) || connection.isOpen() && ++openFailures == OPEN_FAILURES) {
                    throw e;
                }
                cause = e;
            } catch (TimeoutException e) {
                cause = e;
            }
            lost = true;
            repeats.incrementAndGet();
            LOG.debug("{}: procedure {} is repeated after {}", address, procedure, cause.toString());
            discard(connection);
        }
    }

    private static boolean wasInterrupted(IOException e) {
        return e instanceof InterruptedIOException && e.getCause() instanceof InterruptedException;
    }

    /** The connection, made if there is none. */
    private ServerConnection connection(long deadline, Exception lastCause) throws IOException {
        Exception cause = lastCause;
        while (true) {
            ServerConnection open = takeOrPromise(deadline, cause);
            if (open != null) {
                return open;
            }
            try {
                attempts = attempts + 1;
                long left = Math.min(TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()), options.callTimeout().toMillis());
                return made(new ServerConnection(address, program, version, options.credential(), Math.max(1, left)));
            } catch (IOException e) {
                if (wasInterrupted(e)) {
                    throw e;
                }
                cause = e;
            } finally {
                promiseOver();
            }
        }
    }

    /** The connection if there is one; null if this thread must make it, after a pause that is over when this returns. */
    private ServerConnection takeOrPromise(long deadline, Exception cause) throws IOException {
        ServerConnection dead = null;
        lock.lock();
        try {
            while (connecting && !closed) {
                await(deadline, deadline, cause);
            }
            if (!closed && current != null && current.isOpen()) {
                return current;
            }
            dead = current;
            current = null;
            connecting = true;
            boolean paused = false;
            try {
                pause(deadline, cause);
                paused = true;
            } finally {
                if (!paused) {
                    promiseOver();
                }
            }
            return null;
        } finally {
            lock.unlock();
            if (dead != null) {
                dead.close();
            }
        }
    }

    private ServerConnection made(ServerConnection connection) throws IOException {
        lock.lock();
        try {
            if (!closed) {
                current = connection;
                connects.incrementAndGet();
                return connection;
            }
        } finally {
            lock.unlock();
        }
        connection.close();
        throw isClosed();
    }

    private void promiseOver() {
        lock.lock();
        try {
            connecting = false;
            change.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits before an attempt. Called with the lock, which is released while it waits. */
    private void pause(long deadline, Exception cause) throws IOException {
        long end = System.nanoTime() + options.pause(attempts).toNanos();
        while (!closed && end - System.nanoTime() > 0) {
            await(Math.min(end, deadline), deadline, cause);
        }
        if (closed) {
            throw isClosed();
        }
        if (deadline - System.nanoTime() <= 0) {
            throw unreachable(cause);
        }
    }

    /** Waits for a change, at most until a moment; fails at the deadline. */
    private void await(long until, long deadline, Exception cause) throws IOException {
        long now = System.nanoTime();
        if (deadline - now <= 0) {
            throw unreachable(cause);
        }
        try {
            change.awaitNanos(until - now);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted while waiting for " + address).initCause(e);
        }
    }

    private EOFException isClosed() {
        return new EOFException("the client of " + address + " is closed");
    }

    private ServerUnreachableException unreachable(Exception cause) {
        return new ServerUnreachableException("expected an answer of " + address + " within " + options.giveUpAfter()
                + ", got none; the last attempt ended with " + (cause == null ? "nothing" : cause.toString()), cause);
    }

    /** Closes a connection that lost a call; the next call makes another one. */
    private void discard(ServerConnection connection) {
        lock.lock();
        try {
            if (current == connection) {
                current = null;
            }
        } finally {
            lock.unlock();
        }
        connection.close();
    }

    /** Closes the connection; calls that wait fail. Idempotent. */
    @Override
    public void close() {
        ServerConnection last;
        lock.lock();
        try {
            closed = true;
            last = current;
            current = null;
            change.signalAll();
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.close();
        }
    }
}
