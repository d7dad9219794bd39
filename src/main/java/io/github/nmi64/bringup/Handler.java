package io.github.nmi64.bringup;

import io.github.nmi64.image.ObjectFile;
import java.util.List;

/**
 * The handler on the kernel's list of NMI handlers.
 *
 * @param name a bundled one's, or that of an object file
 * @param object which defines {@code nmi_handler}, and {@code nmi_handler_end} at its last instruction
 */
public record Handler(String name, ObjectFile object) {
    static final String START = "nmi_handler";
    static final String END = "nmi_handler_end";

    /** The bundled ones: nothing, two breakpoints, text that is being patched, a page fault. */
    public static final List<String> BUNDLED = List.of("quiet", "int3", "poke", "page-fault");

    /** The bundled handler of that name. */
    public static Handler bundled(String name) {
        return new Handler(name, BundledObjects.read("handler-" + name));
    }
}
