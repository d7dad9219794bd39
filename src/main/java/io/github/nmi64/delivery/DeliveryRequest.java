package io.github.nmi64.delivery;

import io.github.nmi64.trace.EventType;

/**
 * An event to deliver.
 *
 * @param vector 0 to 255
 * @param hasErrorCode whether {@code errorCode} is pushed
 * @param savedFlags RFLAGS as the frame is to hold it
 * @param ext the EXT bit of error codes if the delivery faults: 0 for what software asks for, else 1
 */
record DeliveryRequest(EventType type, int vector, boolean hasErrorCode, int errorCode, long savedFlags, int ext) {}
