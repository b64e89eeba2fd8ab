// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.util.MemoryUtils;
import com.ibm.disni.verbs.IbvWC;
import com.ibm.disni.verbs.RdmaProvider;
import com.ibm.disni.verbs.impl.NatIbvRecvWR;
import com.ibm.disni.verbs.impl.NatIbvSendWR;
import com.ibm.disni.verbs.impl.NatIbvSge;
import com.ibm.disni.verbs.impl.SockAddrIn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.sysfs.SysfsDevice;
import org.dcache.oncrpc4j.rdma.verbs.Availability;

/**
 * Finds out whether DiSNI works here: its jar, the JDK package that it reaches into, its native library, the layouts of the structures that
 * it packs by hand, a device. The first thing missing is named with the way to get it. What concerns the JVM is found out once, since a
 * class whose initialization failed fails for ever; devices come and go and are looked for each time. Any thread, never throws.
 */
final class DisniProbe {

    private static final String NOT_FOR_SIW =
            "which is siw: its completions come out of order, which this provider does not take; use the provider iwarp, or rdma-core";
    private static final String NOT_FOR_IWARP =
            "an iWARP card, which can only place what we read into memory that DiSNI does not give it the right to; use rdma-core";

    private static final Path CONNECTION_MANAGER = Path.of("/dev/infiniband/rdma_cm");

    // What the C compiler makes of the structures on every 64-bit Linux; the work request ends in a union that grew over the years.
    private static final int SOCKADDR_IN = 16;
    private static final int SGE = 16;
    private static final int RECV_WR = 32;
    private static final int SEND_WR_AT_LEAST = 72;
    private static final int REMOTE_ADDRESS = 40;
    private static final int RKEY = 48;
    private static final int WC = 48;

    private static String missing;
    private static boolean asked;

    private DisniProbe() {}

    static synchronized Availability availability() {
        List<SysfsDevice> devices = SysfsDevice.list();
        if (!devices.isEmpty() && devices.stream().allMatch(SysfsDevice::iwarp)) {
            // Before all else: what is missing would be got for nothing.
            return Availability.no("the only device is " + whyNot(devices.get(0)));
        }
        if (!asked) {
            missing = missing();
            asked = true;
        }
        return missing != null ? Availability.no(missing) : on(devices);
    }

    /** What is said to who would use an iWARP device, which begins with its name. */
    static String whyNot(SysfsDevice iwarp) {
        return iwarp.name() + ", " + (iwarp.softIwarp() ? NOT_FOR_SIW : NOT_FOR_IWARP);
    }

    /** Null when DiSNI can be called. */
    private static String missing() {
        try {
            Class.forName("com.ibm.disni.verbs.RdmaProvider", false, DisniProbe.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            return "DiSNI is not on the class path; add disni-2.1.jar (Maven Central: com.ibm.disni:disni:2.1) to that of the application";
        }
        try {
            MemoryUtils.getAddress(ByteBuffer.allocateDirect(1));
            RdmaProvider.provider();
            return layouts();
        } catch (IllegalAccessError e) {
            return "DiSNI may not use a package of the JDK; start Java with --add-exports java.base/sun.nio.ch=ALL-UNNAMED";
        } catch (UnsatisfiedLinkError e) {
            return "libdisni.so cannot be loaded (" + e.getMessage()
                    + "); build it from DiSNI's sources, https://github.com/zrlio/disni: in libdisni,"
                    + " ./autoprepare.sh && ./configure --with-jdk=$JAVA_HOME && make install (autotools, a C++ compiler, the headers of "
                    + "libibverbs, librdmacm and the JDK), and start Java with -Djava.library.path=DIRECTORY";
        } catch (LinkageError e) {
            return "DiSNI lacks a class that it needs: " + e;
        } catch (IOException | RuntimeException e) {
            return "DiSNI and libdisni.so do not fit together (" + e.getMessage() + "); both must be of version 2.1";
        }
    }

    /** DiSNI takes the sizes from libdisni but not the places of all fields: with other layouts it would write into the wrong ones. */
    private static String layouts() {
        boolean fit = SockAddrIn.CSIZE == SOCKADDR_IN && NatIbvSge.CSIZE == SGE && NatIbvRecvWR.CSIZE == RECV_WR
                && NatIbvSendWR.CSIZE >= SEND_WR_AT_LEAST && NatIbvSendWR.REMOTEADDR_OFFSET == REMOTE_ADDRESS
                && NatIbvSendWR.RKEY_OFFSET == RKEY && IbvWC.CSIZE == WC;
        return fit ? null : "libdisni.so was built for structures that DiSNI 2.1 does not know (sockaddr_in " + SockAddrIn.CSIZE
                + ", ibv_sge "
                + NatIbvSge.CSIZE + ", ibv_recv_wr " + NatIbvRecvWR.CSIZE + ", ibv_send_wr " + NatIbvSendWR.CSIZE + ", ibv_wc "
                + IbvWC.CSIZE + " bytes); use a 64-bit Linux and rdma-core's headers";
    }

    /** @param all not iWARP alone */
    private static Availability on(List<SysfsDevice> all) {
        if (all.isEmpty()) {
            return Availability.no("no RDMA device (" + SysfsDevice.whyNone()
                    + "); without a card: modprobe rdma_rxe && rdma link add rxe0 type rxe netdev eth0");
        }
        if (!Files.isReadable(CONNECTION_MANAGER) || !Files.isWritable(CONNECTION_MANAGER)) {
            return Availability.no(CONNECTION_MANAGER + (Files.exists(CONNECTION_MANAGER) ? " may not be opened by this user"
                    : " is missing: modprobe rdma_ucm"));
        }
        return Availability.yes("DiSNI 2.1 on " + all.stream().filter(device -> !device.iwarp()).map(SysfsDevice::name)
                .collect(Collectors.joining(", ")));
    }
}
