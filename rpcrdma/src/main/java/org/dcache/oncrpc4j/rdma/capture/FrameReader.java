// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.io.IOException;

/** One form of capture file, behind its magic. */
interface FrameReader {

    /** Largest frame, or pcapng block, that is believed, bytes. */
    int MAX_FRAME = 1 << 20;

    /** The next frame, null at the end of the file. */
    PcapFile.Frame next() throws IOException;

    /** Frames begun so far. */
    int frames();
}
