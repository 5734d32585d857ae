package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Small grey images with captions as one HTML file that needs no other. */
final class Sheet {

    private final StringBuilder html = new StringBuilder();

    Sheet(String title) {
        html.append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>")
                .append(escaped(title))
                .append("</title><style>body{font:14px sans-serif;margin:2em}figure{display:inline-block;margin:4px;"
                        + "text-align:center}img{width:64px;height:64px;image-rendering:pixelated;border:1px solid #aaa}"
                        + "figcaption{font-size:11px}</style><h1>")
                .append(escaped(title))
                .append("</h1>\n");
    }

    void section(String title) {
        html.append("<h2>").append(escaped(title)).append("</h2>\n");
    }

    void row(String title) {
        html.append("<h3>").append(escaped(title)).append("</h3>\n");
    }

    /** @param pixels of a square image, the smallest black and the largest white. Not modified. */
    void image(double[] pixels, String caption) {
        html.append("<figure><img alt=\"\" src=\"data:image/png;base64,")
                .append(Base64.getEncoder().encodeToString(png(pixels)))
                .append("\"><figcaption>")
                .append(escaped(caption))
                .append("</figcaption></figure>\n");
    }

    private static byte[] png(double[] pixels) {
        int side = Images.side(pixels.length);
        double low = Arrays.stream(pixels).min().orElse(0);
        double range = Arrays.stream(pixels).max().orElse(1) - low;
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < pixels.length; i++) {
            int grey = range > 0 ? (int) Math.round(255 * (pixels[i] - low) / range) : 0;
            image.getRaster().setSample(i % side, i / side, 0, grey);
        }
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageIO.write(image, "png", out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("an image in memory", e);
        }
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    void write(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, html.append("</html>\n"));
        } catch (IOException e) {
            throw new LetheException("file " + file + " cannot be written (" + e + ")", e);
        }
    }
}
