// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.capture;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;

/**
 * A port of this host that stands before a server's and records what goes through it. Keep it short: the whole of it is decoded afterwards,
 * by us and by Wireshark. {@link #verdict} ends it, and so does closing it, without a look at what was recorded. One thread.
 */
public final class Recorded implements AutoCloseable {

    private final PcapRecording recording;
    private final Relay relay;

    private Recorded(PcapRecording recording, Relay relay) {
        this.recording = recording;
        this.relay = relay;
    }

    /**
     * @param port of the server, on 127.0.0.1
     * @param name of the file in {@code target/captures}, without its end
     */
    public static Recorded before(int port, String name) throws IOException {
        Tshark.require();
        PcapRecording recording = PcapRecording.named(name);
        try {
            return new Recorded(recording, new Relay(port, recording));
        } catch (IOException e) {
            recording.close();
            throw e;
        }
    }

    /** Where the client shall connect to. */
    public int port() {
        return relay.port();
    }

    /**
     * Ends the recording and says what is in it. The client should be gone by now: a connection that is cut in the middle of an FPDU is not
     * clean.
     */
    public CaptureVerdict verdict() throws IOException, InterruptedException {
        close();
        return CaptureVerdict.of(recording.file());
    }

    /** Length in bytes of the longest FPDU that clients sent. Only after {@link #verdict}. */
    public int longestFpduToServer() throws IOException {
        return FpduLengths.longest(recording.file(), Direction.TO_SERVER);
    }

    @Override
    public void close() throws IOException {
        relay.close();
        recording.close();
    }
}
