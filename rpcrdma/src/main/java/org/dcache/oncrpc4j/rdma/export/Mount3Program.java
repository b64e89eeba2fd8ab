// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Failures;
import org.dcache.oncrpc4j.rdma.export.tree.FileName;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.SearchNeeded;
import org.dcache.oncrpc4j.rdma.export.tree.TreeLocks;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.mount.ExportNode;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountBody;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountStat3;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * The MOUNT program, version 3 (RFC 1813, appendix I): gives out the handle of the export, {@code /}, or of a directory in it. It does not
 * check rights on the way there; what a caller may do with the handle, and with which security flavor, NFS decides.
 *
 * <p>Called by the service's threads, several at once. The list of who mounted what is for information only, and bounded.
 */
final class Mount3Program implements RpcDispatchable {

    private static final int MAX_MOUNTS = 1024;

    private final Export export;
    private final List<Integer> flavors;
    private final ExportCounters counters;
    private final Set<MountBody> mounts = new LinkedHashSet<>();

    /** @param flavors that clients are told to use */
    Mount3Program(Export export, List<SecurityFlavor> flavors, ExportCounters counters) {
        this.export = export;
        this.flavors = flavors.stream().map(SecurityFlavor::number).toList();
        this.counters = counters;
    }

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws IOException {
        counters.increment(ExportCounter.MOUNT_CALLS);
        switch (call.getProcedure()) {
            case Mount3.NULL -> {
                call.retrieveCall(XdrVoid.XDR_VOID);
                call.reply(XdrVoid.XDR_VOID);
            }
            case Mount3.MNT, Mount3.UMNT -> withPath(call);
            case Mount3.DUMP -> {
                call.retrieveCall(XdrVoid.XDR_VOID);
                call.reply(new MountBody.Mounts(mounts()));
            }
            case Mount3.UMNTALL -> {
                call.retrieveCall(XdrVoid.XDR_VOID);
                forget(client(call), null);
                call.reply(XdrVoid.XDR_VOID);
            }
            case Mount3.EXPORT -> {
                call.retrieveCall(XdrVoid.XDR_VOID);
                call.reply(new ExportNode.Exports(List.of(new ExportNode(NfsText.of("/"), List.of()))));
            }
            default -> {
                counters.increment(ExportCounter.UNKNOWN_PROCEDURE);
                call.failProcedureUnavailable();
            }
        }
    }

    private void withPath(RpcCall call) {
        Decoded<NfsText> path = new Decoded<>(NfsText::decodeDirPath);
        try {
            call.retrieveCall(path);
        } catch (IOException e) {
            counters.increment(ExportCounter.GARBAGE_ARGUMENTS);
            call.failRpcGarbage();
            return;
        }
        if (call.getProcedure() == Mount3.MNT) {
            call.reply(SearchNeeded.retried(() -> mount(path.value(), client(call))));
        } else {
            forget(client(call), path.value());
            call.reply(XdrVoid.XDR_VOID);
        }
    }

    private Mount3Res mount(NfsText path, NfsText client) {
        ExportTree tree = export.tree();
        try (TreeLocks.Held held = export.locks().shared()) {
            Node node = tree.root();
            for (NfsText name : names(path)) {
                FileName.checkChange(name, NfsStat3.NFS3ERR_ACCES);
                node = tree.resolve(tree.lookup(node, name).handle());
                if (!node.attributes().isDirectory()) {
                    return Mount3Res.failed(MountStat3.MNT3ERR_NOTDIR);
                }
            }
            remember(new MountBody(client, path));
            return Mount3Res.ok(node.handle(), flavors);
        } catch (IOException e) {
            return Mount3Res.failed(switch (Failures.status(e)) {
                case NFS3ERR_NOENT, NFS3ERR_STALE -> MountStat3.MNT3ERR_NOENT;
                case NFS3ERR_ACCES -> MountStat3.MNT3ERR_ACCES;
                case NFS3ERR_NOTDIR -> MountStat3.MNT3ERR_NOTDIR;
                case NFS3ERR_NAMETOOLONG -> MountStat3.MNT3ERR_NAMETOOLONG;
                case NFS3ERR_INVAL -> MountStat3.MNT3ERR_INVAL;
                default -> MountStat3.MNT3ERR_IO;
            });
        }
    }

    /** The names in a path. The empty path is the root: libnfs mounts that when it is asked for a file in the root. */
    private static List<NfsText> names(NfsText path) throws Nfs3Exception {
        byte[] bytes = path.bytes();
        if (bytes.length > 0 && bytes[0] != '/') {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_ACCES, "expected a path that starts with a slash, got " + path);
        }
        List<NfsText> names = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == '/') {
                NfsText name = new NfsText(Arrays.copyOfRange(bytes, from, i));
                if (i > from && !name.equals(FileName.DOT)) {
                    names.add(name);
                }
                from = i + 1;
            }
        }
        return names;
    }

    private static NfsText client(RpcCall call) {
        InetAddress address = call.getTransport().getRemoteSocketAddress().getAddress();
        return NfsText.of(address == null ? "?" : address.getHostAddress());
    }

    private void remember(MountBody mount) {
        synchronized (mounts) {
            mounts.add(mount);
            if (mounts.size() > MAX_MOUNTS) {
                mounts.remove(mounts.iterator().next());
            }
        }
    }

    /** @param path null for all of the client's */
    private void forget(NfsText client, NfsText path) {
        synchronized (mounts) {
            mounts.removeIf(m -> m.hostname().equals(client) && (path == null || m.directory().equals(path)));
        }
    }

    private List<MountBody> mounts() {
        synchronized (mounts) {
            return List.copyOf(mounts);
        }
    }
}
