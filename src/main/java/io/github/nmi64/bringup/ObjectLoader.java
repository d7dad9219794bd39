package io.github.nmi64.bringup;

import io.github.nmi64.bits.Hex;
import io.github.nmi64.bits.Printable;
import io.github.nmi64.image.LoadSegment;
import io.github.nmi64.image.ObjectFile;
import io.github.nmi64.image.ObjectFile.ObjectSection;
import io.github.nmi64.image.ObjectFile.ObjectSymbol;
import io.github.nmi64.image.ObjectFile.Relocation;
import io.github.nmi64.image.Symbol;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Loads object files at fixed addresses beside a kernel and fills in the names they leave open, as the kernel's own loader of
 * modules does. Code and data follow each other where modules lie, within reach of the kernel's text; sections whose names begin
 * with {@code .user} lie in the lower half and may be accessed at CPL 3.
 */
final class ObjectLoader {
    /** Where a kernel without KASLR loads its first module. */
    static final long MODULES = 0xffff_ffff_a000_0000L;

    static final long USER = 0x40_0000;

    private static final int PAGE = 4096;
    private static final int READ_WRITE = 6;
    private static final int READ_WRITE_EXECUTE = 7;

    private final Function<String, OptionalLong> names;
    private final Area code = new Area(READ_WRITE_EXECUTE);
    private final Area data = new Area(READ_WRITE);
    private final Area user = new Area(READ_WRITE_EXECUTE);
    private final Map<SectionPlace, Placed> places = new HashMap<>();
    private final Map<String, Definition> globals = new HashMap<>();

    /** A section of one of the objects, by its number there. */
    private record SectionPlace(ObjectFile object, int section) {}

    /** Where a section has come to lie, and how many of its bytes are from the file. */
    private record Placed(Area area, long offset, int held) {
        long address() {
            return area.base + offset;
        }
    }

    /** Who defines a global name, and as what. */
    private record Definition(ObjectFile object, ObjectSymbol symbol) {}

    /** Sections one behind the other. */
    private static final class Area {
        final int flags;
        long base;
        long size;
        byte[] bytes = {};

        Area(int flags) {
            this.flags = flags;
        }

        Placed take(ObjectSection section) {
            size = size + section.alignment() - 1 & -section.alignment();
            Placed placed = new Placed(this, size, section.data().capacity());
            size += section.size();
            return placed;
        }

        long at(long address) {
            base = address;
            bytes = new byte[(int) size];
            return address + size + PAGE - 1 & -PAGE;
        }

        LoadSegment segment() {
            return LoadSegment.of(base, bytes, bytes.length, flags);
        }
    }

    /**
     * Places the objects.
     *
     * @param names values of the names no object defines
     */
    ObjectLoader(List<ObjectFile> objects, Function<String, OptionalLong> names) {
        this.names = names;
        for (ObjectFile object : objects) {
            object.sections()
                    .forEach((number, section) -> places.put(
                            new SectionPlace(object, number), area(section).take(section)));
            object.symbols().stream().filter(symbol -> symbol.isGlobal()).forEach(symbol -> define(object, symbol));
        }
        data.at(code.at(MODULES));
        user.at(USER);
        for (ObjectFile object : objects) {
            object.sections().forEach((number, section) -> copy(place(object, number), section));
            object.relocations().forEach(relocation -> fillIn(object, relocation));
        }
    }

    private Area area(ObjectSection section) {
        if (section.name().startsWith(".user")) {
            return user;
        }
        return section.executable() ? code : data;
    }

    private void define(ObjectFile object, ObjectSymbol symbol) {
        if (!symbol.isDefined()) {
            return;
        }
        Definition other = globals.putIfAbsent(symbol.name(), new Definition(object, symbol));
        if (other != null && !symbol.isWeak()) {
            if (!other.symbol.isWeak()) {
                throw new BringupException("'" + Printable.of(symbol.name()) + "' is defined by both "
                        + other.object.name() + " and " + object.name());
            }
            globals.put(symbol.name(), new Definition(object, symbol));
        }
    }

    private Placed place(ObjectFile object, int section) {
        Placed placed = places.get(new SectionPlace(object, section));
        if (placed == null) {
            throw new BringupException(
                    object.name() + ": needs something of section " + section + ", which takes no memory");
        }
        return placed;
    }

    private static void copy(Placed placed, ObjectSection section) {
        section.data()
                .get(0, placed.area.bytes, (int) placed.offset, section.data().capacity());
    }

    private void fillIn(ObjectFile object, Relocation relocation) {
        Placed section = place(object, relocation.section());
        long at = section.address() + relocation.offset();
        ObjectSymbol symbol = object.symbols().get(relocation.symbol());
        RelocationType type = RelocationType.numbered(relocation.type())
                .orElseThrow(() -> new BringupException(object.name() + ": relocation of type " + relocation.type()
                        + " is not supported; compile without -fpic, with -mcmodel=kernel"));
        long value = value(object, symbol) + relocation.addend() - (type.isRelative() ? at : 0);
        if (!type.holds(value)) {
            throw new BringupException("%s: '%s', %s, does not fit into %d bytes at %s"
                    .formatted(object.name(), Printable.of(symbol.name()), Hex.of(value), type.bytes(), Hex.of(at)));
        }
        long offset = section.offset + relocation.offset();
        if (relocation.offset() + type.bytes() > section.held) {
            throw new BringupException(object.name() + ": a relocation leaves its section");
        }
        ByteBuffer place = ByteBuffer.wrap(section.area.bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (type.bytes()) {
            case 1 -> place.put((int) offset, (byte) value);
            case 4 -> place.putInt((int) offset, (int) value);
            default -> place.putLong((int) offset, value);
        }
    }

    private long value(ObjectFile object, ObjectSymbol symbol) {
        if (symbol.isDefined() && !symbol.isGlobal()) {
            return valueHere(object, symbol);
        }
        Definition definition = globals.get(symbol.name());
        if (definition != null) {
            return valueHere(definition.object, definition.symbol);
        }
        OptionalLong value = names.apply(symbol.name());
        if (value.isEmpty() && !symbol.isWeak()) {
            throw new BringupException(object.name() + " needs '" + Printable.of(symbol.name())
                    + "', which neither the kernel nor another object has");
        }
        return value.orElse(0);
    }

    private long valueHere(ObjectFile object, ObjectSymbol symbol) {
        return symbol.section() == ObjectSymbol.ABSOLUTE
                ? symbol.value()
                : place(object, symbol.section()).address() + symbol.value();
    }

    /** What has been loaded. */
    List<LoadSegment> segments() {
        return List.of(code, data, user).stream()
                .filter(area -> area.size != 0)
                .map(Area::segment)
                .toList();
    }

    /** The first address behind what CPL 3 may access, {@link #USER} if there is nothing. */
    long userEnd() {
        return USER + user.size;
    }

    /** The value of a global name. */
    OptionalLong find(String name) {
        Definition definition = globals.get(name);
        return definition == null
                ? OptionalLong.empty()
                : OptionalLong.of(valueHere(definition.object, definition.symbol));
    }

    /** The places of an object that have names, local ones too. */
    List<Symbol> symbols(ObjectFile object) {
        return object.symbols().stream()
                .filter(symbol -> !symbol.name().isEmpty() && object.sections().containsKey(symbol.section()))
                .map(symbol -> new Symbol(
                        symbol.name(),
                        valueHere(object, symbol),
                        symbol.size(),
                        symbol.isGlobal(),
                        symbol.isFunction(),
                        false))
                .toList();
    }
}
