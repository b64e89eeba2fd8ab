// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import org.dcache.oncrpc4j.rdma.capture.Direction;

/** Where the messages of a capture are shown, each connection's in a section. The messages of connections come mixed. One thread. */
interface Listing {

    Section section(String heading);

    /** One connection. */
    interface Section {

        /** @param seconds since the first frame of the capture */
        void message(double seconds, Direction direction, String text);

        void problem(String text);

        /** There is no more of it. */
        void end(String summary);
    }
}
