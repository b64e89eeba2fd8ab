// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * Places where arguments, reply or result are at fault: the program refuses the call or throws, something does not encode or decode, a
 * handler throws, a reply is large.
 */
final class ReplyFailures {

    private final Map<String, Attempt> places;

    private ReplyFailures(Map<String, Attempt> places) {
        this.places = places;
    }

    static void addTo(Map<String, Attempt> places) {
        new ReplyFailures(places).add();
    }

    private void add() {
        int number = Site.PROGRAM.getNumber();
        replies("reply: no such program", number + 1, 1, 0, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: no such version", number, 7, 0, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: version mismatch by the program", number, 1, Site.ODD_VERSION, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: no such procedure", number, 1, 99, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: the program threw a RuntimeException", number, 1, Site.THROW, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: the program threw an IOException", number, 1, Site.IO_FAILURE, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: the program threw an Error", number, 1, Site.THROW_ERROR, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: a result that does not encode", number, 1, Site.UNENCODABLE, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: credential rejected", number, 1, Site.REJECT, XdrVoid.XDR_VOID, XdrInt.class);
        replies("arguments that the program cannot decode", number, 1, Site.REPLY, XdrVoid.XDR_VOID, XdrInt.class);
        replies("arguments that do not encode, IOException", number, 1, Site.REPLY, new BadArguments(false), XdrInt.class);
        replies("arguments that do not encode, RuntimeException", number, 1, Site.REPLY, new BadArguments(true), XdrInt.class);
        replies("result that does not decode", number, 1, Site.REPLY, new XdrInt(1), Greedy.class);
        replies("result whose decoder throws a RuntimeException", number, 1, Site.REPLY, new XdrInt(1), Stubborn.class);
        replies("result whose decoder throws an Error", number, 1, Site.REPLY, new XdrInt(1), Hopeless.class);
        places.put("call after a handler threw a RuntimeException", () -> {
            try (Site site = new Site()) {
                CountDownLatch threw = new CountDownLatch(1);
                site.call().call(0, XdrVoid.XDR_VOID, new CompletionHandler<RpcReply, RpcTransport>() {
                    @Override
                    public void completed(RpcReply reply, RpcTransport transport) {
                        threw.countDown();
                        throw new IllegalStateException("a defect of the handler");
                    }

                    @Override
                    public void failed(Throwable cause, RpcTransport transport) {}
                });
                threw.await();
                Thread.sleep(200);
                site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            }
        });

        replies("reply of 3 MiB", number, 1, Site.LARGE, XdrVoid.XDR_VOID, XdrOpaque.class);
    }

    /** A reply that reports a failure, for each way to call. */
    private void replies(String place, int program, int version, int procedure, XdrAble argument, Class<? extends XdrAble> result) {
        places.put(place + ", synchronous", () -> {
            try (Site site = new Site()) {
                site.call(program, version).call(procedure, argument, result.getConstructor().newInstance());
            }
        });
        places.put(place + ", handler", () -> {
            try (Site site = new Site()) {
                Site.Heard heard = new Site.Heard();
                site.call(program, version).call(procedure, argument, heard);
                heard.rethrow();
            }
        });
        places.put(place + ", future", () -> {
            try (Site site = new Site()) {
                site.call(program, version).call(procedure, argument, result).get();
            }
        });
    }

    /** Cannot be encoded or decoded. */
    static final class BadArguments implements XdrAble {
        private final boolean unchecked;

        BadArguments(boolean unchecked) {
            this.unchecked = unchecked;
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            fail();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            xdr.xdrEncodeInt(1);
            fail();
        }

        private void fail() throws IOException {
            if (unchecked) {
                throw new IllegalStateException("cannot be encoded");
            }
            throw new java.io.CharConversionException("cannot be encoded");
        }
    }

    /** Decodes more than the reply has. */
    public static final class Greedy implements XdrAble {
        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            for (int i = 0; i < 20; i++) {
                xdr.xdrDecodeInt();
            }
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {}
    }

    /** Cannot be decoded, by no fault of the reply. */
    public static class Stubborn implements XdrAble {
        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw new IllegalStateException("cannot be decoded");
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {}
    }

    /** Likewise, with an Error. */
    public static final class Hopeless extends Stubborn {
        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw new OutOfMemoryError("cannot be decoded");
        }
    }
}
