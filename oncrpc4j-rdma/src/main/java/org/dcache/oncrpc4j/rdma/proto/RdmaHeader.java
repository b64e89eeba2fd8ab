// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * An RPC-over-RDMA version 1 header, decoded or to be encoded (RFC 8166, 4; bytes in {@link HeaderLayout}). It is mutable and made to be
 * reused, one for each connection or message context: arrays grow to the largest use, after that neither decoding nor encoding allocates.
 *
 * <p>Not for more than one thread at a time. It keeps no reference to a buffer. Indices out of range throw IndexOutOfBoundsException;
 * whatever a peer can cause throws {@link MalformedHeaderException} and nothing else.
 *
 * <p>Lengths of Write and Reply segments are what is offered in a call, and what was written in its reply, whose segments are otherwise
 * those of the call, in their order (3.4.6).
 */
public final class RdmaHeader {

    /** An RPC message follows inline. */
    public static final int RDMA_MSG = 0;
    /** The RPC message is in a Position-Zero Read chunk (call) or in the Reply chunk (reply). */
    public static final int RDMA_NOMSG = 1;
    /** Obsolete: never sent; refused. */
    public static final int RDMA_MSGP = 2;
    /** Obsolete: never sent; dropped. */
    public static final int RDMA_DONE = 3;
    /** The responder could not take the call's header. */
    public static final int RDMA_ERROR = 4;

    /** The one protocol version there is. */
    public static final int VERSION = 1;
    /** Shortest message, bytes, that is not an RDMA_ERROR. */
    public static final int MIN_LENGTH = 28;
    /** Shortest RDMA_ERROR, bytes. */
    public static final int MIN_ERROR_LENGTH = 20;

    /** Error code: version not supported. */
    public static final int ERR_VERS = 1;
    /** Error code: header or chunks not understood, or not large enough for the reply. */
    public static final int ERR_CHUNK = 2;

    /** In place of a Write chunk's index: the Reply chunk. */
    public static final int REPLY = -1;

    private final ReadList reads = new ReadList();
    private final WriteList writes = new WriteList();
    private final SegmentList reply = new SegmentList();
    private final HeaderDecoder decoder = new HeaderDecoder(this);
    private final HeaderEncoder encoder = new HeaderEncoder(this);

    private int xid;
    private int version = VERSION;
    private int credits;
    private int procedure;
    private boolean hasReply;
    private int errorCode;
    private int versionLow;
    private int versionHigh;

    /** Version 1, RDMA_MSG, no chunks, everything else 0. */
    public RdmaHeader reset() {
        xid = 0;
        version = VERSION;
        credits = 0;
        procedure = RDMA_MSG;
        errorCode = 0;
        versionLow = 0;
        versionHigh = 0;
        clearLists();
        return this;
    }

    void clearLists() {
        reads.clear();
        writes.clear();
        reply.clear();
        hasReply = false;
    }

    public int xid() {
        return xid;
    }

    public RdmaHeader xid(int value) {
        xid = value;
        return this;
    }

    public int version() {
        return version;
    }

    public RdmaHeader version(int value) {
        version = value;
        return this;
    }

    /** Unsigned as on the wire: a hostile peer's value may look negative. */
    public int credits() {
        return credits;
    }

    public RdmaHeader credits(int value) {
        credits = value;
        return this;
    }

    public int procedure() {
        return procedure;
    }

    public RdmaHeader procedure(int value) {
        procedure = value;
        return this;
    }

    // ---- Read list

    /** Segments in the Read list. */
    public int readCount() {
        return reads.count();
    }

    /** Position of the segment's chunk in the unreduced RPC message, bytes; a multiple of 4 when decoded. */
    public int readPosition(int i) {
        return reads.position(i);
    }

    public int readHandle(int i) {
        return reads.segments().handle(i);
    }

    /** Bytes, 0 or more. */
    public int readLength(int i) {
        return reads.segments().length(i);
    }

    public long readOffset(int i) {
        return reads.segments().offset(i);
    }

    public void addRead(int position, int handle, int length, long offset) {
        reads.add(position, handle, length, offset);
    }

    /** Sorts the Read list by position; segments with the same position keep their order (RFC 8166, 3.4.5). */
    public void sortReads() {
        reads.sort();
    }

    /** Takes the Read list out, as in a reply. */
    public void clearReads() {
        reads.clear();
    }

    /** Whether the Read list has a Position-Zero Read chunk. */
    public boolean positionZero() {
        return reads.hasZero();
    }

    /** Bytes in the Position-Zero Read chunk; 0 without one. */
    public long positionZeroTotal() {
        return reads.totalAtZero();
    }

    // ---- Write list; the Reply chunk by the index REPLY

    /** Chunks in the Write list; the Reply chunk is not counted. */
    public int writeCount() {
        return writes.chunks();
    }

    public int writeSegments(int chunk) {
        return chunk == REPLY ? reply.count() : writes.end(chunk) - writes.start(chunk);
    }

    public int writeHandle(int chunk, int segment) {
        return list(chunk).handle(index(chunk, segment));
    }

    /** Bytes: what the requester offers in a call, what was written in a reply. */
    public int writeLength(int chunk, int segment) {
        return list(chunk).length(index(chunk, segment));
    }

    public long writeOffset(int chunk, int segment) {
        return list(chunk).offset(index(chunk, segment));
    }

    /** Begins a new chunk at the end of the Write list and returns its index. */
    public int beginWrite() {
        return writes.begin();
    }

    /** Adds a segment to the Write chunk that was begun last. */
    public void addWriteSegment(int handle, int length, long offset) {
        writes.add(handle, length, offset);
    }

    /** Bytes in one chunk; 0 for a Reply chunk that is not there. */
    public long writeTotal(int chunk) {
        return chunk == REPLY ? reply.total(0, reply.count()) : writes.segments().total(writes.start(chunk), writes.end(chunk));
    }

    // ---- Reply chunk

    public boolean hasReply() {
        return hasReply;
    }

    /** Says how many bytes were written to the segment. */
    public void setReplyLength(int segment, int length) {
        reply.length(segment, length);
    }

    /** Gives the header a Reply chunk, without segments so far. */
    public void beginReply() {
        hasReply = true;
        reply.clear();
    }

    public void addReplySegment(int handle, int length, long offset) {
        if (!hasReply) {
            throw new IllegalStateException("a Reply segment without a Reply chunk: expected beginReply() first");
        }
        reply.add(handle, length, offset);
    }

    // ---- RDMA_ERROR

    /** {@link #ERR_VERS}, {@link #ERR_CHUNK} or what else was got; 0 unless the procedure is RDMA_ERROR. */
    public int errorCode() {
        return errorCode;
    }

    /** Lowest version that the responder speaks; with ERR_VERS only. */
    public int versionLow() {
        return versionLow;
    }

    /** Highest version that the responder speaks; with ERR_VERS only. */
    public int versionHigh() {
        return versionHigh;
    }

    /** Sets the values of an RDMA_ERROR; low and high go out with ERR_VERS only. */
    public RdmaHeader error(int code, int low, int high) {
        errorCode = code;
        versionLow = low;
        versionHigh = high;
        return this;
    }

    // ---- rules of one direction

    /**
     * Checks what holds for calls only: RDMA_NOMSG has a Position-Zero Read chunk (RFC 8166, 4.2.4), RDMA_MSG has none.
     *
     * @throws MalformedHeaderException the call is to be answered with ERR_CHUNK
     */
    public void checkCall() throws MalformedHeaderException {
        HeaderRules.checkCall(this);
    }

    /**
     * Checks what holds for replies only: no Read list (RFC 8166, 4.3.1), and RDMA_NOMSG has a Reply chunk with data (4.2.4).
     *
     * @throws MalformedHeaderException the RPC fails
     */
    public void checkReply() throws MalformedHeaderException {
        HeaderRules.checkReply(this);
    }

    /**
     * Checks that the Read chunks, sorted before, have their places in the RPC message: each within what is there once the
     * chunks before it are back, none over another (RFC 8166, 3.4.5). A chunk counts with its pad, whether its length includes that or not.
     *
     * @param inlineLength bytes of the inline RPC message; without meaning where a Position-Zero Read chunk holds the message
     * @return bytes of the unreduced RPC message, pads included; may exceed 2^31 with a hostile peer
     * @throws MalformedHeaderException the call is to be answered with ERR_CHUNK
     */
    public long checkReads(int inlineLength) throws MalformedHeaderException {
        return HeaderRules.checkReads(this, inlineLength);
    }

    // ---- codec

    /**
     * Reads a header from a received message, which goes from the buffer's position to its limit; neither is moved. Bytes behind
     * the header are left to the caller. The procedure is RDMA_MSG, RDMA_NOMSG or RDMA_ERROR afterwards.
     *
     * @param maxSegments bound on the segments of all lists together; a chunk without segments counts as one
     * @return the header's length: offset of the inline RPC message from the buffer's position
     * @throws MalformedHeaderException see its reasons; the first four words can still be read, unless it was SHORT, the lists are empty
     */
    public int decode(ByteBuffer message, int maxSegments) throws MalformedHeaderException {
        return decoder.decode(message, maxSegments);
    }

    /**
     * Writes the header at an absolute index; position and limit are not moved.
     *
     * @return its length, bytes
     * @throws IndexOutOfBoundsException it does not fit before the limit; nothing was written
     * @throws IllegalStateException the procedure is one that is never sent
     */
    public int encode(ByteBuffer target, int at) {
        return encoder.encode(target, at);
    }

    /** Bytes that {@link #encode} will write. */
    public int encodedLength() {
        return HeaderEncoder.length(this);
    }

    /**
     * Writes an RDMA_ERROR with ERR_VERS (RFC 8166, 4.5.1).
     *
     * @param version of the call that is answered
     * @param credits the grant, as in any reply
     * @return 28
     */
    public static int encodeErrVers(ByteBuffer target, int at, int xid, int version, int credits, int low, int high) {
        Objects.checkFromIndexSize(at, HeaderLayout.ERR_VERS_LENGTH, target.limit());
        encodeError(target, at, xid, version, credits, ERR_VERS);
        HeaderLayout.putInt(target, at + HeaderLayout.ERROR_VERSION_LOW, low);
        HeaderLayout.putInt(target, at + HeaderLayout.ERROR_VERSION_HIGH, high);
        return HeaderLayout.ERR_VERS_LENGTH;
    }

    /** Writes an RDMA_ERROR with ERR_CHUNK (RFC 8166, 4.5.2); parameters as in {@link #encodeErrVers}. Returns 20. */
    public static int encodeErrChunk(ByteBuffer target, int at, int xid, int version, int credits) {
        Objects.checkFromIndexSize(at, HeaderLayout.ERR_CHUNK_LENGTH, target.limit());
        encodeError(target, at, xid, version, credits, ERR_CHUNK);
        return HeaderLayout.ERR_CHUNK_LENGTH;
    }

    private static void encodeError(ByteBuffer target, int at, int xid, int version, int credits, int code) {
        HeaderLayout.putInt(target, at + HeaderLayout.XID, xid);
        HeaderLayout.putInt(target, at + HeaderLayout.VERSION, version);
        HeaderLayout.putInt(target, at + HeaderLayout.CREDITS, credits);
        HeaderLayout.putInt(target, at + HeaderLayout.PROCEDURE, RDMA_ERROR);
        HeaderLayout.putInt(target, at + HeaderLayout.ERROR_CODE, code);
    }

    /** Segments of the Write list and of the Reply chunk. */
    int writtenSegments() {
        return writes.segments().count() + reply.count();
    }

    private SegmentList list(int chunk) {
        return chunk == REPLY ? reply : writes.segments();
    }

    private int index(int chunk, int segment) {
        return chunk == REPLY ? segment : writes.index(chunk, segment);
    }
}
