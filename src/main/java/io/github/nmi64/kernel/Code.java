package io.github.nmi64.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers in code. */
final class Code {
    private Code() {}

    static int getInt(byte[] code, int at) {
        return ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
    }

    static void putInt(byte[] code, int at, int value) {
        ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    }

    static byte[] quadword(long value) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    /** A CALL or JMP with a displacement of 32 bits. */
    static byte[] branch(int opcode, long from, long target) {
        byte[] code = new byte[5];
        code[0] = (byte) opcode;
        putInt(code, 1, (int) (target - (from + code.length)));
        return code;
    }
}
