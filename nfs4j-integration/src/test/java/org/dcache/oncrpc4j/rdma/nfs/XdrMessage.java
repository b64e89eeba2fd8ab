// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/** A hand-made XDR stream, which counts how often it is read. */
final class XdrMessage implements XdrView {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private ByteBuffer read;
    private int reads;

    static XdrMessage of(byte[] content) {
        XdrMessage message = new XdrMessage();
        message.bytes.writeBytes(content);
        return message;
    }

    XdrMessage words(int... values) {
        for (int value : values) {
            bytes.writeBytes(ByteBuffer.allocate(4).putInt(value).array());
        }
        return this;
    }

    /** Bytes that no walk may take for anything: all ones. */
    XdrMessage fill(int count) {
        for (int i = 0; i < count; i++) {
            bytes.write(-1);
        }
        return this;
    }

    /** A counted opaque of {@code length} bytes and its pad. */
    XdrMessage opaque(int length) {
        return words(length).fill(length + 3 & ~3);
    }

    XdrMessage string(String text) {
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        words(ascii.length);
        bytes.writeBytes(ascii);
        for (int i = ascii.length; i % 4 != 0; i++) {
            bytes.write(0);
        }
        return this;
    }

    XdrMessage append(XdrMessage other) {
        bytes.writeBytes(other.bytes.toByteArray());
        return this;
    }

    byte[] toBytes() {
        return bytes.toByteArray();
    }

    @Override
    public int length() {
        return bytes.size();
    }

    @Override
    public int getInt(int position) {
        if (read == null || read.capacity() != bytes.size()) {
            read = ByteBuffer.wrap(bytes.toByteArray());
        }
        reads++;
        return read.getInt(position);
    }

    int reads() {
        return reads;
    }
}
