// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.utility.OpenedClassReader;

/**
 * Replaces {@code new Xdr(size)} by {@code (Xdr) OncRpcHook.newCallXdr(OncRpcSvc.class, this._transport, size)}.
 *
 * <pre>
 *   NEW Xdr                       LDC OncRpcSvc.class
 *   DUP                           ALOAD 0; GETFIELD _transport
 *   (size)                        (size)
 *   INVOKESPECIAL Xdr.&lt;init&gt;(I)   INVOKESTATIC newCallXdr; CHECKCAST Xdr
 * </pre>
 *
 * So no Xdr is made only to be thrown away, and the stack is as deep as before plus one. OncRpcSvc is named because the transport hangs on
 * it; both classes are in one package. One instance per method; it fails at the end unless it replaced exactly one.
 */
final class NewXdrVisitor extends MethodVisitor {

    private static final String XDR = "org/dcache/oncrpc4j/xdr/Xdr";
    static final String SERVICE = "org/dcache/oncrpc4j/rpc/OncRpcSvc";
    static final String HOOK = "org/dcache/oncrpc4j/rdma/agent/hook/OncRpcHook";
    static final String TRANSPORT = "Lorg/dcache/oncrpc4j/rpc/RpcTransport;";

    private final String owner;
    private final String transportField;
    private boolean afterNew;
    private int replaced;

    NewXdrVisitor(MethodVisitor next, String owner, String transportField) {
        super(OpenedClassReader.ASM_API, next);
        this.owner = owner;
        this.transportField = transportField;
    }

    @Override
    public void visitTypeInsn(int opcode, String type) {
        if (opcode == Opcodes.NEW && type.equals(XDR)) {
            afterNew = true;
            return;
        }
        super.visitTypeInsn(opcode, type);
    }

    @Override
    public void visitInsn(int opcode) {
        if (afterNew) {
            if (opcode != Opcodes.DUP) {
                throw new IllegalStateException("expected DUP after new Xdr, got opcode " + opcode);
            }
            afterNew = false;
            super.visitLdcInsn(Type.getObjectType(SERVICE));
            super.visitVarInsn(Opcodes.ALOAD, 0);
            super.visitFieldInsn(Opcodes.GETFIELD, owner, transportField, TRANSPORT);
            return;
        }
        super.visitInsn(opcode);
    }

    @Override
    public void visitMethodInsn(int opcode, String type, String name, String descriptor, boolean ofInterface) {
        if (opcode == Opcodes.INVOKESPECIAL && type.equals(XDR) && name.equals("<init>")) {
            if (!descriptor.equals("(I)V")) {
                throw new IllegalStateException("expected new Xdr(int), got constructor " + descriptor);
            }
            super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, "newCallXdr", "(Ljava/lang/Class;Ljava/lang/Object;I)Ljava/lang/Object;",
                    false);
            super.visitTypeInsn(Opcodes.CHECKCAST, XDR);
            replaced++;
            return;
        }
        super.visitMethodInsn(opcode, type, name, descriptor, ofInterface);
    }

    @Override
    public void visitMaxs(int maxStack, int maxLocals) {
        super.visitMaxs(maxStack + 1, maxLocals);
    }

    @Override
    public void visitEnd() {
        if (replaced != 1) {
            throw new IllegalStateException("expected one new Xdr(int) in callInternal, got " + replaced);
        }
        super.visitEnd();
    }
}
