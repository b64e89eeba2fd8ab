// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.gss.Answer;
import org.dcache.oncrpc4j.rdma.gss.GssService;
import org.dcache.oncrpc4j.rdma.gss.GssSession;
import org.dcache.oncrpc4j.rdma.gss.GssSession.Request;
import org.dcache.oncrpc4j.rdma.gss.Wire;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.ietf.jgss.GSSException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * RPCSEC_GSS with real Kerberos tickets: what a client gets over RDMA is what oncrpc4j's own service gives it over TCP; where that one is
 * silent, there is an answer.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GssCallsTest {

    private static final int ECHO = EchoProgram.ECHO;
    private static final byte[] DATA = EchoProgram.pattern(101);

    private static GssServers servers;

    @BeforeAll
    static void start() throws Exception {
        servers = new GssServers();
    }

    @AfterAll
    static void stop() throws Exception {
        servers.close();
    }

    private static GssSession session(Wire wire) throws Exception {
        return GssSession.establish(servers.kdc, wire, EchoProgram.PROGRAM, EchoProgram.VERSION);
    }

    private static byte[] opaque(byte[] bytes) {
        return ByteBuffer.allocate(4 + (bytes.length + 3 & ~3)).putInt(bytes.length).put(bytes).array();
    }

    private static void echo(GssSession session, Wire wire, GssService service, int length) throws Exception {
        byte[] argument = opaque(EchoProgram.pattern(length));
        assertThat(session.call(wire, ECHO, service, argument)).isEqualTo(argument);
    }

    /**
     * Inline, long calls and long replies, and chunks where the program's data may be placed; with both sides of the threshold in between.
     */
    @ParameterizedTest
    @CsvSource({"NONE, 0", "NONE, 3000", "NONE, 4100", "NONE, 1048576", "INTEGRITY, 1", "INTEGRITY, 3801", "INTEGRITY, 3900",
            "INTEGRITY, 4100",
        "INTEGRITY, 1048576", "PRIVACY, 2", "PRIVACY, 3800", "PRIVACY, 3903", "PRIVACY, 4100", "PRIVACY, 1048576"})
    void argumentsAndResultsOfAnySize(GssService service, int length) throws Exception {
        Wire rdma = servers.overRdma();
        for (int program : new int[] {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM}) {
            GssSession session = GssSession.establish(servers.kdc, rdma, program, EchoProgram.VERSION);
            echo(session, rdma, service, length);
            echo(session, servers.overTcp(), service, length);
        }
    }

    @ParameterizedTest
    @EnumSource(GssService.class)
    void aCallWithoutArgumentsAndResults(GssService service) throws Exception {
        Wire rdma = servers.overRdma();
        assertThat(session(rdma).call(rdma, 0, service, new byte[0])).isEmpty();
    }

    @Test
    @Tag("conformance-112")
    void aContextOfOneTransportServesOnTheOther() throws Exception {
        Wire tcp = servers.overTcp();
        Wire rdma = servers.overRdma();
        GssSession first = session(tcp);
        GssSession second = session(rdma);
        for (GssService service : GssService.values()) {
            echo(first, rdma, service, 5000);
            echo(second, tcp, service, 5000);
            echo(first, tcp, service, 50);
            echo(second, rdma, service, 50);
        }
        // What one transport ends is over on the other.
        Request end = first.destruction();
        first.verify(Answer.of(servers.bareWire().exchange(end.message())), end.sequence());
        assertThat(Answer.of(tcp.exchange(first.request(ECHO, GssService.NONE, opaque(DATA)).message())).status())
                .isEqualTo(Answer.CTXPROBLEM);
    }

    /** A message that makes no sense, made anew for each transport: they would not be the same to the server otherwise. */
    private interface Hostile {
        byte[] message(GssSession session) throws Exception;
    }

    private static Map<String, Hostile> hostile() {
        Map<String, Hostile> all = new LinkedHashMap<>();
        all.put("unknown handle", s -> s.odd(0, 1, new byte[16], opaque(DATA)).message());
        all.put("no handle", s -> s.odd(0, 1, new byte[0], opaque(DATA)).message());
        all.put("long handle", s -> s.odd(0, 1, new byte[300], opaque(DATA)).message());
        all.put("verifier of something else", s -> s.badlySigned(0).message());
        all.put("empty integrity body", s -> s.withBody(ECHO, 77, GssService.INTEGRITY, new byte[0]).message());
        all.put("empty privacy body", s -> s.withBody(ECHO, 78, GssService.PRIVACY, new byte[0]).message());
        all.put("integrity body ends early", s -> cut(s.request(ECHO, GssService.INTEGRITY, opaque(DATA)).message(), 40));
        all.put("privacy body ends early", s -> cut(s.request(ECHO, GssService.PRIVACY, opaque(DATA)).message(), 40));
        all.put("integrity body of no bytes", s -> s.withBody(ECHO, 79, GssService.INTEGRITY, new byte[8]).message());
        all.put("privacy body of no bytes", s -> s.withBody(ECHO, 80, GssService.PRIVACY, new byte[4]).message());
        all.put("arguments in clear with integrity", s -> s.withBody(ECHO, 81, GssService.INTEGRITY, opaque(DATA)).message());
        all.put("arguments in clear with privacy", s -> s.withBody(ECHO, 82, GssService.PRIVACY, opaque(DATA)).message());
        all.put("integrity body changed", s -> flipped(s.request(ECHO, GssService.INTEGRITY, opaque(DATA)).message(), 60));
        all.put("privacy body changed", s -> flipped(s.request(ECHO, GssService.PRIVACY, opaque(DATA)).message(), 20));
        all.put("only a sequence number in the body", s -> s.request(ECHO, GssService.INTEGRITY, new byte[0]).message());
        all.put("arguments longer than their body", s -> s.request(ECHO, GssService.INTEGRITY, new byte[] {0, 1, 0, 0}).message());
        all.put("arguments of a negative length", s -> s.request(ECHO, GssService.PRIVACY, new byte[] {-1, -1, -1, -4}).message());
        all.put("empty token", s -> s.negotiation(new byte[0], new byte[0]));
        all.put("garbage token", s -> s.negotiation(new byte[0], DATA));
        all.put("token that is cut", s -> s.negotiation(new byte[0], Arrays.copyOf(token(), 300)));
        all.put("token ends with the message", s -> cut(s.negotiation(new byte[0], DATA), 50));
        all.put("continuation of nothing", s -> s.negotiation(new byte[16], DATA));
        all.put("continuation of what is done", s -> s.negotiation(s.handle(), DATA));
        all.put("destruction of an unknown context", s -> s.odd(3, 1, new byte[16], new byte[0]).message());
        return all;
    }

    private static byte[] token() throws GSSException {
        return GssSession.begin(servers.kdc, EchoProgram.PROGRAM, EchoProgram.VERSION).token();
    }

    private static byte[] cut(byte[] message, int less) {
        return Arrays.copyOf(message, message.length - less);
    }

    private static byte[] flipped(byte[] message, int fromEnd) {
        byte[] changed = message.clone();
        changed[changed.length - fromEnd] ^= 0x10;
        return changed;
    }

    @Test
    void whatMakesNoSenseIsAnsweredAsOverTcpAndTheContextGoesOn() throws Exception {
        Wire tcp = servers.overTcp();
        Wire rdma = servers.bareWire();
        GssSession overTcp = session(tcp);
        GssSession overRdma = session(rdma);
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, String> came = new LinkedHashMap<>();
        for (Map.Entry<String, Hostile> each : hostile().entrySet()) {
            expected.put(each.getKey(), status(tcp, each.getValue().message(overTcp)));
            came.put(each.getKey(), status(rdma, each.getValue().message(overRdma)));
            echo(overRdma, rdma, GssService.INTEGRITY, 100);
            echo(overTcp, tcp, GssService.INTEGRITY, 100);
        }
        assertThat(came).isEqualTo(expected);
        assertThat(came.values()).doesNotContain(Answer.SUCCESS).contains(Answer.CTXPROBLEM, Answer.GARBAGE_ARGS);
    }

    private static String status(Wire wire, byte[] message) throws Exception {
        Answer answer = Answer.of(wire.exchange(message));
        assertThat(answer.xid()).isEqualTo(ByteBuffer.wrap(message).getInt());
        return answer.status();
    }

    /** oncrpc4j keeps no window of sequence numbers. */
    @Test
    void aCallThatComesTwiceIsTreatedAsOverTcp() throws Exception {
        Wire tcp = servers.overTcp();
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        Request request = session.request(ECHO, GssService.INTEGRITY, opaque(DATA));
        for (Wire wire : new Wire[] {tcp, rdma, tcp, rdma}) {
            assertThat(session.results(request, wire.exchange(request.message()))).isEqualTo(opaque(DATA));
        }
    }

    @Test
    void destroyIsAnsweredAndSignedAndTheContextIsGone() throws Exception {
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        Request end = session.destruction();
        Answer answer = Answer.of(rdma.exchange(end.message()));
        assertThat(answer.status()).isEqualTo(Answer.SUCCESS);
        assertThat(answer.results()).isEmpty();
        session.verify(answer, end.sequence());
        assertThat(servers.sessions.knows(session.handle())).isFalse();
        assertThat(status(rdma, session.destruction().message())).isEqualTo(Answer.CTXPROBLEM);
    }

    @Test
    void nobodyEndsAContextThatIsNotHis() throws Exception {
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        assertThat(status(rdma, session.badlySigned(3).message())).isEqualTo(Answer.CTXPROBLEM);
        echo(session, rdma, GssService.PRIVACY, 100);
    }

    /** oncrpc4j answers none of these, or lets the program run with arguments that were not decoded. */
    @Test
    void proceduresAndServicesThatAreNoneAreRefused() throws Exception {
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        long before = Counters.process().get(XprtCounter.GSS_REFUSED);
        for (int procedure : new int[] {4, 5, -1, Integer.MAX_VALUE}) {
            assertThat(status(rdma, session.odd(procedure, 1, session.handle(), opaque(DATA)).message())).isEqualTo(Answer.BADCRED);
        }
        for (int service : new int[] {0, 4, -1, Integer.MIN_VALUE}) {
            assertThat(status(rdma, session.odd(0, service, session.handle(), opaque(DATA)).message())).isEqualTo(Answer.BADCRED);
        }
        assertThat(Counters.process().get(XprtCounter.GSS_REFUSED)).isEqualTo(before + 8);
        echo(session, rdma, GssService.NONE, 100);
    }

    /** Over TCP these end the connection. */
    @ParameterizedTest
    @CsvSource({"28, -1", "28, -4", "28, 2147483647", "28, 10000", "48, -1", "48, 2147483647", "48, 5000", "72, -1", "72, 1000000",
            "72, 2147483647"})
    void lengthsOfHandleCredentialAndVerifierAreChecked(int at, int length) throws Exception {
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        byte[] message = session.request(ECHO, GssService.NONE, opaque(DATA)).message();
        ByteBuffer.wrap(message).putInt(at, length);
        assertThat(status(rdma, message)).isNotEqualTo(Answer.SUCCESS);
        echo(session, rdma, GssService.NONE, 100);
    }

    /** Header and body are each signed, but not together: the sequence number in the body ties them (RFC 2203, section 5.3.3.2). */
    @ParameterizedTest
    @EnumSource(value = GssService.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aBodyOfAnotherCallIsGarbage(GssService service) throws Exception {
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        byte[] body = session.protect(service, 1000, opaque(DATA));
        Request whole = session.withBody(ECHO, 1000, service, body);
        assertThat(session.results(whole, rdma.exchange(whole.message()))).isEqualTo(opaque(DATA));
        assertThat(status(rdma, session.withBody(ECHO, 1001, service, body).message())).isEqualTo(Answer.GARBAGE_ARGS);
    }

    @ParameterizedTest
    @EnumSource(value = GssService.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aCountInAProtectedBodyAllocatesNothingForBytesThatAreNotThere(GssService service) throws Exception {
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        for (int count : new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE - 8, 1 << 30, -1}) {
            byte[] arguments = ByteBuffer.allocate(8).putInt(count).array();
            assertThat(status(rdma, session.request(ECHO, service, arguments).message())).isEqualTo(Answer.GARBAGE_ARGS);
        }
        echo(session, rdma, service, 100);
    }

    @Test
    void negotiationsThatFailLeaveNothingBehind() throws Exception {
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        int before = servers.sessions.begun.size();
        Random random = new Random(112);
        byte[] good = token();
        int failed = 0;
        for (int i = 0; i < 50; i++) {
            byte[] bad = good.clone();
            for (int changes = 1 + random.nextInt(8); changes > 0; changes--) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 + random.nextInt(255));
            }
            // Not every byte of a token matters.
            boolean accepted = status(rdma, session.negotiation(new byte[0], bad)).equals(Answer.SUCCESS);
            failed += accepted ? 0 : 1;
            assertThat(servers.sessions.begun).hasSize(before + i + 1);
            assertThat(servers.sessions.knows(servers.sessions.begun.get(before + i))).isEqualTo(accepted);
        }
        assertThat(failed).isGreaterThan(20);
        echo(session, rdma, GssService.PRIVACY, 100);
    }

    @Test
    void everyMutationOfAnyMessageIsAnsweredOnce() throws Exception {
        Wire rdma = servers.bareWire();
        GssSession session = session(rdma);
        Random random = new Random(2203);
        for (int i = 0; i < 1000; i++) {
            byte[] message = switch (random.nextInt(4)) {
                case 0 -> session.request(ECHO, GssService.INTEGRITY, opaque(DATA)).message();
                case 1 -> session.request(ECHO, GssService.PRIVACY, opaque(DATA)).message();
                case 2 -> session.request(ECHO, GssService.NONE, opaque(DATA)).message();
                default -> session.negotiation(new byte[0], DATA);
            };
            // Not the xid, by which a reply is known, nor what makes it a call.
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                message[8 + random.nextInt(message.length - 8)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                message = Arrays.copyOf(message, 24 + 4 * random.nextInt((message.length - 24) / 4));
            }
            status(rdma, message);
        }
        echo(session, rdma, GssService.PRIVACY, 100);
    }

    @Test
    @Tag("conformance-46")
    void nothingButTheWholeMessageIsMovedUnderIntegrityAndPrivacy() throws Exception {
        Wire rdma = servers.overRdma();
        GssSession session = GssSession.establish(servers.kdc, rdma, EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION);
        for (GssService service : GssService.values()) {
            boolean placed = service == GssService.NONE;
            long[] before = chunks();
            echo(session, rdma, service, 100_000);
            long[] after = chunks();
            assertThat(after[0] - before[0]).as(service + ": Read chunk").isEqualTo(placed ? 1 : 0);
            assertThat(after[1] - before[1]).as(service + ": Write chunk").isEqualTo(placed ? 1 : 0);
            assertThat(after[2] - before[2]).as(service + ": long call").isEqualTo(placed ? 0 : 1);
            assertThat(after[3] - before[3]).as(service + ": long reply").isEqualTo(placed ? 0 : 1);
        }
    }

    /** Procedure 0 has no results, but negotiation uses it as well. */
    @Test
    void aNegotiationIsOfferedRoomForAToken() throws Exception {
        Wire rdma = servers.overRdma();
        long before = Counters.process().get(XprtCounter.CLIENT_OFFERED_REPLY_CHUNK);
        session(rdma);
        assertThat(Counters.process().get(XprtCounter.CLIENT_OFFERED_REPLY_CHUNK)).isEqualTo(before + 1);
    }

    private static long[] chunks() {
        Counters counters = Counters.process();
        return new long[] {counters.get(XprtCounter.SERVER_CALL_READ_CHUNK), counters.get(XprtCounter.SERVER_REPLY_WRITE_CHUNK),
            counters.get(XprtCounter.SERVER_CALL_LONG), counters.get(XprtCounter.SERVER_REPLY_LONG)};
    }
}
