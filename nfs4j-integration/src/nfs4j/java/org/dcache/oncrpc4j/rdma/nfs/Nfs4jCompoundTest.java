// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.xdr.clientid4;
import org.dcache.nfs.v4.xdr.device_error4;
import org.dcache.nfs.v4.xdr.deviceid4;
import org.dcache.nfs.v4.xdr.layoutiomode4;
import org.dcache.nfs.v4.xdr.layouttype4;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_fh4;
import org.dcache.nfs.v4.xdr.sequenceid4;
import org.dcache.nfs.v4.xdr.sessionid4;
import org.dcache.nfs.v4.xdr.state_protect_how4;
import org.dcache.nfs.v4.xdr.stateid4;
import org.dcache.nfs.v4.xdr.verifier4;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our walk of COMPOUND over arguments as nfs4j encodes them: behind each of its operations the data of a WRITE is found, at its place to
 * the byte. So the two agree about the operation's XDR.
 */
class Nfs4jCompoundTest {

    private static final CallHeader COMPOUND = new CallHeader(100003, 4, 1);
    private static final byte[] MARK = "the data of the write behind it".getBytes(StandardCharsets.US_ASCII);

    private static final stateid4 STATE = new stateid4(new byte[12], 1);
    private static final deviceid4 DEVICE = new deviceid4(new byte[16]);

    private static Map<String, UnaryOperator<CompoundBuilder>> builders() {
        Map<String, UnaryOperator<CompoundBuilder>> all = new LinkedHashMap<>();
        all.put("LOOKUP", b -> b.withLookup("a/longer/path"));
        all.put("PUTFH", b -> b.withPutfh(new nfs_fh4(new byte[23])));
        all.put("READDIR", b -> b.withReaddir(7, new verifier4(new byte[8]), 100, 200, nfs4_prot.FATTR4_FILEID, nfs4_prot.FATTR4_MODE));
        all.put("GETFH", CompoundBuilder::withGetfh);
        all.put("EXCHANGE_ID", b -> b.withExchangeId("domain", "name", "owner of a length", 0, state_protect_how4.SP4_NONE));
        all.put("PUTROOTFH", CompoundBuilder::withPutrootfh);
        all.put("LOOKUPP", CompoundBuilder::withLookupp);
        all.put("CREATE_SESSION", b -> b.withCreatesession(new clientid4(1), new sequenceid4(1)));
        all.put("SEQUENCE", b -> b.withSequence(true, new sessionid4(new byte[16]), 1, 2, 3));
        all.put("GETATTR", b -> b.withGetattr(nfs4_prot.FATTR4_ACL, nfs4_prot.FATTR4_MODE));
        all.put("SAVEFH", CompoundBuilder::withSavefh);
        all.put("RESTOREFH", CompoundBuilder::withRestorefh);
        all.put("DESTROY_SESSION", b -> b.withDestroysession(new sessionid4(new byte[16])));
        all.put("DESTROY_CLIENTID", b -> b.withDestroyclientid(new clientid4(1)));
        all.put("REMOVE", b -> b.withRemove("name"));
        all.put("WRITE", b -> b.withWrite(5, new byte[1001], STATE));
        all.put("READ", b -> b.withRead(4096, 0, STATE));
        all.put("GETDEVICELIST", b -> b.withGetdevicelist(layouttype4.LAYOUT4_NFSV4_1_FILES));
        all.put("GETDEVICEINFO", b -> b.withGetdeviceinfo(DEVICE, layouttype4.LAYOUT4_FLEX_FILES));
        all.put("LAYOUTRETURN", b -> b.withLayoutreturn(0, 100, new byte[7], STATE));
        all.put("CLOSE", b -> b.withClose(STATE, 1));
        all.put("OPEN creating", b -> b.withOpenCreate("name", 1, new clientid4(1), nfs4_prot.OPEN4_SHARE_ACCESS_BOTH));
        all.put("CREATE of a directory", b -> b.withMakedir("name"));
        all.put("OPEN", b -> b.withOpen("name", 1, new clientid4(1), nfs4_prot.OPEN4_SHARE_ACCESS_READ));
        all.put("LAYOUTGET", b -> b.withLayoutget(false, layouttype4.LAYOUT4_NFSV4_1_FILES, layoutiomode4.LAYOUTIOMODE4_RW, 0, 100, 1, 4096,
                STATE));
        all.put("RECLAIM_COMPLETE", CompoundBuilder::withReclaimComplete);
        all.put("LOCKU", b -> b.withLocku(1, STATE, 1, 0, 10));
        all.put("LAYOUTCOMMIT", b -> b.withLayoutcommit(0, 100, false, STATE, OptionalLong.of(99), layouttype4.LAYOUT4_NFSV4_1_FILES,
                new byte[5]));
        all.put("LAYOUTERROR", b -> b.withLayoutError(0, 100, STATE, new device_error4[0]));
        all.put("GETXATTR", b -> b.withGetXattr("user.name"));
        all.put("SETXATTR", b -> b.withSetXattr("user.name", new byte[9], 0));
        all.put("LISTXATTRS", b -> b.withListXattrs(0, 100));
        all.put("REMOVEXATTR", b -> b.withRemoveXattr("user.name"));
        all.put("COPY", b -> b.withIntraServerCopy(STATE, STATE, 0, 0, 10, true, true));
        return all;
    }

    static Iterable<String> operations() {
        return builders().keySet();
    }

    @ParameterizedTest
    @MethodSource("operations")
    void theDataOfAWriteIsFoundBehindEachOperationThatNfs4jEncodes(String operation) throws IOException {
        CompoundBuilder builder = builders().get(operation).apply(new CompoundBuilder());
        byte[] call = encoded(builder.withWrite(0, MARK, STATE).withMinorversion(2).withTag(operation));

        Findings findings = Findings.call(new Nfs4Binding(), COMPOUND, XdrMessage.of(call), 0);

        assertThat(findings.items).isNotEmpty();
        Findings.Item last = findings.items.get(findings.items.size() - 1);
        assertThat(Arrays.copyOfRange(call, last.position(), last.position() + last.length())).isEqualTo(MARK);
        assertThat(findings.items).hasSize(operation.equals("WRITE") ? 2 : 1);
    }

    private static byte[] encoded(CompoundBuilder builder) throws IOException {
        try (Xdr xdr = new Xdr(4096)) {
            xdr.beginEncoding();
            builder.build().xdrEncode(xdr);
            xdr.endEncoding();
            return xdr.getBytes();
        }
    }
}
