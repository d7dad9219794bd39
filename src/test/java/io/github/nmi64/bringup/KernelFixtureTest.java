package io.github.nmi64.bringup;

import static io.github.nmi64.image.TinyObject.GLOBAL;
import static io.github.nmi64.image.TinyObject.LOCAL;
import static io.github.nmi64.image.TinyObject.WEAK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.nmi64.fixture.Fixture;
import io.github.nmi64.image.ObjectFile;
import io.github.nmi64.image.TinyObject;
import io.github.nmi64.kernel.CpuModel;
import io.github.nmi64.kernel.KernelImage;
import io.github.nmi64.kernel.RunnableKernel;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose names mean what when a kernel, a victim and somebody's handler are put together. */
class KernelFixtureTest {
    private static final KernelImage KERNEL =
            KernelImage.read("vmlinuz", RunnableKernel.kernel().elf());
    /** MOV EAX, 1; RET. */
    private static final byte[] CODE = {(byte) 0xb8, 1, 0, 0, 0, (byte) 0xc3};

    private static TinyObject handler() {
        return new TinyObject()
                .code(".text", CODE)
                .symbol("nmi_handler", GLOBAL, 1, 0)
                .symbol("nmi_handler_end", LOCAL, 1, 5);
    }

    private static Fixture fixture(TinyObject handler) {
        ObjectFile object = ObjectFile.read("own.o", handler.bytes());
        return KernelFixture.of(
                KERNEL,
                new KernelSetup(
                        Victim.USER, new Handler("own.o", object), CpuModel.parse("generic", KERNEL), List.of()),
                List.of());
    }

    /** Else the set-up would call the handler's, and what is checked would not be the kernel. */
    @ParameterizedTest
    @CsvSource({"panic, 1", "idt_setup_traps, 1", "cpu_tss_rw, 1", "nmi_stack_top, 1", "repeat_nmi, 2"})
    void a_handler_defines_no_name_the_kernel_has(String name, int binding) {
        assertThat(List.of(GLOBAL, WEAK)).contains(binding);
        assertThatExceptionOfType(BringupException.class)
                .isThrownBy(() -> fixture(handler().symbol(name, binding, 1, 0)))
                .withMessage("vmlinuz: the handler own.o defines '" + name
                        + "', which the kernel has too; make it a local symbol");
    }

    /** What the directives say of the kernel they say of the kernel. */
    @ParameterizedTest
    @ValueSource(strings = {"repeat_nmi", "panic", "init_stack", "window", "nmi_stack", "cpu0.irq_stat", "user_end"})
    void a_local_name_of_the_handler_hides_nobodys(String name) {
        Fixture fixture = fixture(handler().symbol(name, LOCAL, 1, 3));

        assertThat(fixture.image().symbols().resolve(name))
                .isEqualTo(fixture(handler()).image().symbols().resolve(name));
    }

    @Test
    void other_local_names_of_the_handler_are_kept() {
        Fixture fixture = fixture(handler().symbol("counter", LOCAL, 1, 3));

        assertThat(fixture.image().symbols().resolve("counter"))
                .isEqualTo(fixture.image().symbols().resolve("nmi_handler") + 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bringup", "victim"})
    void the_set_up_and_the_victim_are_not_the_handlers_to_define(String name) {
        assertThatExceptionOfType(BringupException.class)
                .isThrownBy(() -> fixture(handler().symbol(name, GLOBAL, 1, 0)))
                .withMessageContaining("'" + name + "' is defined by both ");
    }

    @Test
    void a_handler_has_a_beginning_and_an_end() {
        TinyObject endless = new TinyObject().code(".text", CODE).symbol("nmi_handler", GLOBAL, 1, 0);

        assertThatExceptionOfType(BringupException.class)
                .isThrownBy(() -> fixture(endless))
                .withMessage("vmlinuz: the handler own.o does not define 'nmi_handler_end'");
    }
}
