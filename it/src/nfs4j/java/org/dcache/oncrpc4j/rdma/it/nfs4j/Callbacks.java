// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.xdr.CB_COMPOUND4args;
import org.dcache.nfs.v4.xdr.CB_COMPOUND4res;
import org.dcache.nfs.v4.xdr.CB_LAYOUTRECALL4res;
import org.dcache.nfs.v4.xdr.CB_NOTIFY_DEVICEID4res;
import org.dcache.nfs.v4.xdr.CB_RECALL4res;
import org.dcache.nfs.v4.xdr.CB_SEQUENCE4args;
import org.dcache.nfs.v4.xdr.CB_SEQUENCE4res;
import org.dcache.nfs.v4.xdr.CB_SEQUENCE4resok;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_cb_argop4;
import org.dcache.nfs.v4.xdr.nfs_cb_opnum4;
import org.dcache.nfs.v4.xdr.nfs_cb_resop4;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** The callback program of an NFSv4.1 client: answers every operation with success and keeps it for the test. Any thread. */
final class Callbacks implements RpcDispatchable {

    private static final int PATIENCE_SECONDS = 30;

    private final BlockingQueue<nfs_cb_argop4> received = new LinkedBlockingQueue<>();
    private volatile int nulls;

    int nulls() {
        return nulls;
    }

    /** The next operation but CB_SEQUENCE. */
    nfs_cb_argop4 next() throws InterruptedException {
        nfs_cb_argop4 next = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no callback came in " + PATIENCE_SECONDS + " s");
        }
        return next;
    }

    boolean isEmpty() {
        return received.isEmpty();
    }

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws IOException {
        if (call.getProcedure() == nfs4_prot.CB_NULL_1) {
            synchronized (this) {
                nulls++;
            }
            call.reply(XdrVoid.XDR_VOID);
            return;
        }
        CB_COMPOUND4args args = new CB_COMPOUND4args();
        call.retrieveCall(args);
        CB_COMPOUND4res result = new CB_COMPOUND4res();
        result.status = nfsstat.NFS_OK;
        result.tag = args.tag;
        result.resarray = new nfs_cb_resop4[args.argarray.length];
        for (int i = 0; i < args.argarray.length; i++) {
            result.resarray[i] = answer(args.argarray[i]);
        }
        call.reply(result);
    }

    private nfs_cb_resop4 answer(nfs_cb_argop4 operation) {
        nfs_cb_resop4 result = new nfs_cb_resop4();
        result.resop = operation.argop;
        if (operation.argop == nfs_cb_opnum4.OP_CB_SEQUENCE) {
            CB_SEQUENCE4args given = operation.opcbsequence;
            result.opcbsequence = new CB_SEQUENCE4res();
            result.opcbsequence.csr_status = nfsstat.NFS_OK;
            result.opcbsequence.csr_resok4 = new CB_SEQUENCE4resok();
            result.opcbsequence.csr_resok4.csr_sessionid = given.csa_sessionid;
            result.opcbsequence.csr_resok4.csr_sequenceid = given.csa_sequenceid;
            result.opcbsequence.csr_resok4.csr_slotid = given.csa_slotid;
            result.opcbsequence.csr_resok4.csr_highest_slotid = given.csa_highest_slotid;
            result.opcbsequence.csr_resok4.csr_target_highest_slotid = given.csa_highest_slotid;
            return result;
        }
        received.add(operation);
        switch (operation.argop) {
            case nfs_cb_opnum4.OP_CB_RECALL -> result.opcbrecall = new CB_RECALL4res();
            case nfs_cb_opnum4.OP_CB_LAYOUTRECALL -> result.opcblayoutrecall = new CB_LAYOUTRECALL4res();
            case nfs_cb_opnum4.OP_CB_NOTIFY_DEVICEID -> result.opcbnotify_deviceid = new CB_NOTIFY_DEVICEID4res();
            default -> throw new AssertionError("callback operation " + operation.argop);
        }
        return result;
    }
}
