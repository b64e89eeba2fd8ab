// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.utility.OpenedClassReader;

/**
 * Tells the hook of a reply before a synchronous call waits for it: {@code OncRpcHook.waits(future, OncRpcSvc.class, this._transport)} goes
 * before {@code future.get()}.
 *
 * <pre>
 *   (future)                       (future)
 *                                  DUP; LDC OncRpcSvc.class
 *                                  ALOAD 0; GETFIELD _transport
 *                                  INVOKESTATIC waits
 *   INVOKEINTERFACE Future.get     INVOKEINTERFACE Future.get
 * </pre>
 *
 * It only saves time, so where an oncrpc4j waits in another way, nothing is changed. One instance per method.
 */
final class ReplyWaitVisitor extends MethodVisitor {

    private static final String FUTURE = "java/util/concurrent/Future";

    private final String owner;
    private final String transportField;

    ReplyWaitVisitor(MethodVisitor next, String owner, String transportField) {
        super(OpenedClassReader.ASM_API, next);
        this.owner = owner;
        this.transportField = transportField;
    }

    @Override
    public void visitMethodInsn(int opcode, String type, String name, String descriptor, boolean ofInterface) {
        if (type.equals(FUTURE) && name.equals("get") && descriptor.equals("()Ljava/lang/Object;")) {
            super.visitInsn(Opcodes.DUP);
            super.visitLdcInsn(Type.getObjectType(NewXdrVisitor.SERVICE));
            super.visitVarInsn(Opcodes.ALOAD, 0);
            super.visitFieldInsn(Opcodes.GETFIELD, owner, transportField, NewXdrVisitor.TRANSPORT);
            super.visitMethodInsn(Opcodes.INVOKESTATIC, NewXdrVisitor.HOOK, "waits",
                    "(Ljava/util/concurrent/Future;Ljava/lang/Class;Ljava/lang/Object;)V", false);
        }
        super.visitMethodInsn(opcode, type, name, descriptor, ofInterface);
    }

    @Override
    public void visitMaxs(int maxStack, int maxLocals) {
        super.visitMaxs(maxStack + 3, maxLocals);
    }
}
