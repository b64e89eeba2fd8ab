// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import org.dcache.oncrpc4j.rdma.capture.HoldBudget;
import org.dcache.oncrpc4j.rdma.capture.PcapFile;
import org.dcache.oncrpc4j.rdma.capture.PcapWriter;
import org.dcache.oncrpc4j.rdma.capture.TcpSegment;

/**
 * Captures with random damage, in all forms: decoding ends, throws nothing, and holds no memory afterwards. The damage is to bytes of the
 * file, to bytes of its frames, and to which frames there are and in which order.
 */
class DamagedCapturesTest {

    private static final int FRAMES = 140;
    private static final int[] ODD = {0, 1, 0x7f, 0x80, 0xff};
    private static final List<List<TcpSegment>> CAPTURES = captures();

    @Property(tries = 250)
    @Label("damage to the bytes of a file")
    void file(@ForAll Random random) throws IOException {
        byte[] file = write(form(random), CAPTURES.get(random.nextInt(CAPTURES.size())));
        int from = random.nextInt(10) == 0 ? 0 : random.nextInt(file.length);
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            int at = Math.min(file.length - 1, from + random.nextInt(200));
            file[at] = (byte) (random.nextBoolean() ? ODD[random.nextInt(ODD.length)] : random.nextInt());
        }
        decode(random.nextInt(4) > 0 ? file : Arrays.copyOf(file, random.nextInt(file.length)), random.nextBoolean() ? 20049 : 0);
    }

    @Property(tries = 250)
    @Label("damage to segments and their order")
    void segments(@ForAll Random random) throws IOException {
        List<TcpSegment> segments = new ArrayList<>(CAPTURES.get(random.nextInt(CAPTURES.size())));
        for (int i = 1 + random.nextInt(8); i > 0; i--) {
            int at = random.nextInt(segments.size());
            TcpSegment s = segments.get(at);
            switch (random.nextInt(7)) {
                case 0 -> segments.remove(at);
                case 1 -> segments.add(random.nextInt(segments.size()), s);
                case 2 -> Collections.swap(segments, at, random.nextInt(segments.size()));
                case 3 -> segments.set(at,
                        changed(s, s.sequence() + (random.nextBoolean() ? random.nextInt() : random.nextInt(100)), s.syn(),
                        s.payload(), random));
                case 4 -> segments.set(at, changed(s, s.sequence(), !s.syn(), s.payload(), random));
                case 5 -> segments.subList(0, at / 2).clear();
                default -> segments.set(at, changed(s, s.sequence(), s.syn(), copy(s.payload()), random));
            }
        }
        decode(write(form(random), segments), random.nextBoolean() ? 20049 : 0);
    }

    @Property(tries = 100)
    @Label("a capture of anything")
    void noise(@ForAll Random random) throws IOException {
        List<TcpSegment> segments = new ArrayList<>(CAPTURES.get(0).subList(0, 20));
        for (int i = 0; i < 20; i++) {
            byte[] noise = new byte[random.nextInt(2000)];
            if (random.nextBoolean()) {
                random.nextBytes(noise);
            }
            TcpSegment s = segments.get(random.nextInt(segments.size()));
            segments.add(changed(s, s.sequence() + random.nextInt(3000), false, ByteBuffer.wrap(noise), new Random(0)));
        }
        decode(write(form(random), segments), 20049);
    }

    /** The first connection's beginning, of each capture. */
    private static List<List<TcpSegment>> captures() {
        List<List<TcpSegment>> all = new ArrayList<>();
        for (String name : new String[] {"siw-v3-mtu1500", "siw-v41", "siw-v3"}) {
            try (PcapFile file = PcapFile.open(new ByteArrayInputStream(DecodeCommandTest.resource(name, true)))) {
                List<TcpSegment> segments = new ArrayList<>();
                while (segments.size() < FRAMES) {
                    TcpSegment s = TcpSegment.of(file.next());
                    if (s.payload().remaining() < 10_000) {
                        segments.add(s);
                    }
                }
                all.add(segments);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        return all;
    }

    private static PcapWriter.Form form(Random random) {
        PcapWriter.Kind[] kinds = PcapWriter.Kind.values();
        PcapWriter.Link[] links = PcapWriter.Link.values();
        return new PcapWriter.Form(kinds[random.nextInt(kinds.length)], random.nextBoolean() ? ByteOrder.BIG_ENDIAN
                : ByteOrder.LITTLE_ENDIAN,
                links[random.nextInt(links.length)], random.nextInt(3) > 0 ? 262_144 : 20 + random.nextInt(300));
    }

    private static byte[] write(PcapWriter.Form form, List<TcpSegment> segments) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PcapWriter writer = new PcapWriter(out, form)) {
            writer.segments(segments);
        }
        return out.toByteArray();
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    /** Some of its first bytes, where the headers are, are changed too. */
    private static TcpSegment changed(TcpSegment s, int sequence, boolean syn, ByteBuffer payload, Random random) {
        for (int i = random.nextInt(4); i > 0 && payload.hasRemaining() && payload != s.payload(); i--) {
            payload.put(random.nextInt(Math.min(payload.limit(), 90)), (byte) (random.nextBoolean() ? ODD[random.nextInt(ODD.length)]
                    : random.nextInt()));
        }
        return new TcpSegment(s.at(), s.source(), s.destination(), sequence, syn, s.ack(), s.fin(), s.reset(), payload, 0);
    }

    private static void decode(byte[] bytes, int port) {
        HoldBudget budget = new HoldBudget(1 << 20);
        StringWriter text = new StringWriter();
        Decoding decoding = new Decoding(port, new ConnectionListing(new PrintWriter(text)), budget);
        Decoding counting = new Decoding(port, null, budget);
        for (Decoding d : List.of(decoding, counting)) {
            try (PcapFile file = PcapFile.open(new ByteArrayInputStream(bytes))) {
                d.run(file);
            } catch (IOException e) {
                assertThat(e).as("only what cannot be opened").hasMessageMatching("not a capture.*|expected link type.*|the file ends.*");
            }
        }
        assertThat(budget.held()).isZero();
        assertThat(counting.figures().members()).isEqualTo(decoding.figures().members());
        assertThat(counting.figures().members().values()).allMatch(n -> (long) n >= 0);
        assertThat(text.toString()).doesNotContain("Exception");
    }
}
