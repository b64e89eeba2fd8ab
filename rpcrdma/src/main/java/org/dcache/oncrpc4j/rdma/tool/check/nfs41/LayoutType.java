// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.nfs3.Bounded;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * The two kinds of layout whose data servers speak NFS: which devices a layout's body names, and which addresses a device's body. Bodies
 * come from a server that may be anything: each length is bounded, and what is not as the RFC says is an {@link IOException}.
 */
public enum LayoutType {

    /** RFC 8881, section 13. */
    FILES(1, "files") {
        @Override
        void devices(XdrDecodingStream xdr, Set<Device> found) throws IOException {
            found.add(Device.read(xdr));
        }

        @Override
        void addresses(XdrDecodingStream xdr, List<DataServer> found) throws IOException {
            int indices = Bounded.length(xdr, "stripe indices", MANY);
            for (int i = 0; i < indices; i++) {
                xdr.xdrDecodeInt();
            }
            int servers = Bounded.length(xdr, "data servers", MANY);
            for (int i = 0; i < servers; i++) {
                multipath(xdr, found);
            }
        }
    },

    /** RFC 8435. */
    FLEX_FILES(4, "flex files") {
        @Override
        void devices(XdrDecodingStream xdr, Set<Device> found) throws IOException {
            xdr.xdrDecodeLong();
            int mirrors = Bounded.length(xdr, "mirrors", MANY);
            for (int i = 0; i < mirrors; i++) {
                int servers = Bounded.length(xdr, "data servers", MANY);
                for (int j = 0; j < servers; j++) {
                    found.add(Device.read(xdr));
                    xdr.xdrDecodeInt();
                    Stateid.read(xdr);
                    int versions = Bounded.length(xdr, "file handles", MANY);
                    for (int k = 0; k < versions; k++) {
                        opaque(xdr, "file handle");
                    }
                    opaque(xdr, "user");
                    opaque(xdr, "group");
                }
            }
        }

        @Override
        void addresses(XdrDecodingStream xdr, List<DataServer> found) throws IOException {
            multipath(xdr, found);
        }
    };

    private static final int MANY = 4096;

    private final int number;
    private final String text;

    LayoutType(int number, String text) {
        this.number = number;
        this.text = text;
    }

    int number() {
        return number;
    }

    abstract void devices(XdrDecodingStream xdr, Set<Device> found) throws IOException;

    abstract void addresses(XdrDecodingStream xdr, List<DataServer> found) throws IOException;

    /** The devices of a layout's body, each once. */
    Set<Device> devices(byte[] body) throws IOException {
        Set<Device> found = new LinkedHashSet<>();
        read(body, xdr -> devices(xdr, found));
        return found;
    }

    /** The addresses of a device's body, in their order. */
    List<DataServer> addresses(byte[] body) throws IOException {
        List<DataServer> found = new ArrayList<>();
        read(body, xdr -> addresses(xdr, found));
        return found;
    }

    private void read(byte[] body, Compound.Result reader) throws IOException {
        try (Xdr xdr = new Xdr(body)) {
            xdr.beginDecoding();
            reader.read(xdr);
        } catch (RuntimeException e) {
            // Grizzly's buffers, at their end.
            throw new IOException("expected the body of a layout of " + text + " or its device, got " + body.length + " bytes that end too"
                    + " early", e);
        }
    }

    private static void multipath(XdrDecodingStream xdr, List<DataServer> found) throws IOException {
        int addresses = Bounded.length(xdr, "addresses", MANY);
        for (int i = 0; i < addresses; i++) {
            found.add(new DataServer(string(xdr, "netid"), string(xdr, "universal address")));
        }
    }

    private static String string(XdrDecodingStream xdr, String item) throws IOException {
        return new String(opaque(xdr, item), StandardCharsets.UTF_8);
    }

    private static byte[] opaque(XdrDecodingStream xdr, String item) throws IOException {
        return xdr.xdrDecodeOpaque(Bounded.length(xdr, item, MANY));
    }

    @Override
    public String toString() {
        return text;
    }
}
