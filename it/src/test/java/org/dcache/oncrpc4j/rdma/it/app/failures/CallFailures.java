// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** Places where a call gets no reply: the server or the own client stops before it or while it waits. */
final class CallFailures {

    private interface Fault {
        void inject(Site site) throws Exception;
    }

    private final Map<String, Attempt> places;

    private CallFailures(Map<String, Attempt> places) {
        this.places = places;
    }

    static void addTo(Map<String, Attempt> places) {
        new CallFailures(places).add();
    }

    private void add() {
        calls("call after the server stopped", false, site -> {
            site.server.stop();
            while (site.transport.isOpen()) {
                Thread.sleep(1);
            }
        });
        calls("call after the own client stopped", false, site -> {
            site.client.stop();
            while (site.transport.isOpen()) {
                Thread.sleep(1);
            }
        });
        calls("call that waits while the server stops", true, site -> site.server.stop());
        calls("call that waits while the server stops with a grace period", true, site -> {
            Thread stopper = new Thread(() -> {
                try {
                    site.server.stop(500, TimeUnit.MILLISECONDS);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            stopper.setDaemon(true);
            stopper.start();
        });
        calls("call that waits while the own client stops", true, site -> site.client.stop());
    }

    /** Each way to call, with a fault that is injected while the program holds the call, or before the call. */
    private void calls(String place, boolean waiting, Fault fault) {
        int procedure = waiting ? Site.HOLD : Site.REPLY;
        for (String way : new String[] {"synchronous", "synchronous with a time-out", "handler", "handler with a time-out", "future"}) {
            places.put(place + ", " + way, () -> {
                try (Site site = new Site()) {
                    site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                    if (!waiting) {
                        fault.inject(site);
                    }
                    Site.Heard heard = new Site.Heard();
                    Future<?> future = null;
                    CompletableFuture<Throwable> caller = new CompletableFuture<>();
                    if (way.startsWith("handler")) {
                        if (way.endsWith("time-out")) {
                            site.call().call(procedure, new XdrInt(1), heard, 60, TimeUnit.SECONDS);
                        } else {
                            site.call().call(procedure, new XdrInt(1), heard);
                        }
                    } else if (way.equals("future")) {
                        future = site.call().call(procedure, new XdrInt(1), XdrInt.class);
                    } else {
                        Thread thread = new Thread(() -> {
                            try {
                                if (way.endsWith("time-out")) {
                                    site.call().call(procedure, new XdrInt(1), new XdrInt(), 60, TimeUnit.SECONDS);
                                } else {
                                    site.call().call(procedure, new XdrInt(1), new XdrInt());
                                }
                                caller.complete(null);
                            } catch (IOException | TimeoutException | RuntimeException e) {
                                caller.complete(e);
                            }
                        });
                        thread.setDaemon(true);
                        thread.start();
                    }
                    if (waiting) {
                        site.held.take();
                        fault.inject(site);
                    }
                    if (way.startsWith("handler")) {
                        heard.rethrow();
                    } else if (future != null) {
                        future.get();
                    } else {
                        Throwable cause = caller.get();
                        if (cause != null) {
                            throw cause;
                        }
                    }
                }
            });
        }
    }
}
