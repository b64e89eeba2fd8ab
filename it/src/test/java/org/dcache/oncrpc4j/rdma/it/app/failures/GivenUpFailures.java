// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** Places where a caller gives its call up, which the program holds: by a time-out, a cancel or an interrupt. */
final class GivenUpFailures {

    private GivenUpFailures() {}

    static void addTo(Map<String, Attempt> places) {
        places.put("time-out, synchronous", () -> {
            try (Site site = new Site()) {
                site.call().call(Site.HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 100, TimeUnit.MILLISECONDS);
            }
        });
        places.put("time-out, handler", () -> {
            try (Site site = new Site()) {
                Site.Heard heard = new Site.Heard();
                site.call().call(Site.HOLD, XdrVoid.XDR_VOID, heard, 100, TimeUnit.MILLISECONDS);
                heard.rethrow();
            }
        });
        places.put("time-out, of the future's get", () -> {
            try (Site site = new Site()) {
                site.call().call(Site.HOLD, XdrVoid.XDR_VOID, XdrInt.class).get(100, TimeUnit.MILLISECONDS);
            }
        });
        places.put("cancelled future", () -> {
            try (Site site = new Site()) {
                Future<XdrInt> future = site.call().call(Site.HOLD, XdrVoid.XDR_VOID, XdrInt.class);
                future.cancel(true);
                future.get();
            }
        });
        places.put("interrupted, synchronous", () -> {
            try (Site site = new Site()) {
                Thread caller = Thread.currentThread();
                Thread interrupter = new Thread(() -> {
                    try {
                        site.held.take();
                        caller.interrupt();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                interrupter.setDaemon(true);
                interrupter.start();
                try {
                    site.call().call(Site.HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                } finally {
                    Failures.stillInterrupted();
                }
            }
        });
    }
}
