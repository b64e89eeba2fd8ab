// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.dcache.nfs.v4.xdr.READ4args;
import org.dcache.nfs.v4.xdr.count4;
import org.dcache.nfs.v4.xdr.fattr4_maxread;
import org.dcache.nfs.v4.xdr.offset4;
import org.dcache.nfs.v4.xdr.stateid4;
import org.dcache.oncrpc4j.rdma.agent.hook.Nfs4jHook;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The weave of nfs4j on the bytes of the release at hand. */
class Nfs4jClassesTest {

    private static final int SIZE = 1 << 20;

    private final List<Throwable> fatal = new ArrayList<>();
    private final OncRpcTransformer transformer = new OncRpcTransformer(Nfs4jWeave.of(
            Configuration.load(new Properties(), "rdma.nfs4j.transfer-size=" + SIZE + ",rdma.nfs4j.devices=same")), fatal::add);

    @BeforeEach
    void install() {
        Nfs4jHook.install(SIZE);
    }

    @AfterEach
    void reset() {
        Nfs4jHook.install(Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"v3.xdr.READ3args", "v4.xdr.READ4args", "v3.xdr.FSINFO3resok", "v4.xdr.fattr4_maxread",
            "v4.xdr.fattr4_maxwrite",
            "v4.xdr.device_addr4"})
    void eachClassIsWovenAndCanBeLinked(String name) throws Exception {
        Class<?> type = Class.forName("org.dcache.nfs." + name);
        Class<?> woven = woven(type);
        assertThat(fatal).isEmpty();
        assertThat(woven).isNotSameAs(type);
        assertThat(woven.getDeclaredMethods()).hasSameSizeAs(type.getDeclaredMethods());
        assertThat(woven.getDeclaredFields()).hasSameSizeAs(type.getDeclaredFields());
    }

    @Test
    void theCountOfADecodedReadIsCut() throws Exception {
        READ4args args = new READ4args();
        args.stateid = new stateid4(new byte[12], 1);
        args.offset = new offset4(7);
        args.count = new count4(Integer.MAX_VALUE);
        try (Xdr xdr = new Xdr(128)) {
            xdr.beginEncoding();
            args.xdrEncode(xdr);
            xdr.endEncoding();
            xdr.beginDecoding();
            XdrAble read = (XdrAble) woven(READ4args.class).getConstructor(XdrDecodingStream.class).newInstance(xdr);
            assertThat(((count4) read.getClass().getField("count").get(read)).value).isEqualTo(SIZE);
            assertThat(((offset4) read.getClass().getField("offset").get(read)).value).isEqualTo(7);
        }
        assertThat(args.count.value).as("unwoven").isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void theLargestReadNamedIsCut() throws Exception {
        Object woven = woven(fattr4_maxread.class).getConstructor(long.class).newInstance(16L << 20);
        assertThat(woven.getClass().getField("value").get(woven)).isEqualTo((long) SIZE);
        assertThat(new fattr4_maxread(16L << 20).value).as("unwoven").isEqualTo(16L << 20);
    }

    /** Defined beside the original, in a loader of its own that has just this class. */
    private Class<?> woven(Class<?> type) throws Exception {
        byte[] bytes;
        try (InputStream in = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
            bytes = transformer.transform(type.getModule(), type.getClassLoader(), type.getName().replace('.', '/'), null, null,
                    in.readAllBytes());
        }
        assertThat(bytes).as(fatal.toString()).isNotNull();
        ClassLoader loader = new ClassLoader(type.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                Class<?> known = findLoadedClass(name);
                if (known == null && name.equals(type.getName())) {
                    return defineClass(name, bytes, 0, bytes.length);
                }
                return known != null ? known : super.loadClass(name, resolve);
            }
        };
        return Class.forName(type.getName(), true, loader);
    }
}
