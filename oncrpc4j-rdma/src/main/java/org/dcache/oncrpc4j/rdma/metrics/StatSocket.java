// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.io.IOException;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the transport's beans say, for readers on this machine without JMX: a JVM in a container has neither the modules that a remote JMX
 * client needs nor those for attaching to it. Whoever connects to the Unix socket gets all of it as one text of {@link Properties} and the
 * end of the stream; nothing is read from him.
 *
 * <p>The socket is made in a folder that only this user can enter, is given the mode 0600, and only then gets its name: nobody else can
 * connect at any time. A socket of that name that nobody serves any more is replaced, anything else is left alone. One daemon thread
 * answers one reader after the other; one who does not read keeps the others waiting and nobody else. When it cannot be made, that is
 * logged and nothing else happens. Shared by all who {@link #acquire} it; the last one to give it back closes it. Any thread.
 */
public final class StatSocket {

    private static final Logger LOG = LoggerFactory.getLogger(StatSocket.class);

    private static final long PAUSE_MILLIS = 100;

    // guarded by the class
    private static final Map<Path, StatSocket> OPEN = new HashMap<>();

    private final Path path;
    private final ServerSocketChannel server;
    private final Object key;
    private final Thread thread;
    private int users;

    private StatSocket(Path path, BiFunction<String, Runnable, ? extends Thread> threads) throws IOException {
        this.path = path;
        this.server = listen(path);
        try {
            this.key = key(path);
        } catch (IOException e) {
            server.close();
            throw e;
        }
        this.thread = threads.apply("oncrpc4j-rdma stat", this::serve);
        try {
            thread.start();
        } catch (Error e) {
            close();
            throw e;
        }
    }

    /**
     * Opens it, if that was not done.
     *
     * @param name its path; {@code %p} in it stands for the process id
     * @param threads makes a daemon thread by name and body
     * @return gives it back; to be called once
     */
    public static synchronized Runnable acquire(String name, BiFunction<String, Runnable, ? extends Thread> threads) {
        Path path = Path.of(name.replace("%p", Long.toString(ProcessHandle.current().pid())));
        StatSocket socket = OPEN.get(path);
        if (socket == null) {
            try {
                socket = new StatSocket(path, threads);
            } catch (IOException | UnsupportedOperationException e) {
                LOG.warn("nobody can read counters from {}: {}", path, e.toString());
                return () -> {};
            }
            OPEN.put(path, socket);
        }
        socket.users++;
        return socket::release;
    }

    private void release() {
        synchronized (StatSocket.class) {
            if (--users > 0) {
                return;
            }
            OPEN.remove(path);
            thread.interrupt();
            close();
        }
    }

    private void close() {
        try {
            try (server) {
                // Another process may have put its own there since.
                if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && key.equals(key(path))) {
                    Files.deleteIfExists(path);
                }
            }
        } catch (IOException e) {
            LOG.warn("{} stays: {}", path, e.toString());
        }
    }

    /** What tells a file from another one of its name. */
    private static Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
    }

    private static ServerSocketChannel listen(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isOther()) {
                throw new IOException("it is there and is no socket; remove it, or name another path");
            }
            if (isServed(path)) {
                throw new IOException("another process or class loader serves it; %p in the path makes it one for each process");
            }
        }
        Path folder = Files.createTempDirectory(path.toAbsolutePath().getParent(), ".");
        Path hidden = folder.resolve("s");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(hidden));
            Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rw-------"));
            Files.move(hidden, path, StandardCopyOption.ATOMIC_MOVE);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            Files.deleteIfExists(hidden);
            throw e;
        } finally {
            Files.deleteIfExists(folder);
        }
    }

    /**
     * If not, it is left from a process that has ended. Does not wait: who serves it may be anybody, and may accept nobody.
     *
     * @throws IOException it cannot be told, as where connections wait to be accepted already
     */
    private static boolean isServed(Path path) throws IOException {
        try (SocketChannel other = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.configureBlocking(false);
            other.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException e) {
            return false;
        }
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel reader = server.accept()) {
                StringWriter text = new StringWriter();
                BeanText.of().store(text, null);
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
                while (bytes.hasRemaining()) {
                    reader.write(bytes);
                }
            } catch (IOException e) {
                LOG.debug("a reader of {} has gone, or there is no descriptor for one: {}", path, e.toString());
                pause();
            } catch (RuntimeException e) {
                LOG.warn("counters cannot be read from {}", path, e);
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            // The server is closed.
            Thread.currentThread().interrupt();
        }
    }
}
