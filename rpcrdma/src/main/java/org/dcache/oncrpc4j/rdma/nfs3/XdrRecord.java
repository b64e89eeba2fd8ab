// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * A record whose components are the fields on the wire, in the same order: numbers, booleans, and values with a static {@code decode} of
 * their own. The arguments and results of NFSv3 are such records, except those with a union or a list. The few structures that nearly every
 * message has, such as the attributes, are encoded by hand.
 */
public interface XdrRecord extends XdrValue {

    /** A field behind a word that says whether it is there; null if it is not. */
    @Retention(RetentionPolicy.RUNTIME)
    @interface Optional {}

    /** A field that is there only if the record's first component is NFS3_OK; else null, 0 or false. */
    @Retention(RetentionPolicy.RUNTIME)
    @interface IfOk {}

    /** A text that is nfspath3, not filename3. */
    @Retention(RetentionPolicy.RUNTIME)
    @interface Path {}

    @Override
    default void xdrEncode(XdrEncodingStream xdr) throws IOException {
        RecordForm.of(getClass()).encode(xdr, this);
    }

    /** @throws IOException if the stream is too short, a length over its limit or a value unknown */
    static <T extends XdrRecord> T decode(XdrDecodingStream xdr, Class<T> type) throws IOException {
        return type.cast(RecordForm.of(type).decode(xdr));
    }
}
