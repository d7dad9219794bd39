package io.github.nmi64.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortMapTest {
    private int exits;
    private final PortMap ports = new PortMap(() -> exits++);

    @Test
    void serial_output_is_kept_and_the_line_status_is_always_ready() {
        for (char c : "ok\n".toCharArray()) {
            assertThat(ports.in(0x3fd, 1) & 0x20).isEqualTo(0x20);
            ports.out(0x3f8, 1, c);
        }

        assertThat(new String(ports.serial().bytes(), StandardCharsets.US_ASCII))
                .isEqualTo("ok\n");
    }

    @Test
    void the_divisor_latch_hides_data_and_interrupt_enable() {
        ports.out(0x3fb, 1, 0x83);
        ports.out(0x3f8, 2, 0x0102);
        assertThat(ports.in(0x3f8, 2)).isEqualTo(0x0102);
        ports.out(0x3fb, 1, 0x03);

        assertThat(ports.in(0x3f8, 1)).isZero();
        assertThat(ports.serial().bytes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1, 0x12", "2, 0x5612", "4, 0x9a785612"})
    void exit_takes_a_value_of_the_size_written(int size, String value) {
        ports.out(0xf4, size, 0x1234_9a78_5612L);

        assertThat(exits).isEqualTo(1);
        assertThat(ports.exitValue()).hasValue(Long.decode(value));
    }

    @Test
    void console_is_kept_and_can_be_detected() {
        ports.out(0xe9, 1, 'x');

        assertThat(ports.in(0xe9, 1)).isEqualTo(0xe9);
        assertThat(ports.console().bytes()).containsExactly('x');
    }

    @Test
    void other_ports_read_ones_and_ignore_writes() {
        ports.out(0x80, 4, 0x1234);

        assertThat(ports.in(0x80, 1)).isEqualTo(0xff);
        assertThat(ports.in(0x80, 4)).isEqualTo(0xffff_ffffL);
        assertThat(exits).isZero();
    }

    @Test
    void output_beyond_the_limit_is_counted_not_kept() {
        Output output = new Output();
        for (int i = 0; i < Output.LIMIT + 3; i++) {
            output.send(i);
        }

        assertThat(output.bytes()).hasSize(Output.LIMIT);
        assertThat(output.dropped()).isEqualTo(3);
    }

    @Test
    void restored_output_forks() {
        Output output = new Output();
        output.send('a');
        Output.Snapshot snapshot = output.snapshot();
        output.send('b');
        output.restore(snapshot);
        output.send('c');
        Output other = new Output();
        other.restore(snapshot);

        assertThat(output.bytes()).containsExactly('a', 'c');
        assertThat(other.bytes()).containsExactly('a');
    }

    @Test
    void a_port_without_a_device_answers_what_was_chosen() {
        PortMap map = new PortMap(() -> {});
        map.answer(0x61, 0x20);

        assertThat(map.in(0x61, 1)).isEqualTo(0x20);
        assertThat(map.in(0x60, 4)).isEqualTo(0xffff_20ffL);
        map.out(0x61, 1, 7);
        assertThat(map.in(0x61, 1)).isEqualTo(0x20);
    }
}
