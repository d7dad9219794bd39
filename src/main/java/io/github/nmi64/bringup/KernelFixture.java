package io.github.nmi64.bringup;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Printable;
import io.github.nmi64.bits.Sha256;
import io.github.nmi64.fixture.DirectiveText;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.image.ObjectFile;
import io.github.nmi64.image.ObjectFile.ObjectSymbol;
import io.github.nmi64.image.Symbol;
import io.github.nmi64.kernel.BootPatches;
import io.github.nmi64.kernel.Btf;
import io.github.nmi64.kernel.CpuModel;
import io.github.nmi64.kernel.KernelImage;
import io.github.nmi64.kernel.KernelSegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes a fixture of a kernel image that was not booted. The kernel's bytes are loaded as they are; beside them come what sets
 * the processor up, a victim and an NMI handler; what is to be said about the entry comes from the kernel's symbols and types.
 */
public final class KernelFixture {
    private final KernelImage kernel;
    private final KernelSetup setup;
    private final KernelNames names;
    private final CpuEntryArea area;
    private final Btf types;

    private KernelFixture(KernelImage kernel, KernelSetup setup) {
        this.kernel = kernel;
        this.setup = setup;
        this.types = kernel.btf()
                .orElseThrow(() ->
                        new BringupException("the kernel was built without BTF (CONFIG_DEBUG_INFO_BTF), which tells"
                                + " the offsets in its structures"));
        this.names = new KernelNames(kernel, types);
        this.area = new CpuEntryArea(types);
    }

    /**
     * The fixture.
     *
     * @param outside directives that replace those made here
     * @throws BringupException if the kernel lacks something, or a poke is not in it
     */
    public static Fixture of(KernelImage kernel, KernelSetup setup, List<DirectiveText> outside) {
        try {
            return Fixture.of(new KernelFixture(kernel, setup).image(), outside);
        } catch (BringupException e) {
            throw new BringupException(kernel.name() + ": " + e.getMessage(), e);
        }
    }

    /**
     * What the fixture of a kernel is called: {@code vmlinuz user/int3}, with the processor unless it is {@code generic}.
     *
     * @param kernel its file, of whose name the directories are left out
     */
    public static String name(String kernel, Victim victim, String handler, String cpu) {
        String processor = cpu.equals(CpuModel.GENERIC) ? "" : " " + cpu;
        return kernel.substring(kernel.lastIndexOf('/') + 1) + " " + victim.keyword() + "/" + handler + processor;
    }

    private ElfImage image() {
        names.define(area.names());
        names.define(Map.of("has_kernel_ibrs", setup.cpu().has("kernel_ibrs", kernel) ? 1L : 0L));
        List<ObjectFile> objects = List.of(
                BundledObjects.read("setup"),
                BundledObjects.read(setup.victim().object()),
                setup.handler().object());
        checkHandler();
        ObjectLoader loader = new ObjectLoader(objects, names::find);
        names.define(Map.of("user_start", ObjectLoader.USER, "user_end", loader.userEnd()));
        List<LoadSegment> segments = new ArrayList<>(kernelSegments());
        segments.addAll(loader.segments());
        segments.addAll(area.stacks());
        return ElfImage.composed(
                name(
                        kernel.name(),
                        setup.victim(),
                        setup.handler().name(),
                        setup.cpu().toString()),
                defined(loader, "bringup"),
                segments,
                symbols(loader, objects),
                directives(loader, objects),
                sha256(segments));
    }

    /** The handler is a guest: it has what is asked of it, and no name of the kernel's means something else with it. */
    private void checkHandler() {
        ObjectFile object = setup.handler().object();
        Set<String> defined = object.symbols().stream()
                .filter(ObjectSymbol::isDefined)
                .map(ObjectSymbol::name)
                .collect(Collectors.toSet());
        for (String wanted : List.of(Handler.START, Handler.END)) {
            if (!defined.contains(wanted)) {
                throw new BringupException("the handler " + object.name() + " does not define '" + wanted + "'");
            }
        }
        for (ObjectSymbol symbol : object.symbols()) {
            if (symbol.isDefined()
                    && symbol.isGlobal()
                    && names.find(symbol.name()).isPresent()) {
                throw new BringupException("the handler " + object.name() + " defines '" + Printable.of(symbol.name())
                        + "', which the kernel has too; make it a local symbol");
            }
        }
    }

    /**
     * Names of places. Those of the set-up and the victim hide the kernel's, because the directives speak of them; both hide
     * local ones of the handler.
     */
    private List<Symbol> symbols(ObjectLoader loader, List<ObjectFile> objects) {
        Map<String, Symbol> own = new LinkedHashMap<>();
        for (ObjectFile object : objects) {
            boolean isGuest = object == setup.handler().object();
            loader.symbols(object).stream()
                    .filter(symbol ->
                            !isGuest || names.find(symbol.name()).isEmpty() && !own.containsKey(symbol.name()))
                    .forEach(symbol -> own.putIfAbsent(symbol.name(), symbol));
        }
        List<Symbol> symbols = new ArrayList<>(own.values());
        symbols.addAll(names.symbols(own.keySet()));
        return symbols;
    }

    private static long defined(ObjectLoader loader, String name) {
        OptionalLong value = loader.find(name);
        return value.orElseThrow(() -> new BringupException("no object defines '" + name + "'"));
    }

    private String directives(ObjectLoader loader, List<ObjectFile> objects) {
        return "title %s victim, handler %s\n"
                        .formatted(setup.victim().keyword(), setup.handler().name())
                + new KernelDirectives(kernel, setup.cpu(), names, types, area).text(loader.userEnd())
                + objects.stream().map(ObjectFile::directiveText).collect(Collectors.joining());
    }

    /** The kernel, with the pokes. */
    private List<LoadSegment> kernelSegments() {
        Map<KernelSegment, byte[]> contents = new LinkedHashMap<>();
        for (KernelSegment segment : kernel.segments()) {
            byte[] bytes = new byte[segment.bytes().remaining()];
            segment.bytes().duplicate().get(bytes);
            contents.put(segment, bytes);
        }
        BootPatches.of(kernel, setup.cpu())
                .forEach(patch -> write(contents, patch.address(), patch.bytes(), "a place to be patched"));
        for (Poke poke : setup.pokes()) {
            long at = names.address(poke.symbol()) + poke.offset();
            write(contents, at, poke.content(), poke.symbol() + "+" + Hex.of(poke.offset()));
        }
        return contents.entrySet().stream()
                .map(entry -> LoadSegment.of(
                        address(entry.getKey()),
                        entry.getValue(),
                        entry.getKey().memorySize(),
                        entry.getKey().flags()))
                .toList();
    }

    /** The template of the per-CPU variables is the boot processor's copy until others exist. */
    private long address(KernelSegment segment) {
        return segment.address() == 0 ? names.perCpuLoad() : segment.address();
    }

    private void write(Map<KernelSegment, byte[]> contents, long at, byte[] bytes, String place) {
        Map.Entry<KernelSegment, byte[]> segment = contents.entrySet().stream()
                .filter(entry -> Long.compareUnsigned(at - address(entry.getKey()), entry.getValue().length) < 0)
                .filter(entry -> bytes.length <= entry.getValue().length - (at - address(entry.getKey())))
                .findFirst()
                .orElseThrow(
                        () -> new BringupException("the kernel's file has no " + bytes.length + " bytes at " + place));
        System.arraycopy(bytes, 0, segment.getValue(), (int) (at - address(segment.getKey())), bytes.length);
    }

    private static String sha256(Collection<LoadSegment> segments) {
        Sha256 digest = new Sha256();
        segments.forEach(segment ->
                digest.add(segment.address()).add(segment.memorySize()).add(segment.data()));
        return digest.text();
    }
}
