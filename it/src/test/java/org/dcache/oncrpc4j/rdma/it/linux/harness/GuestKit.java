// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The host's side of Linux guests: the paths of scripts and files, and the preparation of kernel, drivers and packages.
 *
 * <p>{@link #prepare()} runs {@code prepare.sh} once per JVM, which is quick when nothing is missing. If the script fails, every scenario
 * fails with the script's last line; none is skipped.
 */
public final class GuestKit {

    private static String failure;
    private static boolean prepared;

    private GuestKit() {}

    static Path script(String name) {
        return module().resolve("src/test/linux").resolve(name);
    }

    /** Where a guest leaves its files. */
    public static Path output(String guest) {
        return module().resolve("target/linux").resolve(guest);
    }

    /** The module's directory: Surefire and Failsafe name it in a property; in an IDE it is the working directory. */
    public static Path module() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    }

    /** Fetches and builds what is missing, printing the script's lines. */
    static synchronized void prepare() {
        if (prepared) {
            return;
        }
        if (failure == null) {
            failure = runPrepare();
        }
        if (failure != null) {
            throw new IllegalStateException("No Linux guest can be started: " + failure);
        }
        prepared = true;
    }

    /** @return null if the script worked, else its last line with its status */
    private static String runPrepare() {
        String script = script("prepare.sh").toString();
        try {
            Process process = new ProcessBuilder("bash", script)
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .start();
            String last = "it printed nothing";
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    System.out.println(line);
                    last = line;
                }
            }
            int status = process.waitFor();
            return status == 0 ? null : script + " ended with status " + status + ": " + last;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while preparing the Linux guests", e);
        }
    }
}
