// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dcache.oncrpc4j.rpc.RpcMessageType;
import org.dcache.oncrpc4j.rpc.RpcReplyStatus;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RpcWordsTest {

    @Test
    @Tag("conformance-47")
    @DisplayName("direction and XID are read at any place, in any byte order, and agree with oncrpc4j's numbers")
    void directionAndXid() {
        ByteBuffer message = ByteBuffer.allocateDirect(32).putInt(0).putInt(0xcafebabe).putInt(RpcMessageType.REPLY);
        message.order(ByteOrder.LITTLE_ENDIAN);

        assertThat(RpcWords.xid(message, 4)).isEqualTo(0xcafebabe);
        assertThat(RpcWords.type(message, 4)).isEqualTo(RpcWords.REPLY);
        assertThat(RpcWords.CALL).isEqualTo(RpcMessageType.CALL);
        assertThat(RpcWords.REPLY).isEqualTo(RpcMessageType.REPLY);
        assertThat(RpcWords.ACCEPTED).isEqualTo(RpcReplyStatus.MSG_ACCEPTED);
        assertThat(RpcWords.DENIED).isEqualTo(RpcReplyStatus.MSG_DENIED);
    }
}
