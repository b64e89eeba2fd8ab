// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * Everything that can fail for an application of oncrpc4j, one after the other; it uses nothing but oncrpc4j, and which exceptions it sees
 * depends on the transport. For each place it prints {@code SEEN place: type < its supertypes | the same of its root cause | message}, or
 * {@code nothing} in place of that if there was no result for long, or {@code no exception}; in the end {@code TRANSPORT class} and {@code
 * DONE}. Arguments: the places to try, all if there is none.
 */
public final class Failures {

    /** How long to wait for the result of a place before the next one is tried, and in the end for all that are missing. */
    private static final long SOON_MILLIS = 1000;
    private static final long PATIENCE_MILLIS = 15_000;

    private Failures() {}

    /** Fails if the thread is still interrupted: oncrpc4j clears the interrupt that it reports. */
    static void stillInterrupted() {
        if (Thread.interrupted()) {
            throw new AssertionError("the thread is still interrupted");
        }
    }

    private static String chain(Throwable thrown) {
        List<String> types = new ArrayList<>();
        for (Class<?> type = thrown.getClass(); type != Object.class; type = type.getSuperclass()) {
            types.add(type.getName());
        }
        return String.join(" < ", types);
    }

    private static String describe(Throwable thrown) {
        Throwable told = thrown;
        if (told instanceof ExecutionException) {
            told = told.getCause();
        }
        Throwable root = told;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return chain(told) + " | " + chain(root) + " | " + told.getMessage();
    }

    private static CompletableFuture<String> visit(String place, Attempt attempt) {
        CompletableFuture<String> seen = new CompletableFuture<>();
        Thread visitor = new Thread(() -> {
            try {
                attempt.run();
                seen.complete("no exception");
            } catch (Throwable e) {
                seen.complete(describe(e));
            }
        }, place);
        visitor.setDaemon(true);
        visitor.start();
        return seen;
    }

    private static String await(CompletableFuture<String> seen, long millis) throws InterruptedException, ExecutionException {
        try {
            return seen.get(Math.max(1, millis), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return "nothing";
        }
    }

    public static void main(String[] args) throws Exception {
        Map<String, Attempt> places = new LinkedHashMap<>();
        ConnectFailures.addTo(places);
        CallFailures.addTo(places);
        KilledServer.addTo(places);
        GivenUpFailures.addTo(places);
        ReplyFailures.addTo(places);
        TransportFailures.addTo(places);
        StartAndStopFailures.addTo(places);
        Map<String, CompletableFuture<String>> all = new LinkedHashMap<>();
        for (String place : args.length > 0 ? List.of(args) : places.keySet()) {
            all.put(place, visit(place, places.get(place)));
            await(all.get(place), SOON_MILLIS);
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        for (Map.Entry<String, CompletableFuture<String>> each : all.entrySet()) {
            System.out.println("SEEN " + each.getKey() + ": " + await(each.getValue(), (end - System.nanoTime()) / 1_000_000));
        }
        try (Site site = new Site()) {
            site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            System.out.println("TRANSPORT " + site.transport.getClass().getName());
        }
        System.out.println("DONE");
        System.exit(0);
    }
}
