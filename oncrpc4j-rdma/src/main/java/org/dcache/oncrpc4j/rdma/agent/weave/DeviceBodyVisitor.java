// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.utility.OpenedClassReader;

/**
 * Puts the hook between {@code device_addr4}'s body and the stream that it is encoded into; the object itself, which the application may
 * keep for other clients, stays as it is.
 *
 * <pre>
 *   GETFIELD da_addr_body      becomes      GETFIELD da_addr_body; LDC OncRpcSvc.class; ALOAD 1; ALOAD 0; GETFIELD da_layout_type;
 *                                           INVOKESTATIC OncRpcHook.deviceAddress
 * </pre>
 *
 * One instance per method; it fails at the end unless it found exactly one.
 */
final class DeviceBodyVisitor extends MethodVisitor {

    static final String LAYOUT_TYPE = "da_layout_type";

    private static final String BODY = "da_addr_body";
    private static final String SERVICE = "org/dcache/oncrpc4j/rpc/OncRpcSvc";
    private static final String HOOK = "org/dcache/oncrpc4j/rdma/agent/hook/OncRpcHook";

    private final String owner;
    private int found;

    DeviceBodyVisitor(MethodVisitor next, String owner) {
        super(OpenedClassReader.ASM_API, next);
        this.owner = owner;
    }

    @Override
    public void visitFieldInsn(int opcode, String type, String name, String descriptor) {
        super.visitFieldInsn(opcode, type, name, descriptor);
        if (opcode == Opcodes.GETFIELD && name.equals(BODY) && descriptor.equals("[B")) {
            super.visitLdcInsn(Type.getObjectType(SERVICE));
            super.visitVarInsn(Opcodes.ALOAD, 1);
            super.visitVarInsn(Opcodes.ALOAD, 0);
            super.visitFieldInsn(Opcodes.GETFIELD, owner, LAYOUT_TYPE, "I");
            super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, "deviceAddress", "([BLjava/lang/Class;Ljava/lang/Object;I)[B", false);
            found++;
        }
    }

    @Override
    public void visitMaxs(int stack, int locals) {
        super.visitMaxs(stack + 3, locals);
    }

    @Override
    public void visitEnd() {
        if (found != 1) {
            throw new IllegalStateException("expected one use of " + BODY + " in xdrEncode, got " + found);
        }
        super.visitEnd();
    }
}
