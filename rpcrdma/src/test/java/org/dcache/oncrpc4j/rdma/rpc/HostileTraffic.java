// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.dcache.oncrpc4j.rdma.capture.CaptureListener;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;

/**
 * Keeps the MPA Request and the Sends of a good client, without CRCs, and makes bad streams of them: changed words and bits, FPDUs that are
 * cut, repeated, left out or in another order, bytes in between. Sequence numbers are mostly put right afterwards, so that the damage gets
 * past the first check. The same seed gives the same stream.
 */
final class HostileTraffic implements CaptureListener {

    private static final int SEND_HEADER = FpduLayout.LENGTH_FIELD + DdpHeader.UNTAGGED_LENGTH;
    private static final int[] ODD_WORDS = {0, 1, 2, 3, 4, 5, 16, 255, 0x7fffffff, 0x80000000, -1, -4, 0x10000, 0x00ffffff};

    private final List<byte[]> sends = new ArrayList<>();
    private byte[] request;

    @Override
    public void mpa(int frame, Direction direction, ByteBuffer bytes, PrivateData data) {
        if (direction == Direction.TO_SERVER) {
            request = copy(bytes);
        }
    }

    @Override
    public void fpdu(int frame, Direction direction, ByteBuffer bytes, RdmapOpcode opcode, boolean last) {
        if (direction == Direction.TO_SERVER && opcode.isSend()) {
            sends.add(copy(bytes));
        }
    }

    byte[] request() {
        return request;
    }

    int sends() {
        return sends.size();
    }

    /** What follows the handshake. */
    byte[] stream(long seed) {
        Random random = new Random(seed);
        List<byte[]> fpdus = new ArrayList<>();
        for (int i = 3 + random.nextInt(12); i > 0; i--) {
            fpdus.add(sends.get(random.nextInt(sends.size())).clone());
        }
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            damage(fpdus, random);
        }
        if (random.nextInt(4) > 0) {
            number(fpdus);
        }
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        fpdus.forEach(stream::writeBytes);
        byte[] bytes = stream.toByteArray();
        return random.nextInt(4) > 0 ? bytes : java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
    }

    private void damage(List<byte[]> fpdus, Random random) {
        int victim = random.nextInt(fpdus.size());
        byte[] fpdu = fpdus.get(victim);
        switch (random.nextInt(8)) {
            // Most often a word of the RPC-over-RDMA or RPC header.
            case 0, 1, 2 -> word(fpdu, SEND_HEADER + 4 * random.nextInt(Math.max(1, (fpdu.length - SEND_HEADER) / 4)), random);
            case 3 -> word(fpdu, SEND_HEADER + 4 * random.nextInt(8), random);
            case 4 -> fpdu[random.nextInt(Math.min(SEND_HEADER, fpdu.length))] ^= (byte) (1 << random.nextInt(8));
            case 5 -> fpdu[random.nextInt(fpdu.length)] = (byte) random.nextInt();
            case 6 -> Collections.swap(fpdus, victim, random.nextInt(fpdus.size()));
            default -> {
                byte[] garbage = new byte[1 + random.nextInt(64)];
                random.nextBytes(garbage);
                fpdus.add(victim, garbage);
            }
        }
    }

    private static void word(byte[] fpdu, int at, Random random) {
        if (at + 4 <= fpdu.length) {
            int word = random.nextBoolean() ? ODD_WORDS[random.nextInt(ODD_WORDS.length)] : random.nextInt();
            ByteBuffer.wrap(fpdu).putInt(at, word);
        }
    }

    /** Message sequence numbers from 1 on, as far as the FPDUs are still such. */
    private static void number(List<byte[]> fpdus) {
        int msn = 1;
        for (byte[] fpdu : fpdus) {
            if (fpdu.length >= SEND_HEADER) {
                ByteBuffer.wrap(fpdu).putInt(FpduLayout.OFFSET_ULPDU + DdpHeader.OFFSET_MSN, msn++);
            }
        }
    }

    private static byte[] copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(bytes.position(), copy);
        return copy;
    }
}
