package io.github.nmi64.trace;

/**
 * A completed delivery.
 *
 * @param type how the event came about
 * @param vector IDT index, 0 to 255
 * @param hasErrorCode whether the frame carries an error code
 * @param errorCode the error code, 0 if none
 * @param ist IST index used, 0 if none
 * @param fromRip RIP in the frame
 * @param fromCs CS in the frame
 * @param fromRsp RSP in the frame
 * @param fromRflags RFLAGS in the frame
 * @param fromSs SS in the frame
 * @param frame address of the lowest pushed quadword (the handler's RSP)
 */
public record DeliveredEvent(
        EventType type,
        int vector,
        boolean hasErrorCode,
        int errorCode,
        int ist,
        long fromRip,
        int fromCs,
        long fromRsp,
        long fromRflags,
        int fromSs,
        long frame) {}
