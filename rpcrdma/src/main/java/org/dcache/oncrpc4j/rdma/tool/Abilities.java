// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** What providers can do, in words: the lines of the table of {@code rpcrdma info} and of {@code docs/providers.md}. Stateless. */
public final class Abilities {

    /** One line of the table. */
    public record Line(String label, Function<Capabilities, String> value) {}

    private static final List<Line> LINES = List.of(
            new Line("sends memory that is not registered", c -> word(c.anyMemory())),
            new Line("memory is registered before a connection uses it", c -> word(c.registersAhead())),
            new Line("exposed memory is made when the peer writes", c -> word(c.lazyExposure())),
            new Line("shared receive queue", c -> word(c.sharedReceiveQueue())),
            new Line("Send with Invalidate", c -> word(c.sendWithInvalidate())),
            new Line("remote invalidation", c -> word(c.remoteInvalidate())),
            new Line("private data with an accept", c -> word(c.privateDataOnAccept())),
            new Line("private data of the peer", c -> word(c.privateDataReadable())),
            new Line("handles good for one connection only", c -> word(c.ownHandles())),
            new Line("what is exposed for writing cannot be read", c -> word(c.separateRights())),
            new Line("IPv6", c -> word(c.ipv6())),
            new Line("elements of a work request", c -> Integer.toString(c.maxSge())),
            new Line("inline threshold where none is set", c -> Integer.toString(c.inline())),
            new Line("bytes of private data", c -> Integer.toString(c.maxPrivateData())));

    private Abilities() {}

    public static List<Line> lines() {
        return LINES;
    }

    /** What a provider can do here; asked of its devices where it depends on them, for which they are opened for a moment. */
    static Optional<Capabilities> of(VerbsProvider provider, Configuration config) {
        Optional<Capabilities> known = provider.abilities();
        if (known.isPresent() || !provider.availability().available()) {
            return known;
        }
        try (Adapter adapter = provider.open(config)) {
            return Optional.of(adapter.capabilities());
        } catch (VerbsException e) {
            return Optional.empty();
        }
    }

    private static String word(boolean able) {
        return able ? "yes" : "no";
    }
}
