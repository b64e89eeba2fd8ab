// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.nfs3.Bounded;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * A client with a session of one slot, without a backchannel, on a connection that is another's. It opens a file for reading, gets its
 * layout, asks for the devices, and gives all of it back; {@link #close} destroys session and client at the server. It is a client of its
 * own to the server, so that nobody else's state is touched. One thread.
 */
public final class PnfsSession implements AutoCloseable {

    public static final int PROGRAM = 100003;
    public static final int VERSION = 4;

    private static final int COMPOUND = 1;
    private static final int SESSION_ID = 16;
    private static final int VERIFIER = 8;
    private static final int LARGEST = 64 << 10;
    private static final int MANY = 1024;
    private static final long WHOLE_FILE = -1;
    private static final int READ = 1;
    private static final int WANT_NO_DELEGATION = 0x400;
    private static final int USE_PNFS_MDS = 0x20000;
    /** Attribute fs_layout_types, 62: its bit in the second word of a bitmap. */
    private static final int FS_LAYOUT_TYPES = 1 << 62 - Integer.SIZE;

    private final RpcCall nfs;
    private final long timeoutMillis;
    private final byte[] owner = ("rpcrdma check " + UUID.randomUUID()).getBytes(StandardCharsets.UTF_8);
    private long client;
    private int createSequence;
    private byte[] session;
    private int sequence;

    /** EXCHANGE_ID, CREATE_SESSION, RECLAIM_COMPLETE. */
    public PnfsSession(RpcTransport transport, RpcAuth credential, long timeoutMillis) throws IOException, TimeoutException {
        this.nfs = new RpcCall(PROGRAM, VERSION, credential, transport);
        this.timeoutMillis = timeoutMillis;
        call(new Compound().with(42, "EXCHANGE_ID", this::exchangeId, xdr -> {
            client = xdr.xdrDecodeLong();
            createSequence = xdr.xdrDecodeInt();
            // What follows, the server's name, is not of interest, and this operation is alone in its COMPOUND.
        }));
        call(new Compound().with(43, "CREATE_SESSION", this::createSession, xdr -> session = xdr.xdrDecodeOpaque(SESSION_ID)));
        call(sequenced().with(58, "RECLAIM_COMPLETE", xdr -> xdr.xdrEncodeBoolean(false), nothing()));
    }

    /** What a server said of a file. @param types that its file system has, by number, the unknown too */
    public record Layouts(List<Integer> types, Map<LayoutType, List<List<DataServer>>> devices) {}

    /**
     * The layouts of a file, and of each the addresses of its devices.
     *
     * @param path of a file, from the root of what the server exports
     */
    public Layouts layouts(String path) throws IOException, TimeoutException {
        List<String> names = List.of(path.replaceFirst("^/+", "").split("/+"));
        List<Integer> types = new ArrayList<>();
        Stateid[] open = new Stateid[1];
        byte[][] handle = new byte[1][];
        Compound opening = sequenced().with(24, "PUTROOTFH", none(), nothing());
        for (String name : names.subList(0, names.size() - 1)) {
            opening.with(15, "LOOKUP of '" + name + "'", xdr -> xdr.xdrEncodeString(name), nothing());
        }
        String last = names.get(names.size() - 1);
        call(opening.with(18, "OPEN of '" + last + "'", xdr -> open(xdr, last), xdr -> open[0] = opened(xdr))
                .with(10, "GETFH", none(), xdr -> handle[0] = opaque(xdr, "file handle"))
                .with(9, "GETATTR", PnfsSession::layoutTypes, xdr -> types.addAll(layoutTypes(xdr))));
        try {
            Map<LayoutType, List<List<DataServer>>> devices = new EnumMap<>(LayoutType.class);
            for (LayoutType type : LayoutType.values()) {
                if (types.contains(type.number())) {
                    devices.put(type, devices(type, handle[0], open[0]));
                }
            }
            return new Layouts(types, devices);
        } finally {
            call(onFile(handle[0]).with(4, "CLOSE", xdr -> {
                xdr.xdrEncodeInt(0);
                open[0].write(xdr);
            }, Stateid::read));
        }
    }

    private List<List<DataServer>> devices(LayoutType type, byte[] handle, Stateid open) throws IOException, TimeoutException {
        Stateid[] layout = new Stateid[1];
        Set<Device> devices = new LinkedHashSet<>();
        call(onFile(handle).with(50, "LAYOUTGET (" + type + ")", xdr -> layoutGet(xdr, type, open), xdr -> {
            xdr.xdrDecodeBoolean();
            layout[0] = Stateid.read(xdr);
            int segments = Bounded.length(xdr, "segments of a layout", MANY);
            for (int i = 0; i < segments; i++) {
                xdr.xdrDecodeLong();
                xdr.xdrDecodeLong();
                xdr.xdrDecodeInt();
                xdr.xdrDecodeInt();
                devices.addAll(type.devices(opaque(xdr, "layout")));
            }
        }));
        try {
            List<List<DataServer>> all = new ArrayList<>();
            for (Device device : devices) {
                call(sequenced().with(47, "GETDEVICEINFO", xdr -> {
                    xdr.xdrEncodeOpaque(device.bytes(), SESSION_ID);
                    xdr.xdrEncodeInt(type.number());
                    xdr.xdrEncodeInt(LARGEST);
                    xdr.xdrEncodeInt(0);
                }, xdr -> {
                    xdr.xdrDecodeInt();
                    all.add(type.addresses(opaque(xdr, "device")));
                }));
            }
            return all;
        } finally {
            call(onFile(handle).with(51, "LAYOUTRETURN", xdr -> layoutReturn(xdr, type, layout[0]), nothing()));
        }
    }

    private void exchangeId(XdrEncodingStream xdr) throws IOException {
        byte[] verifier = new byte[VERIFIER];
        ThreadLocalRandom.current().nextBytes(verifier);
        xdr.xdrEncodeOpaque(verifier, VERIFIER);
        xdr.xdrEncodeDynamicOpaque(owner);
        xdr.xdrEncodeInt(USE_PNFS_MDS);
        xdr.xdrEncodeInt(0);
        xdr.xdrEncodeInt(0);
    }

    private void createSession(XdrEncodingStream xdr) throws IOException {
        xdr.xdrEncodeLong(client);
        xdr.xdrEncodeInt(createSequence);
        xdr.xdrEncodeInt(0);
        for (int channel = 0; channel < 2; channel++) {
            xdr.xdrEncodeInt(0);
            xdr.xdrEncodeInt(LARGEST);
            xdr.xdrEncodeInt(LARGEST);
            xdr.xdrEncodeInt(LARGEST);
            xdr.xdrEncodeInt(MANY);
            xdr.xdrEncodeInt(1);
            xdr.xdrEncodeInt(0);
        }
        xdr.xdrEncodeInt(PROGRAM);
        // one way of authentication for the backchannel: AUTH_NONE
        xdr.xdrEncodeInt(1);
        xdr.xdrEncodeInt(0);
    }

    private Compound sequenced() {
        int number = ++sequence;
        return new Compound().with(53, "SEQUENCE", xdr -> {
            xdr.xdrEncodeOpaque(session, SESSION_ID);
            xdr.xdrEncodeInt(number);
            xdr.xdrEncodeInt(0);
            xdr.xdrEncodeInt(0);
            xdr.xdrEncodeBoolean(false);
        }, xdr -> {
            xdr.xdrDecodeOpaque(SESSION_ID);
            for (int word = 0; word < 5; word++) {
                xdr.xdrDecodeInt();
            }
        });
    }

    private Compound onFile(byte[] handle) {
        return sequenced().with(22, "PUTFH", xdr -> xdr.xdrEncodeDynamicOpaque(handle), nothing());
    }

    private void open(XdrEncodingStream xdr, String name) throws IOException {
        xdr.xdrEncodeInt(0);
        xdr.xdrEncodeInt(READ | WANT_NO_DELEGATION);
        xdr.xdrEncodeInt(0);
        xdr.xdrEncodeLong(client);
        xdr.xdrEncodeDynamicOpaque(owner);
        // not created; by its name
        xdr.xdrEncodeInt(0);
        xdr.xdrEncodeInt(0);
        xdr.xdrEncodeString(name);
    }

    /** Reads all of OPEN's result, since others follow: a server may delegate, whatever it was asked. */
    static Stateid opened(XdrDecodingStream xdr) throws IOException {
        Stateid state = Stateid.read(xdr);
        xdr.xdrDecodeBoolean();
        xdr.xdrDecodeLong();
        xdr.xdrDecodeLong();
        xdr.xdrDecodeInt();
        bitmap(xdr);
        int delegation = xdr.xdrDecodeInt();
        switch (delegation) {
            case 0 -> { }
            case 1, 2 -> {
                Stateid.read(xdr);
                xdr.xdrDecodeBoolean();
                if (delegation == 2) {
                    // limited by size or by blocks: twelve bytes either way
                    xdr.xdrDecodeInt();
                    xdr.xdrDecodeLong();
                }
                xdr.xdrDecodeInt();
                xdr.xdrDecodeInt();
                xdr.xdrDecodeInt();
                opaque(xdr, "who of an ACE");
            }
            case 3 -> {
                int why = xdr.xdrDecodeInt();
                if (why == 1 || why == 2) {
                    xdr.xdrDecodeBoolean();
                }
            }
            default -> throw new IOException("expected a delegation of type 0 to 3, got " + delegation);
        }
        return state;
    }

    private static void layoutTypes(XdrEncodingStream xdr) throws IOException {
        xdr.xdrEncodeInt(2);
        xdr.xdrEncodeInt(0);
        xdr.xdrEncodeInt(FS_LAYOUT_TYPES);
    }

    private static List<Integer> layoutTypes(XdrDecodingStream xdr) throws IOException {
        List<Integer> words = bitmap(xdr);
        byte[] values = opaque(xdr, "attributes");
        List<Integer> types = new ArrayList<>();
        if (words.size() > 1 && (words.get(1) & FS_LAYOUT_TYPES) != 0) {
            try (Xdr inner = new Xdr(values)) {
                inner.beginDecoding();
                int count = Bounded.length(inner, "layout types", values.length / Integer.BYTES);
                for (int i = 0; i < count; i++) {
                    types.add(inner.xdrDecodeInt());
                }
            }
        }
        return types;
    }

    private static List<Integer> bitmap(XdrDecodingStream xdr) throws IOException {
        List<Integer> words = new ArrayList<>();
        for (int left = Bounded.length(xdr, "words of a bitmap", MANY); left > 0; left--) {
            words.add(xdr.xdrDecodeInt());
        }
        return words;
    }

    private static void layoutGet(XdrEncodingStream xdr, LayoutType type, Stateid open) throws IOException {
        xdr.xdrEncodeBoolean(false);
        xdr.xdrEncodeInt(type.number());
        xdr.xdrEncodeInt(READ);
        xdr.xdrEncodeLong(0);
        xdr.xdrEncodeLong(WHOLE_FILE);
        // least length: any
        xdr.xdrEncodeLong(0);
        open.write(xdr);
        xdr.xdrEncodeInt(LARGEST);
    }

    private static void layoutReturn(XdrEncodingStream xdr, LayoutType type, Stateid layout) throws IOException {
        xdr.xdrEncodeBoolean(false);
        xdr.xdrEncodeInt(type.number());
        xdr.xdrEncodeInt(READ);
        // of a file
        xdr.xdrEncodeInt(1);
        xdr.xdrEncodeLong(0);
        xdr.xdrEncodeLong(WHOLE_FILE);
        layout.write(xdr);
        if (type == LayoutType.FLEX_FILES) {
            // no errors, no statistics
            xdr.xdrEncodeInt(2 * Integer.BYTES);
            xdr.xdrEncodeInt(0);
            xdr.xdrEncodeInt(0);
        } else {
            xdr.xdrEncodeInt(0);
        }
    }

    private static Compound.Part none() {
        return xdr -> { };
    }

    private static Compound.Result nothing() {
        return xdr -> { };
    }

    private static byte[] opaque(XdrDecodingStream xdr, String item) throws IOException {
        return xdr.xdrDecodeOpaque(Bounded.length(xdr, item, LARGEST));
    }

    private void call(Compound compound) throws IOException, TimeoutException {
        nfs.call(COMPOUND, compound, compound, timeoutMillis, TimeUnit.MILLISECONDS);
        compound.check();
    }

    @Override
    public void close() throws IOException {
        try {
            call(new Compound().with(44, "DESTROY_SESSION", xdr -> xdr.xdrEncodeOpaque(session, SESSION_ID), nothing()));
            call(new Compound().with(57, "DESTROY_CLIENTID", xdr -> xdr.xdrEncodeLong(client), nothing()));
        } catch (TimeoutException e) {
            throw new IOException("expected a reply to DESTROY_SESSION, got none", e);
        }
    }
}
