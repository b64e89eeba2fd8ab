// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * {@code strace -f -c} attached to one running process and all its threads. It slows the process down, so it is never attached while
 * anything is timed; and receivers then find more bytes per read than they do without it.
 */
final class Strace implements AutoCloseable {

    private static final int ATTACH_SECONDS = 5;
    private static final int DETACH_SECONDS = 10;

    private final Process process;
    private final Path table;

    private Strace(Process process, Path table) {
        this.process = process;
        this.table = table;
    }

    /**
     * Attaches and returns when all threads are attached.
     *
     * @throws IOException when there is no strace, or it cannot attach; the message says which
     */
    static Strace attach(long pid) throws IOException, InterruptedException {
        Path table = Files.createTempFile("bench-syscalls", ".txt");
        Process process;
        try {
            process = new ProcessBuilder("strace", "-f", "-c", "-o", table.toString(), "-p", Long.toString(pid)).start();
        } catch (IOException e) {
            Files.deleteIfExists(table);
            throw new IOException("strace cannot be started: " + e.getMessage(), e);
        }
        Strace strace = new Strace(process, table);
        String[] last = {"it said nothing"};
        CountDownLatch attached = new CountDownLatch(1);
        Thread reader = new Thread(() -> {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    last[0] = line;
                    if (line.contains(" attached")) {
                        attached.countDown();
                    }
                }
            } catch (IOException e) {
                last[0] = e.toString();
            }
        }, "bench strace of " + pid);
        reader.setDaemon(true);
        reader.start();
        for (int tenth = 0; tenth < 10 * ATTACH_SECONDS; tenth++) {
            if (attached.await(100, TimeUnit.MILLISECONDS)) {
                return strace;
            }
            if (!process.isAlive()) {
                break;
            }
        }
        strace.close();
        reader.join(1000);
        throw new IOException("strace cannot attach: " + last[0]);
    }

    /** Detaches and reads what was counted. */
    CallCounts counts(long rpcCalls) throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(DETACH_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("strace does not detach within " + DETACH_SECONDS + " s");
        }
        return CallCounts.parse(Files.readAllLines(table), rpcCalls);
    }

    /** Detaches; the file is gone afterwards. Idempotent. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(DETACH_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(table);
    }
}
