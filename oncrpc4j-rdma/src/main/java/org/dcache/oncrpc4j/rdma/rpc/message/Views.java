// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.message;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;

/** Messages as bindings see them. */
public final class Views {

    private Views() {}

    public static XdrView of(OutMessage message) {
        return new XdrView() {
            @Override
            public int length() {
                return message.length();
            }

            @Override
            public int getInt(int position) {
                return message.getInt(position);
            }
        };
    }

    /** The bytes from position 0 to the limit. */
    public static XdrView of(ByteBuffer message) {
        return new XdrView() {
            @Override
            public int length() {
                return message.limit();
            }

            @Override
            public int getInt(int position) {
                return message.getInt(position);
            }
        };
    }
}
