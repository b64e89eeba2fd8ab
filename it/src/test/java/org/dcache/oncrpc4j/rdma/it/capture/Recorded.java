// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.capture;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;

/**
 * A port of this host that passes connections on to a server's port and records them. Keep recordings short, because our decoder and
 * Wireshark read all of it afterwards. {@link #verdict} ends the recording and decodes it; closing this only ends it. One thread.
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

    /** The port that the client must connect to. */
    public int port() {
        return relay.port();
    }

    /**
     * Ends the recording and decodes it. The client should have closed its connections: one that is cut in the middle of an FPDU is not
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
