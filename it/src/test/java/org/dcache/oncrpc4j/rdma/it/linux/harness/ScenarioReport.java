// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * A report for people: for each class of scenarios the kernel and the siw, and for each scenario its result and what was counted. {@link
 * #note} adds a line; the classes that own guests, mounts and recordings call it. Each class's part is a file of its own in {@code
 * target/linux/report}, so that parts of other runs stay; {@code target/linux/report.md} contains all of them.
 *
 * <p>One class runs at a time. Where its scenarios run side by side, a note belongs to the scenario of the thread that made it.
 */
public final class ScenarioReport implements BeforeAllCallback, BeforeEachCallback, TestWatcher, AfterAllCallback {

    private static final List<String> LINES = new ArrayList<>();
    private static final List<Note> NOTES = new ArrayList<>();

    private record Note(Thread by, String line) { }

    /** Adds a line to the part of the scenario that runs on this thread, or of the class if none does. */
    public static void note(String line) {
        synchronized (LINES) {
            NOTES.add(new Note(Thread.currentThread(), line));
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        synchronized (LINES) {
            LINES.clear();
            NOTES.clear();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        flush(null);
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        flush(name(context) + ": passed");
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        flush(name(context) + ": FAILED: " + firstLine(cause));
    }

    @Override
    public void testAborted(ExtensionContext context, Throwable cause) {
        flush(name(context) + ": skipped: " + firstLine(cause));
    }

    @Override
    public void testDisabled(ExtensionContext context, Optional<String> reason) {
        flush(name(context) + ": skipped: " + reason.orElse(""));
    }

    private static String name(ExtensionContext context) {
        String method = context.getRequiredTestMethod().getName();
        String shown = context.getDisplayName();
        return "**" + method + "**" + (shown.startsWith(method) ? "" : " " + shown);
    }

    private static String firstLine(Throwable cause) {
        return String.valueOf(cause.getMessage()).strip().lines().findFirst().orElse(cause.getClass().getName());
    }

    /** Writes what this thread noted: below the scenario that just ended, or, without one, at the top. */
    private static void flush(String scenario) {
        synchronized (LINES) {
            String indent = scenario == null ? "" : "  ";
            if (scenario != null) {
                LINES.add("- " + scenario);
            }
            NOTES.removeIf(note -> note.by() == Thread.currentThread() && LINES.add(indent + "- " + note.line()));
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        String type = context.getRequiredTestClass().getName();
        String title = type.substring(type.lastIndexOf('.') + 1).replace('$', '.');
        context.getExecutionException().ifPresent(e -> LINES.add("- **FAILED** at the end: " + firstLine(e)));
        synchronized (LINES) {
            NOTES.forEach(note -> LINES.add("- " + note.line()));
            NOTES.clear();
            if (!LINES.isEmpty()) {
                Path parts = Files.createDirectories(GuestKit.output("report"));
                Files.writeString(parts.resolve(title + ".md"), "## " + title + "\n\n" + String.join("\n", LINES) + "\n");
                join(parts, GuestKit.output("report.md"));
            }
            LINES.clear();
        }
    }

    private static void join(Path parts, Path whole) throws IOException {
        StringBuilder text =
                new StringBuilder("# Scenarios with Linux kernels\n\nThe last run of each class. A mount's counters are those of the "
                + "kernel's `xprt:` line, ours are the server's"
                + " MBean; what is 0 is left out.\n");
        try (Stream<Path> files = Files.list(parts)) {
            for (Path part : files.sorted().toList()) {
                text.append('\n').append(Files.readString(part));
            }
        }
        Files.writeString(whole, text);
    }
}
