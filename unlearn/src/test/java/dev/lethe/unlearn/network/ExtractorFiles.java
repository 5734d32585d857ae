package dev.lethe.unlearn.network;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The smallest TorchScript and ONNX files that compute tanh(xWᵀ), written byte by byte. */
public final class ExtractorFiles {

    private ExtractorFiles() {}

    /** @param weight one row per output */
    public static Path torchScript(Path file, float[][] weight) {
        String code = """
                class Embed(Module):
                  __parameters__ = []
                  __buffers__ = []
                  training : bool
                  def forward(self: __torch__.Embed,
                      x: Tensor) -> Tensor:
                    w = torch.tensor(%s)
                    return torch.tanh(torch.linear(x, w))
                """.formatted(java.util.Arrays.deepToString(weight));
        // Protocol 2: __torch__.Embed, built without arguments, with the state {"training": False}.
        byte[] data = bytes(
                0x80, 2, "c__torch__\nEmbed\n", "q", 0, ")", 0x81, "}", "(X", 8, 0, 0, 0, "training", 0x89, "ub.");
        byte[] constants = bytes(0x80, 2, ").");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.setMethod(ZipOutputStream.STORED);
            put(zip, "embed/data.pkl", data);
            put(zip, "embed/code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
            put(zip, "embed/constants.pkl", constants);
            put(zip, "embed/version", "3\n".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private static byte[] bytes(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object part : parts) {
            if (part instanceof Integer value) {
                out.write(value);
            } else {
                out.writeBytes(part.toString().getBytes(StandardCharsets.UTF_8));
            }
        }
        return out.toByteArray();
    }

    /** The same function as ONNX: Gemm with transB, then Tanh (onnx.proto3, field numbers in comments). */
    public static Path onnx(Path file, float[][] weight) {
        int outputs = weight.length;
        int inputs = weight[0].length;
        ByteBuffer raw = ByteBuffer.allocate(4 * outputs * inputs).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : weight) {
            for (float value : row) {
                raw.putFloat(value);
            }
        }
        // AttributeProto: name 1, i 3, type 20 = INT
        byte[] transposed = join(text(1, "transB"), number(3, 1), number(20, 2));
        // NodeProto: input 1, output 2, op_type 4, attribute 5
        byte[] gemm = join(text(1, "x"), text(1, "w"), text(2, "h"), text(4, "Gemm"), message(5, transposed));
        byte[] tanh = join(text(1, "h"), text(2, "y"), text(4, "Tanh"));
        // TensorProto: dims 1, data_type 2 = FLOAT, name 8, raw_data 9
        byte[] tensor =
                join(number(1, outputs), number(1, inputs), number(2, 1), text(8, "w"), message(9, raw.array()));
        // GraphProto: node 1, name 2, initializer 5, input 11, output 12
        byte[] graph = join(
                message(1, gemm),
                message(1, tanh),
                text(2, "embed"),
                message(5, tensor),
                message(11, value("x", inputs)),
                message(12, value("y", outputs)));
        // ModelProto: ir_version 1, graph 7, opset_import 8 {version 2}
        byte[] model = join(number(1, 8), message(7, graph), message(8, number(2, 13)));
        try {
            return Files.write(file, model);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** ValueInfoProto: name 1, type 2 {tensor_type 1 {elem_type 1, shape 2 {dim 1 {dim_value 1}}}}, a batch of one. */
    private static byte[] value(String name, int length) {
        byte[] shape = join(message(1, number(1, 1)), message(1, number(1, length)));
        byte[] type = message(1, join(number(1, 1), message(2, shape)));
        return join(text(1, name), message(2, type));
    }

    private static byte[] number(int field, int value) {
        return join(varint(field << 3), varint(value));
    }

    private static byte[] text(int field, String value) {
        return message(field, value.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] message(int field, byte[] content) {
        return join(varint(field << 3 | 2), varint(content.length), content);
    }

    private static byte[] varint(int value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int left = value;
        while (left > 0x7F) {
            out.write(left & 0x7F | 0x80);
            left >>>= 7;
        }
        out.write(left);
        return out.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
