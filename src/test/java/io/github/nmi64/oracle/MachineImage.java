package io.github.nmi64.oracle;

import io.github.nmi64.fixture.Assembler;
import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.fixture.Fixtures;
import io.github.nmi64.fixture.Mappings;
import io.github.nmi64.image.ElfImage;
import io.github.nmi64.image.LoadSegment;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An image as nmi64 reads it, and the same in a file that an oracle can be given. */
public record MachineImage(Fixture fixture, Path file) {
    private static final Mappings PLAIN = new Mappings(List.of(), List.of(), List.of());
    private static final String OPTIONAL_FEATURES = "cpu/kernel-registers";
    private static final Fixtures FIXTURES = new Fixtures(new Assembler(Map.of()));

    /** An image of one's own. */
    public static MachineImage of(Path elf) {
        return new MachineImage(Fixture.of(ElfImage.load(elf)), elf);
    }

    /** A bundled fixture. */
    public static MachineImage bundled(String name) throws IOException {
        URL resource = MachineImage.class.getClassLoader().getResource("io/github/nmi64/fixtures/" + name + ".elf");
        if (resource == null) {
            throw new IOException("no bundled image " + name);
        }
        try {
            return new MachineImage(FIXTURES.resolve(name), Path.of(resource.toURI()));
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
    }

    /**
     * Why another machine need not run it alike; empty if it must: the fixture runs under rules of its own, on page tables of its
     * own, or shows what a processor may lack.
     */
    public Optional<String> obstacle() {
        if (!fixture.directives().rules().isEmpty()) {
            return Optional.of("the fixture runs under rules of its own: "
                    + fixture.directives().rules());
        }
        if (!fixture.directives().mappings().equals(PLAIN)) {
            return Optional.of("it asks for page tables that the other machine does not make");
        }
        return fixture.name().equals(OPTIONAL_FEATURES)
                ? Optional.of("it shows PCID, INVPCID and speculation control, which the other machine need not have")
                : Optional.empty();
    }

    /** The names of all bundled fixtures. */
    public static List<String> bundledNames() {
        return FIXTURES.bundled().stream().map(Fixtures.Title::name).toList();
    }

    /** Bytes of the image as it was loaded, in hexadecimal; empty where it has none. */
    String codeAt(long address, int length) {
        for (LoadSegment segment : fixture.image().segments()) {
            long offset = address - segment.address();
            if (offset >= 0 && offset < segment.dataSize()) {
                byte[] code = new byte[(int) Math.min(length, segment.dataSize() - offset)];
                segment.data().get((int) offset, code);
                return HexFormat.of().formatHex(code);
            }
        }
        return "";
    }

    @Override
    public String toString() {
        return fixture.name();
    }
}
