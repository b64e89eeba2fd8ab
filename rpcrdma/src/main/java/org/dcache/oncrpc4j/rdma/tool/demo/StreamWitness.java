// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Looks at all bytes of one direction of a TCP connection, and says what they are. It shares no code with the transport: it is the
 * demo's proof that bytes moved as MPA and not as record-marked RPC, and its counts are compared with the transport's own.
 *
 * <p>The relay's thread of that direction feeds it; anybody may ask at any time. It never throws and never holds more than a small
 * header back: that is gathered, the rest is skipped (and summed up by CRC32C). Once the stream broke the rules it is
 * {@link Framing#UNKNOWN} for good, {@link #broken} says why, and nothing more is counted.
 *
 * <pre>
 *   MPA frame, RFC 5044 7.1                          FPDU, RFC 5044 4.4
 *    0  16  key "MPA ID Req Frame" / "Rep"            0   2  ULPDU length, without pad and CRC
 *   16   1  M 0x80, C 0x40, R 0x20                    2   1  DDP control: T 0x80, L 0x40        RFC 5041 4
 *   17   1  revision                                  3   1  RDMAP control: opcode 0x0f         RFC 5040 4.1
 *   18   2  length of private data                    4      rest of the tagged (14) or untagged (18) header
 *   20      private data                                     payload, pad to a multiple of 4
 *                                                        4  CRC32C, little-endian
 *   RPC record, RFC 5531 9 and 11                    Read Request, RFC 5040 4.4
 *    0   4  last fragment 0x80000000 | length         0  20  as above, untagged
 *    4   4  xid                                      20  12  sink STag and offset
 *    8   4  CALL 0 or REPLY 1                        32   4  length
 *   12   4  CALL: RPC version 2; REPLY: 0 or 1       36  12  source STag and offset
 * </pre>
 */
final class StreamWitness {

    private static final byte[] REQUEST_KEY = "MPA ID Req Frame".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REPLY_KEY = "MPA ID Rep Frame".getBytes(StandardCharsets.US_ASCII);
    private static final int KEY_OR_RECORD = 16;
    private static final int MPA_REST = 4;
    private static final int MPA_MARKERS = 0x80;
    private static final int MPA_CRC = 0x40;

    private static final int FPDU_START = 4;
    private static final int LENGTH_FIELD = 2;
    private static final int TAGGED = 0x80;
    private static final int LAST = 0x40;
    private static final int TAGGED_HEADER = 14;
    private static final int UNTAGGED_HEADER = 18;
    private static final int READ_REQUEST = 48;
    private static final int READ_LENGTH_OFFSET = 32;
    private static final int CRC = 4;
    private static final int OP_WRITE = 0;
    private static final int OP_READ_REQUEST = 1;
    private static final int OP_READ_RESPONSE = 2;
    private static final int OP_TERMINATE = 7;

    private static final int FRAGMENT_MARK = 4;
    private static final int LAST_FRAGMENT = 0x80000000;
    private static final int CALL = 0;
    private static final int REPLY = 1;
    private static final int RPC_VERSION = 2;

    /** What the bytes gathered in {@link #head} are. */
    private enum State { KEY_OR_RECORD, MPA_REST, FPDU_START, READ_REQUEST, CRC, FRAGMENT_MARK }

    private final Map<WireCount, Long> counts = new EnumMap<>(WireCount.class);
    private final byte[] head = new byte[READ_REQUEST];
    private final ByteBuffer view = ByteBuffer.wrap(head);
    private final CRC32C crc = new CRC32C();
    private State state = State.KEY_OR_RECORD;
    private int have;
    private int need = KEY_OR_RECORD;
    private long skip;
    private Framing framing = Framing.TOO_SHORT;
    private String broken;
    private boolean crcBit;
    private boolean inFpdu;
    private long writeBytes;

    /** What the stream is, by all bytes so far. */
    synchronized Framing framing() {
        return framing;
    }

    /** Why it is {@link Framing#UNKNOWN}; null otherwise. */
    synchronized String broken() {
        return broken;
    }

    /** Whether the MPA frame has its C bit set; the Reply's decides for the connection. */
    synchronized boolean crcBit() {
        return crcBit;
    }

    synchronized Map<WireCount, Long> counts() {
        return new EnumMap<>(counts);
    }

    synchronized void feed(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end && framing != Framing.UNKNOWN) {
            if (skip > 0) {
                int n = (int) Math.min(skip, end - at);
                if (inFpdu) {
                    crc.update(bytes, at, n);
                }
                skip -= n;
                at += n;
            } else {
                int n = Math.min(need - have, end - at);
                System.arraycopy(bytes, at, head, have, n);
                have += n;
                at += n;
                if (have == need) {
                    step();
                }
            }
        }
    }

    private void step() {
        switch (state) {
            case KEY_OR_RECORD -> {
                if (framing == Framing.TOO_SHORT && (startsWith(REQUEST_KEY) || startsWith(REPLY_KEY))) {
                    gather(State.MPA_REST, MPA_REST);
                } else {
                    record();
                }
            }
            case MPA_REST -> mpaRest();
            case FPDU_START -> fpduStart();
            case READ_REQUEST -> {
                count(view.getInt(READ_LENGTH_OFFSET) == 0 ? WireCount.EMPTY_MESSAGES : WireCount.RDMA_READS, 1);
                crcFollows(READ_REQUEST);
            }
            case CRC -> {
                inFpdu = false;
                count(WireCount.FPDUS, 1);
                if (Integer.reverseBytes(view.getInt(0)) == (int) crc.getValue()) {
                    count(WireCount.GOOD_CRCS, 1);
                }
                gather(State.FPDU_START, FPDU_START);
            }
            case FRAGMENT_MARK -> {
                skip = view.getInt(0) & ~LAST_FRAGMENT;
                afterFragment(view.getInt(0));
            }
        }
    }

    private void mpaRest() {
        if ((head[0] & MPA_MARKERS) != 0) {
            fail("MPA markers, which are not looked through here");
            return;
        }
        framing = Framing.MPA;
        crcBit = (head[0] & MPA_CRC) != 0;
        count(WireCount.MPA_FRAMES, 1);
        skip = view.getShort(2) & 0xffff;
        gather(State.FPDU_START, FPDU_START);
    }

    private void fpduStart() {
        int ulpdu = view.getShort(0) & 0xffff;
        boolean tagged = (head[2] & TAGGED) != 0;
        boolean last = (head[2] & LAST) != 0;
        int opcode = head[3] & 0x0f;
        int payload = ulpdu - (tagged ? TAGGED_HEADER : UNTAGGED_HEADER);
        if (payload < 0 || opcode > OP_TERMINATE || tagged != (opcode == OP_WRITE || opcode == OP_READ_RESPONSE)) {
            fail(String.format("no FPDU: ULPDU length %d, control bytes %02x %02x", ulpdu, head[2], head[3]));
            return;
        }
        crc.reset();
        inFpdu = true;
        switch (opcode) {
            case OP_WRITE -> {
                writeBytes += payload;
                count(WireCount.RDMA_WRITE_BYTES, payload);
                if (last) {
                    count(writeBytes == 0 ? WireCount.EMPTY_MESSAGES : WireCount.RDMA_WRITES, 1);
                    writeBytes = 0;
                }
            }
            case OP_READ_REQUEST -> {
                if (LENGTH_FIELD + ulpdu != READ_REQUEST) {
                    fail("a Read Request with a ULPDU of " + ulpdu + " bytes");
                    return;
                }
                state = State.READ_REQUEST;
                need = READ_REQUEST;
                return;
            }
            case OP_READ_RESPONSE -> count(WireCount.RDMA_READ_BYTES, payload);
            case OP_TERMINATE -> count(WireCount.TERMINATES, 1);
            default -> count(WireCount.SENDS, last ? 1 : 0);
        }
        crcFollows(LENGTH_FIELD + ulpdu);
    }

    /** Sums up what was gathered of an FPDU, lets the rest and the pad be skipped, and has its CRC gathered next. */
    private void crcFollows(int lengthWithoutPad) {
        crc.update(head, 0, have);
        skip = ((lengthWithoutPad + 3) & ~3) - have;
        gather(State.CRC, CRC);
    }

    private void record() {
        int mark = view.getInt(0);
        int type = view.getInt(8);
        int word = view.getInt(12);
        int length = mark & ~LAST_FRAGMENT;
        boolean rpc = type == CALL && word == RPC_VERSION || type == REPLY && (word == 0 || word == 1);
        if (!rpc || length < KEY_OR_RECORD - FRAGMENT_MARK) {
            fail(String.format("neither an MPA frame nor an RPC record: %08x %08x %08x %08x", mark, view.getInt(4), type, word));
            return;
        }
        framing = Framing.RECORD_MARKED_RPC;
        count(WireCount.RPC_RECORDS, 1);
        skip = length - (KEY_OR_RECORD - FRAGMENT_MARK);
        afterFragment(mark);
    }

    private void afterFragment(int mark) {
        if ((mark & LAST_FRAGMENT) != 0) {
            gather(State.KEY_OR_RECORD, KEY_OR_RECORD);
        } else {
            gather(State.FRAGMENT_MARK, FRAGMENT_MARK);
        }
    }

    private void gather(State next, int length) {
        state = next;
        have = 0;
        need = length;
    }

    private void count(WireCount what, long n) {
        if (n != 0) {
            counts.merge(what, n, Long::sum);
        }
    }

    private void fail(String why) {
        framing = Framing.UNKNOWN;
        broken = why;
    }

    private boolean startsWith(byte[] key) {
        return Arrays.equals(head, 0, key.length, key, 0, key.length);
    }
}
