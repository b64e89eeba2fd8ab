// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/**
 * What took time and allocated memory, by a flight recording. Time: samples by top frame. Those in native calls are listed apart, because
 * a thread that waits in one looks the same as one that works; waits for sockets and for commands are left out. Allocation: sampled bytes
 * by the first frame that is not the JDK's, and by class.
 */
final class FlightSummary {

    private static final int LINES = 12;
    private static final String TRANSPORT = "org.dcache.oncrpc4j.rdma.";
    private static final List<String> NOT_TRANSPORT = List.of("org.dcache.oncrpc4j.rdma.tool.", "org.dcache.oncrpc4j.rdma.bench.");
    /** Calls in which a thread waits and nothing else. */
    private static final List<String> WAITS = List.of("sun.nio.ch.EPoll.wait", "java.io.FileInputStream.readBytes");
    private static final List<String> JDK = List.of("java.", "javax.", "jdk.", "sun.", "com.sun.");

    private final Map<String, Long> running = new HashMap<>();
    private final Map<String, Long> inNative = new HashMap<>();
    private final Map<String, Long> allocated = new HashMap<>();
    private long transportBytes;

    static FlightSummary of(Path recording) throws IOException {
        FlightSummary summary = new FlightSummary();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                summary.add(file.readEvent());
            }
        }
        return summary;
    }

    private void add(RecordedEvent event) {
        RecordedStackTrace stack = event.getStackTrace();
        if (stack == null || stack.getFrames().isEmpty()) {
            return;
        }
        switch (event.getEventType().getName()) {
            case "jdk.ExecutionSample" -> running.merge(top(stack), 1L, Long::sum);
            case "jdk.NativeMethodSample" -> {
                if (!WAITS.contains(name(stack.getFrames().get(0)))) {
                    inNative.merge(top(stack), 1L, Long::sum);
                }
            }
            case "jdk.ObjectAllocationSample" -> {
                long weight = event.getLong("weight");
                String owner = owner(stack);
                allocated.merge(owner + " " + event.getClass("objectClass").getName(), weight, Long::sum);
                if (isTransport(owner)) {
                    transportBytes += weight;
                }
            }
            default -> { }
        }
    }

    static boolean isTransport(String method) {
        return method.startsWith(TRANSPORT) && NOT_TRANSPORT.stream().noneMatch(method::startsWith);
    }

    private static String top(RecordedStackTrace stack) {
        String frame = name(stack.getFrames().get(0));
        String owner = owner(stack);
        return frame.equals(owner) ? frame : frame + "  <-  " + owner;
    }

    /** The first frame outside the JDK, or the outermost. */
    private static String owner(RecordedStackTrace stack) {
        List<RecordedFrame> frames = stack.getFrames();
        return frames.stream().map(FlightSummary::name).filter(name -> JDK.stream().noneMatch(name::startsWith)).findFirst()
                .orElse(name(frames.get(frames.size() - 1)));
    }

    private static String name(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }

    /** The part of the sampled bytes that the transport's classes allocated, 0 to 1. */
    double transportShare() {
        long all = allocated.values().stream().mapToLong(Long::longValue).sum();
        return all == 0 ? 0 : (double) transportBytes / all;
    }

    String render(String title, long calls) {
        StringBuilder text = new StringBuilder("profile: " + title + "\n");
        section(text, "running Java code, samples", running);
        section(text, "in native calls other than waits, samples", inNative);
        section(text, String.format(Locale.ROOT, "allocating, share of bytes (transport %.0f %%; %,d calls)", 100 * transportShare(),
                calls),
                allocated);
        return text.toString();
    }

    private static void section(StringBuilder text, String title, Map<String, Long> counts) {
        long all = counts.values().stream().mapToLong(Long::longValue).sum();
        text.append("  ").append(title).append(" (").append(String.format(Locale.ROOT, "%,d", all)).append(")\n");
        counts.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed()).limit(LINES)
                .forEach(e -> text.append(String.format(Locale.ROOT, "    %5.1f %%  %s%n", 100.0 * e.getValue() / all, e.getKey())));
    }
}
